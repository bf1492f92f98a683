"""The head of a page: nothing that is shown waits for a script from a file."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import page_head

HEAD = """<script src="../_static/documentation_options.js?v=9"></script>
<script src="../_static/doctools.js?v=9"></script>
<script data-prefix="tab" src="../_static/design-tabs.js"></script>
<script defer src="a.js"></script>
<script type="module" src="b.js"></script>
<script>const written = "here";</script>
<script src="../_static/searchtools.js"></script>
<script src="../searchindex.js?v=1"></script>"""


class Scripts(HTMLParser):
    """What a browser would make of it: the attributes of each script."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "script":
            self.found.append(dict(attributes))


def waits(script):
    return not ({"defer", "async"} & script.keys() or script.get("type") == "module")


def names(head, wait):
    there = [each for each in Scripts(head).found if "src" in each]
    return [re.sub(r".*/|\?.*", "", each["src"]) for each in there if waits(each) == wait]


def test_only_what_lines_in_the_page_need_runs_at_once():
    head = page_head.deferred(HEAD, "intro")
    assert names(head, True) == ["documentation_options.js"]
    assert names(head, False) == ["doctools.js", "design-tabs.js", "a.js", "b.js"]
    assert 'const written = "here"' in head
    tabs = Scripts(head).found[2]
    assert tabs["data-prefix"] == "tab" and tabs["src"] == "../_static/design-tabs.js"


def test_the_index_is_loaded_where_one_searches():
    head = page_head.deferred(HEAD, "search")
    assert names(head, False)[-2:] == ["searchtools.js", "searchindex.js"]
    assert "searchindex" not in page_head.deferred(HEAD, "tour")
