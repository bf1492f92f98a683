"""A Sphinx extension: the directive `eq-diagram`, a drawing of the network.

The blocks that the page is about stand out, and each part leads to the chapter that explains it.
The drawing comes twice, wide and narrow (the style sheet shows the one that fits), and once in
words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from html import escape
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from diagram_layouts import NARROW, WIDE, Box, Layout, Point

BLOCKS = {
    "equalizer": "equalizer, the target",
    "frames": "frames, windowed",
    "conv": "Conv1D",
    "abs": "|·|",
    "local": "Conv1D- Local",
    "softplus": "softplus",
    "pool": "max pooling",
    "dense_local": "locally connected dense",
    "dense": "dense",
    "unpool": "unpooling",
    "times": "×",
    "deconv": "deConv1D",
    "loss": "loss",
}
"""What a block shows. A space is where a line may end."""


class Part(NamedTuple):
    """Blocks that share a frame and a link."""

    name: str
    page: str
    blocks: tuple[str, ...]


PARTS = (
    Part("", "hearing", ("equalizer",)),
    Part("", "frames", ("frames",)),
    Part("front-end", "front_end", ("conv", "abs", "local", "softplus", "pool")),
    Part("latent-space DNN", "latent", ("dense_local", "dense")),
    Part("back-end", "back_end", ("unpool", "times", "deconv")),
    Part("", "stage_two", ("loss",)),
)

FRONT_END, LATENT, BACK_END = (part.blocks for part in PARTS[2:5])
HERE = {
    "hearing": ("equalizer",),
    "phase": ("equalizer",),
    "frames": ("frames",),
    "front_end": FRONT_END,
    "back_end": BACK_END,
    "stage_one": FRONT_END + BACK_END,
    "latent": LATENT,
    "stage_two": tuple(BLOCKS),
    "fast": ("conv", "local", "pool", "dense_local", "deconv"),
}
"""The blocks of a chapter; on any other page all blocks are alike."""

WORDS = (
    "A windowed frame x of the dry audio enters the front-end. Conv1D, a filter bank, makes "
    "128 channels of it, X1, which go two ways. As the residual P they go straight to the "
    "back-end. On the other way their absolute value is smoothed by Conv1D-Local and made "
    "positive by softplus, which gives X2, and max pooling leaves Z. The latent-space DNN, a "
    "locally connected dense layer and a dense layer, turns Z into Ẑ. In the back-end, unpooling "
    "stretches Ẑ to X̂2, P is multiplied by it, and deConv1D makes the output frame y of the "
    "product X̂1. Such frames are added up to the output audio. The loss compares y with the "
    "target, the same frame after the equalizer."
)


def drawing(layout: Layout, here: Collection[str], link: Callable[[str], str], ident: str) -> str:
    """One SVG element.

    Args:
        layout: where everything stands.
        here: the blocks that stand out; none at all means that all are alike.
        link: gives the address of a page such as "front_end", or "" for the page itself.
        ident: begins the ids of its title and description.
    """
    width, height = layout.size
    arrows = "".join(map(_arrow, layout.arrows))
    signals = "".join(_text([s], *place, "eq-signal") for s, place in layout.signals.items())
    parts = "".join(_part(part, layout, here, link(part.page)) for part in PARTS)
    return (
        f'<svg class="eq-diagram-{layout.name}" viewBox="0 0 {width} {height}" role="group" '
        f'aria-labelledby="{ident}-title" aria-describedby="{ident}-desc">'
        f'<title id="{ident}-title">The network</title>'
        f'<desc id="{ident}-desc">{escape(in_words(here))}</desc>'
        f'<g aria-hidden="true">{arrows}{signals}</g>{parts}</svg>'
    )


def in_words(here: Collection[str]) -> str:
    """The drawing as text."""
    if not here or len(here) == len(BLOCKS):
        return WORDS
    names = {"abs": "absolute value", "times": "product"}
    blocks = [names.get(block, BLOCKS[block].replace("- ", "-")) for block in here]
    return f"{WORDS} This chapter is about: {', '.join(blocks)}."


def _part(part: Part, layout: Layout, here: Collection[str], address: str) -> str:
    target = f'href="{escape(address)}"' if address else 'href="#" aria-current="page"'
    inside = "".join(_block(block, layout, here) for block in part.blocks)
    if part.name:
        lit = " eq-here" if set(part.blocks) & set(here) else ""
        name = _text([part.name], *layout.names[part.name], "eq-name")
        inside = f'<g class="eq-part{lit}">{_rect(layout.boxes[part.name])}{name}</g>{inside}'
    return f"<a {target}>{inside}</a>"


def _block(block: str, layout: Layout, here: Collection[str]) -> str:
    x, y, width, height = layout.boxes[block]
    lit = " eq-here" if block in here else ""
    if block == "frames":  # stands around the others
        name = _text([BLOCKS[block]], x + width / 2, y + 18, "middle")
        return f'<g class="eq-part{lit}">{_rect((x, y, width, height))}{name}</g>'
    lines = _lines(BLOCKS[block], width)
    text = _text(lines, x + width / 2, y + height / 2 + 5 - 8.5 * (len(lines) - 1), "middle")
    return f'<g class="eq-block{lit}">{_rect((x, y, width, height), block == "times")}{text}</g>'


def _lines(text: str, width: float) -> list[str]:
    """Breaks a text where it is too wide; a letter takes 7.6 units."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip().replace("- ", "-")
        if lines[-1] and 7.6 * len(longer) > width - 6:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _text(lines: Sequence[str], x: float, y: float, anchor: str, style: str = "") -> str:
    # The space at the end keeps words apart in the name that a link has for a screen reader.
    spans = "".join(
        f'<tspan x="{x:g}" y="{y + 17 * i:g}">{escape(line)} </tspan>'
        for i, line in enumerate(lines)
    )
    return f'<text class="{style}" text-anchor="{anchor}">{spans}</text>'


