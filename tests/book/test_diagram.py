"""The drawing of the network: complete, without collisions, and readable without seeing it."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from diagram import BLOCKS, HERE, PARTS, drawing, in_words
from diagram_layouts import NARROW, WIDE
from support import ROOT

SVG = "{http://www.w3.org/2000/svg}"
each_layout = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=lambda layout: layout.name)


def draw(layout, here=()):
    markup = drawing(layout, here, lambda page: f"{page}.html", "id")
    return ElementTree.fromstring(markup.replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))


def with_class(tree, name):
    return [e for e in tree.iter() if name in e.get("class", "").split()]


@each_layout
def test_it_has_every_block_and_leads_to_its_chapter(layout):
    tree = draw(layout)
    assert len(with_class(tree, "eq-block")) == len(BLOCKS) - 1  # the frames stand around them
    links = [link.get("href") for link in tree.iter(f"{SVG}a")]
    assert links == [f"{part.page}.html" for part in PARTS]
    for link, part in zip(tree.iter(f"{SVG}a"), PARTS, strict=True):
        name = " ".join("".join(link.itertext()).split())  # what a screen reader calls the link
        for block in part.blocks:
            assert BLOCKS[block].split()[0] in name
        assert link.get("aria-current") is None


@each_layout
@pytest.mark.parametrize("chapter", HERE)
def test_the_blocks_of_a_chapter_stand_out(layout, chapter):
    tree = draw(layout, HERE[chapter])
    lit = set(with_class(tree, "eq-here")) & set(with_class(tree, "eq-block"))
    assert len(lit) == len(set(HERE[chapter]) - {"frames"})
    assert with_class(draw(layout), "eq-here") == []


@each_layout
def test_boxes_and_texts_keep_apart(layout):
    width, height = layout.size
    boxes = {name: layout.boxes[name] for name in BLOCKS if name != "frames"}
    for x, y, w, h in boxes.values():
        assert 0 <= x and x + w <= width and 0 <= y and y + h <= height
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(boxes.values(), 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    shift = {"start": 0, "middle": 0.5, "end": 1}
    for label, (x, y, anchor) in {**layout.signals, **layout.names}.items():
        w = 7.6 * len(label.replace("\u0302", ""))
        left = x - w * shift[anchor]
        for name, (bx, by, bw, bh) in boxes.items():
            apart = left + w <= bx or bx + bw <= left or y <= by or by + bh <= y - 10
            assert apart, f"{label} on {name}"


@each_layout
def test_texts_fit_into_their_blocks(layout):
    for group in with_class(draw(layout), "eq-block"):
        rect = group.find(f"{SVG}rect")
        lines = [span.text.strip() for span in group.iter(f"{SVG}tspan")]
        assert 7.6 * max(map(len, lines)) <= float(rect.get("width")) + 2
        assert 17 * len(lines) <= float(rect.get("height"))


@each_layout
def test_arrows_end_at_a_block(layout):
    def touches(x, y):
        return any(
            bx - 0.1 <= x <= bx + bw + 0.1 and by - 0.1 <= y <= by + bh + 0.1
            for name, (bx, by, bw, bh) in layout.boxes.items()
            if name in BLOCKS and name != "frames"
        )

    for points in layout.arrows:
        assert touches(*points[-1]), points
        for (x, y), (x2, y2) in zip(points, points[1:], strict=False):
            assert x == x2 or y == y2, "arrows run along the axes"


def test_the_page_itself_is_marked():
    markup = drawing(WIDE, HERE["latent"], lambda page: "" if page == "latent" else page, "id")
    assert re.findall(r"<a ([^>]*aria-current[^>]*)>", markup) == ['href="#" aria-current="page"']


def test_the_words_say_which_blocks_stand_out():
    assert in_words(HERE["latent"]).endswith("about: locally connected dense, dense.")
    assert in_words(()) == in_words(HERE["stage_two"])
    for signal in ("X1", "P", "X2", "Z", "Ẑ", "X̂2", "X̂1", "y"):
        assert re.search(rf"(?<!\w){signal}(?!\w)", in_words(())), signal


def test_its_style_knows_its_classes():
    css = (ROOT / "book" / "_static" / "eqlib.css").read_text(encoding="utf-8")
    used = {c for e in draw(WIDE, ("conv",)).iter() for c in e.get("class", "").split()}
    used |= {"eq-diagram", "eq-diagram-narrow", "eq-diagram-chapter"}
    assert {name for name in used if f".{name}" not in css} == set()
