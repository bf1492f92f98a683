"""A Sphinx extension: the package's docstrings, as pages want them.

Docstrings are written to be read in an editor. In the API reference the chapters that they name
become links, and indented code becomes code. And what the package passes on under a shorter name,
such as `eqlib.train`, leads to where it is described. Values are shown where they tell something:
no tables of numbers, which took pages on paper, and no places on the machine that built the pages.
"""

from __future__ import annotations

import importlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

BOOK = Path(__file__).resolve().parents[1]
VALUES = ("data", "attribute", "property")  # what napoleon looks for a type in
LONGEST = 160  # letters of a value that is shown
MACHINES = re.compile(r"\b(?:Posix|Windows)Path\(|<function | at 0x")


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", process, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", sign)
    app.connect("autodoc-skip-member", skip)
    app.connect("doctree-read", drop_values)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def process(_app: Any, what: str, _name: str, _thing: Any, _options: Any, lines: list) -> None:
    """Changes the lines of a docstring in place."""
    text = link_chapters(mark_code("\n".join(lines)))
    lines[:] = (keep_whole(text) if what in VALUES else text).split("\n")


def keep_whole(text: str) -> str:
    """Gives the first word of a value's docstring a line of its own.

    Of "One size: more is refused" napoleon makes a description, "more is refused", of the type "One
    size"; it looks for the colon in the first line only, and in the page both lines are one again.
    """
    return re.sub(r"^((?::[\w:]+:)?(`+).+?\2\S*|\S+) ", r"\1\n", text.lstrip("\n"), count=1)


def sign(
    _app: Any, _what: str, _name: str, _thing: Any, _options: Any, arguments: str, returned: str
) -> tuple[str, str]:
    """Makes a signature one that Sphinx can read, with links for its types; and a short one."""
    if arguments:
        arguments = arguments.replace("<factory>", "...")
        # What a record holds is said where its class is described.
        arguments = re.sub(r"= ([A-Z]\w*)\([^()]{20,}\)", r"= \1(...)", arguments)
    return arguments, returned


def skip(_app: Any, _what: str, _name: str, thing: Any, _skip: bool, _options: Any) -> bool | None:
    """Leaves out what Python itself says about the fields of a named tuple."""
    return True if (getattr(thing, "__doc__", "") or "").startswith("Alias for field") else None


def drop_values(_app: Any, tree: nodes.document) -> None:
    """Takes values out of a page that are long, or that another machine would have otherwise."""
    for value in list(tree.findall(addnodes.desc_annotation)):
        text = value.astext()
        if text.startswith(" = ") and (len(text) > LONGEST or MACHINES.search(text)):
            value.parent.remove(value)


@cache
def titles() -> dict[str, str]:
    """The title of each page, and its name."""
    found = {}
    for path in sorted([*BOOK.glob("*.ipynb"), *BOOK.glob("*.md")]):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = "".join("".join(cell["source"]) + "\n" for cell in json.loads(text)["cells"])
        match = re.search(r"^# (.+)", text, re.MULTILINE)
        if match:
            found[match[1].strip()] = path.stem
    return found


def link_chapters(text: str) -> str:
    """Makes links of the chapters: of their titles in quotes, and of the names of their files.

    Before: Chapters: the tour (book/tour.ipynb), "Results".
    """
    text = re.sub(r"the\s+tour,?\s+\(?book/tour\.ipynb\)?", ":doc:`the tour </book/tour>`", text)
    text = re.sub(r"\bbook/(\w+)\.ipynb\b", r":doc:`/book/\1`", text)
    for title, name in titles().items():
        quoted = '"' + r"\s+".join(map(re.escape, title.split())) + '"'
        text = re.sub(quoted, f":doc:`{title} </book/{name}>`", text)
    return text


def mark_code(text: str) -> str:
    """Shows blocks that are indented below a paragraph as code, and a bar elsewhere as a bar."""
    lines, marked, code = text.split("\n"), [], None  # code: the indent above which all is code
    for i, line in enumerate(lines):
        if code is not None and line.strip() and _indent(line) <= code:
            code = None
        if code is None:
            # Two backticks keep what is between them; a bar alone would begin a substitution.
            line = re.sub(r"(``.*?``)|\|", lambda found: found[1] or r"\|", line)
        marked.append(line)
        if code is None and line.strip() and _stands_above_code(lines, i):
            code = _indent(line)
            if not line.endswith("::"):
                marked += ["", " " * code + "::"]
    return "\n".join(marked)


def _stands_above_code(lines: list[str], i: int) -> bool:
    above = [line for line in lines[: i + 1] if line.strip()]
    after = [*lines[i + 1 : i + 3], "", ""]
    return (
        not after[0].strip()
        and _indent(after[1]) >= _indent(lines[i]) + 4
        and _indent(lines[i]) == min(map(_indent, above))  # a paragraph, no list
        and not lines[i].startswith("..")
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def resolve(app: Any, env: Any, node: Any, content: Any) -> Any:
    """Finds where something that `eqlib` or `eqlib.plots` passes on is described."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("eqlib."):
        return None
    module, _, name = target.rpartition(".")
    try:
        thing = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None
    defined = f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"
    if defined == target:
        return None
    domain, page = env.get_domain("py"), node.get("refdoc", "")
    return domain.resolve_xref(env, page, app.builder, node["reftype"], defined, node, content)
