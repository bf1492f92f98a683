"""A Sphinx extension: what a line of a page does not end within.

Between a number and its unit, between a formula and the marks around it, and within a short piece
of code (after the hyphens of `--force`, say) nothing breaks. Raw HTML and code stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

UNIT = re.compile(r"(?<=\d) (?=(?:dB|Hz|kHz|ms|s|%|GB|MB)(?![\w-]))")
MARK = re.compile(r"[.,;:!?)\]]+")
OPENING = re.compile(r"[(\[]$")
SHORT = 24  # letters of code that fit beside a margin on every phone
KEPT = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("doctree-resolved", keep_together)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def keep_together(app: Any, tree: nodes.document, _page: str) -> None:
    """Changes a page in place."""
    if app.builder.format != "html":
        return
    for literal in tree.findall(nodes.literal):
        if len(literal.astext()) <= SHORT:
            literal["classes"].append("eq-short")
    for formula in list(tree.findall(nodes.math)):
        with_mark(formula)
    for text in list(tree.findall(nodes.Text)):
        if UNIT.search(text) and not inside(text, KEPT):
            text.parent.replace(text, nodes.Text(UNIT.sub("\u00a0", text)))


def with_mark(formula: nodes.math) -> None:
    """Puts a formula, a bracket right before it and the marks right behind it into one node."""
    parent = formula.parent
    index = parent.index(formula)
    before = parent[index - 1] if index else None
    after = parent[index + 1] if index + 1 < len(parent) else None
    opening = OPENING.search(before) if isinstance(before, nodes.Text) else None
    marks = MARK.match(after) if isinstance(after, nodes.Text) else None
    if not opening and not marks:
        return
    together = nodes.inline("", "", formula.deepcopy())
    together["classes"].append("eq-together")
    replaced: list[nodes.Node] = [together]
    first, last = index, index + 1
    if opening:
        together.insert(0, nodes.Text(opening[0]))
        replaced.insert(0, nodes.Text(before[: opening.start()]))
        first -= 1
    if marks:
        together.append(nodes.Text(marks[0]))
        replaced.append(nodes.Text(after[marks.end() :]))
        last += 1
    parent[first:last] = [node for node in replaced if node.astext()]


def inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    """Whether a node stands in one of some kinds."""
    parent = node.parent
    while parent is not None and not isinstance(parent, kinds):
        parent = parent.parent
    return parent is not None
