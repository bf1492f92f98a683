"""A Sphinx extension: figures that are SVG stand in the page itself, in the colors of its theme.

As files beside the page they would keep the colors that they were drawn in: white in the dark. The
colors of `eqlib.plots.style` become variables, which `eqlib.css` sets for the dark; others stay.
"""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes

from narrow import narrowed

COLORS = {
    "#ffffff": "ground",
    "#000000": "ink",
    "#1a1a1a": "ink",
    "#dddddd": "grid",
    "#bbbbbb": "faint",
    "#999999": "soft",
    "#777777": "soft",
    "#d55e00": "orange",
    "#009e73": "green",
    "#0072b2": "blue",
    "#882255": "wine",
    "#a8701e": "brown",
    "#332288": "indigo",
}


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("doctree-resolved", inline)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline(app: Any, tree: nodes.document, _page: str) -> None:
    """Puts the SVG figures of a page's cells into the page."""
    for image in list(tree.findall(nodes.image)):
        path = Path(app.srcdir) / image["uri"]
        if path.suffix == ".svg" and app.builder.format == "html" and is_output(image):
            drawing = themed(path.read_text(encoding="utf-8"), image.get("alt", ""))
            image.replace_self(nodes.raw("", drawing, format="html"))


def is_output(image: nodes.image) -> bool:
    """Whether a cell shows it."""
    parent = image.parent
    while parent is not None and "cell_output" not in parent.get("classes", []):
        parent = parent.parent
    return parent is not None


def themed(svg: str, alt: str) -> str:
    """A figure as a part of a page: with its words for who cannot see it, and names of its own."""
    svg = narrowed(svg[svg.index("<svg") :])
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'( id="|href="#|url\(#)(\w+)', rf"\g<1>f{own}-\2", svg)
    for color, name in COLORS.items():
        svg = re.sub(color, f"var(--eq-figure-{name}, {color})", svg, flags=re.IGNORECASE)
    label = f'<svg class="eq-figure" role="img" aria-label="{html.escape(alt)}"'
    return svg.replace("<svg", label, 1)
