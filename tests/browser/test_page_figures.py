"""The figures of the chapters on a phone: type that can be read, in the column, without overlap."""

from __future__ import annotations

import pytest

from support import SITE

pytestmark = pytest.mark.browser

FIGURES = sorted(
    path.stem for path in (SITE / "book").glob("*.html") if 'class="eq-figure' in path.read_text()
)
each_page = pytest.mark.parametrize("name", FIGURES)

# Of each figure that is shown: its words, their size in pixels, and where they stand.
READ = """() => [...document.querySelectorAll("svg.eq-figure")].map((figure) => {
    for (let fold = figure.closest("details"); fold; fold = fold.parentElement.closest("details"))
        fold.open = true;
    const box = ({ left, right, top, bottom }) => ({ left, right, top, bottom });
    const words = [...figure.querySelectorAll("text")].map((text) => {
        const matrix = text.getScreenCTM();
        const style = getComputedStyle(text);
        return {
            word: text.textContent,
            size: parseFloat(style.fontSize) * Math.hypot(matrix?.a, matrix?.b),
            formula: text.childElementCount > 0,
            ...box(text.getBoundingClientRect()),
        };
    });
    return {
        ...box(figure.getBoundingClientRect()),
        column: figure.closest(".cell_output").getBoundingClientRect().right,
        words: words.filter(({ left, right }) => right > left),
    };
})"""


def figures_at(open_page, name, width):
    page = open_page(f"book/{name}.html", viewport={"width": width, "height": 844})
    found = page.evaluate(READ)
    assert found
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    return found


def overlap(one, two):
    """By how many pixels two words overlap, in the direction in which they overlap less.

    The box of a line has room above and below its letters, which may overlap.
    """
    across = min(one["right"], two["right"]) - max(one["left"], two["left"])
    down = min(one["bottom"], two["bottom"]) - max(one["top"], two["top"])
    return min(across, down - 4)


@each_page
@pytest.mark.parametrize(("width", "smallest_px"), [(390, 11.5), (320, 9.2)])
def test_words_of_figures_can_be_read_on_a_phone(open_page, name, width, smallest_px):
    for number, figure in enumerate(figures_at(open_page, name, width)):
        sizes = [word["size"] for word in figure["words"] if not word["formula"]]
        assert min(sizes) >= smallest_px, f"figure {number}"
        assert figure["right"] <= figure["column"] + 0.5
        for word in figure["words"]:
            for side, sign in (("left", 1), ("top", 1), ("right", -1), ("bottom", -1)):
                inside = sign * (word[side] - figure[side])
                assert inside > -1.5, f"figure {number}: {word['word']} leaves it, {side}"
        for place, one in enumerate(figure["words"]):
            for two in figure["words"][:place]:
                both = f"figure {number}: {one['word']!r} on {two['word']!r}"
                assert overlap(one, two) < 1.5, both


@each_page
def test_on_a_desk_and_on_paper_figures_are_as_they_were_drawn(open_page, name):
    page = open_page(f"book/{name}.html", viewport={"width": 1280, "height": 900})
    moved = """() => [...document.querySelectorAll(".eq-figure *")].filter((element) =>
        getComputedStyle(element).transform !== "none" && !element.hasAttribute("transform")
        || element.matches(".eq-wide") && getComputedStyle(element).display === "none").length"""
    assert page.evaluate(moved) == 0
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(moved) == 0
    page.emulate_media(media="screen")
    assert page.evaluate(moved) > 0
