"""What a reader takes along of a browser's memory, by Node.js."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from nodejs import needs_node, node

pytestmark = needs_node
MADE = """takes.handIn({
    length: value.length,
    key: (i) => value[i][0],
    getItem: (key) => value.find((each) => each[0] === key)[1],
})"""


class Cells(HTMLParser):
    """The texts of a page's cells, as a browser reads them."""

    def __init__(self, page):
        super().__init__()
        self.cells, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        self.tags.append(f"/{tag}")

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "td" and self.cells:
            self.cells[-1] += data


def prediction(**kept):
    return json.dumps(kept)


def test_all_that_is_kept_is_in_it_and_nothing_else(tmp_path):
    first = prediction(choice="b. It <b>rises</b> & falls", asked="Why?", at="2026-01-01T10:00Z")
    kept = [
        ["eq-prediction tour 2", prediction(choice="a. Yes")],
        ["eq-prediction hearing 1", first],
        ["eq-prediction frames 1", "of another version"],
        ["eq-challenge match 2", "12.5"],
        ["eq-challenge match 3", "null"],
        ["eq-code", "shown"],
    ]
    page = Cells(node(tmp_path, MADE, kept))
    assert page.cells[:4] == [
        "hearing.1",
        "Why?",
        "b. It <b>rises</b> & falls",
        "2026-01-01T10:00Z",
    ]
    assert page.cells[4:] == ["tour.2", "", "a. Yes", "", "match 2", "12.5"]
    assert "b" not in page.tags and "script" not in page.tags


def test_where_nothing_is_kept_there_is_no_page(tmp_path):
    assert node(tmp_path, MADE, [["eq-code", "shown"], ["eq-prediction tour 1", "null"]]) == ""
