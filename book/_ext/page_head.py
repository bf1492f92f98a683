"""A Sphinx extension: what stands in the head of each page.

Each page says in a sentence what it is about, to search engines and to whoever is sent a link. And
the scripts of Thebe, which runs cells on a server that this book does not have, are left out: they
declare a constant twice, which is an error on every page. What is shown first waits for no script:
those of the themes run once a page is read, in their order, and the index of the search is loaded
by the page that searches.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes

LONGEST = 200  # letters of a description
AT_ONCE = ("documentation_options.js",)  # lines within the page speak to it
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
SCRIPT = re.compile(
    r'<script(?P<before>(?: [^>]*)?) src="(?P<source>[^"]+)"(?P<after>[^>]*)></script>'
)
IMAGE = "response.png"  # below _static; sent along with a link


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("html-page-context", complete, priority=900)
    app.connect("build-finished", defer_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def complete(app: Any, page: str, _template: str, context: dict[str, Any], tree: Any) -> None:
    """Adds a page's description and takes Thebe's files out."""
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if "thebe" not in f"{file.filename} {file.attributes.get('body')}".lower()
        ]
    base = app.config.html_baseurl.rstrip("/") or context["content_root"].rstrip("/")
    about = description(tree) if tree is not None else ""
    title = re.sub(r"<.*?>", "", context.get("title") or "") or app.config.html_title
    tags = {
        'name="description"': about,
        'property="og:title"': title,
        'property="og:description"': about,
        'property="og:type"': "article",
        'property="og:site_name"': app.config.html_title,
        'property="og:image"': f"{base}/_static/{IMAGE}",
    }
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<meta {name} content="{escape(text)}" />\n' for name, text in tags.items() if text
    )


def description(tree: nodes.Node) -> str:
    """The first paragraph of a page, cut at the end of a sentence or of a word."""
    for paragraph in tree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) < 40 or not isinstance(paragraph.parent, nodes.section):
            continue
        if len(text) <= LONGEST:
            return text
        sentence = re.match(rf".{{60,{LONGEST}}}[.?!:](?=\s)", text)
        return sentence[0] if sentence else text[:LONGEST].rsplit(" ", 1)[0] + " …"
    return ""


def defer_all(app: Any, error: Exception | None) -> None:
    """Rewrites the pages, for the themes' templates name some scripts themselves."""
    if error is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        head, end, rest = page.partition("</head>")
        if end:
            path.write_text(deferred(head, path.stem) + end + rest, encoding="utf-8")


def deferred(head: str, page: str) -> str:
    """A page's head, in which no script from a file holds up what is shown."""

    def one(found: re.Match[str]) -> str:
        attributes = found["before"] + found["after"]
        name = found["source"].partition("?")[0].rpartition("/")[2]
        if name in SEARCH and page != "search":
            return ""
        if name in AT_ONCE or re.search(r'\bdefer\b|\basync\b|type="module"', attributes):
            return found[0]
        return f'<script defer{found["before"]} src="{found["source"]}"{found["after"]}></script>'

    return SCRIPT.sub(one, head)
