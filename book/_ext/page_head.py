"""A Sphinx extension: what stands in the head of each page.

Each page says in a sentence what it is about, to search engines and to whoever is sent a link. And
the scripts of Thebe, which runs cells on a server that this book does not have, are left out: they
declare a constant twice, which is an error on every page.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes

LONGEST = 200  # letters of a description
IMAGE = "response.png"  # below _static; sent along with a link


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("html-page-context", complete, priority=900)
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