def _rect(box: Box, round: bool = False) -> str:
    x, y, width, height = box
    corner = width / 2 if round else 6
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{corner:g}"/>'


def _arrow(points: Sequence[Point]) -> str:
    (x0, y0), (x, y) = points[-2:]
    dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
    line = " L".join(f"{a:g} {b:g}" for a, b in points)
    back, side = (x - 7 * dx, y - 7 * dy), (4 * dy, 4 * dx)
    head = " L".join(f"{back[0] + k * side[0]:g} {back[1] + k * side[1]:g}" for k in (1, -1))
    return f'<path class="eq-line" d="M{line}"/><path class="eq-head" d="M{x:g} {y:g} L{head} Z"/>'


class Diagram(nodes.paragraph):
    """The drawing; where it cannot be drawn, a paragraph with the words."""


class EqDiagram(SphinxDirective):
    """The directive, without argument or content."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        here = HERE.get(self.env.docname.split("/")[-1], ())
        words = in_words(here)
        number = self.env.new_serialno("eq-diagram")
        node = Diagram(words, words, here=here, ident=f"eq-diagram-{number}")
        self.set_source_info(node)
        return [node]


def visit_html(writer: Any, node: Diagram) -> None:
    """Writes the drawings, with links as seen from the page they are on."""
    builder, page = writer.builder, writer.builder.current_docname

    def link(name: str) -> str:
        target = f"book/{name}"
        if target not in builder.env.found_docs:
            logging.getLogger(__name__).warning("eq-diagram: no page %s", target, location=node)
        return "" if target == page else builder.get_relative_uri(page, target)

    here, ident = node["here"], node["ident"]
    both = (drawing(layout, here, link, f"{ident}-{layout.name}") for layout in (WIDE, NARROW))
    pale = " eq-diagram-chapter" if here else ""
    writer.body.append(
        f'<div class="eq-diagram{pale}">{"".join(both)}<details><summary>The drawing in words'
        f"</summary><p>{escape(in_words(here))}</p></details></div>\n"
    )
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_node(Diagram, html=(visit_html, None))
    app.add_directive("eq-diagram", EqDiagram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
