"""Where the things of a page end at the right: two edges, the text's and the column's."""

from __future__ import annotations

import statistics

import pytest

pytestmark = pytest.mark.browser

PAGES = ["tour", "latent", "results", "hearing", "workbench", "challenges", "notation", "effects"]

# What stands in the column itself: boxes are looked at from outside.
ENDS = """(article) => {
    const found = {};
    const visit = (element) => {
        for (const child of element.children) {
            const { right, width, height } = child.getBoundingClientRect();
            if (!width || !height || getComputedStyle(child).position === "absolute") continue;
            const framed = parseFloat(getComputedStyle(child).borderRightWidth) > 0;
            const holder = "section, .cell, .cell_output, .output, [data-eq-component]";
            if (!framed && child.matches(holder) && !child.matches(".eq-component")) {
                visit(child);
                continue;
            }
            const key = `${child.tagName} ${child.getAttribute("class")}`;
            (found[Math.round(right)] ??= new Set()).add(key);
        }
    };
    visit(article);
    return Object.fromEntries(Object.entries(found).map(([x, keys]) => [x, [...keys]]));
}"""

# How many characters stand in each line of the paragraphs, but for the last ones.
LETTERS = """(paragraphs) => paragraphs.flatMap((paragraph) => {
    const lines = new Map();
    const texts = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
        [...texts.currentNode.data].forEach((letter, n) => {
            range.setStart(texts.currentNode, n);
            range.setEnd(texts.currentNode, n + 1);
            const line = Math.round(range.getBoundingClientRect().bottom / 8);
            lines.set(line, (lines.get(line) ?? 0) + 1);
        });
    }
    return [...lines.values()].slice(0, -1);
})"""


def ends(open_page, name, width):
    page = open_page(f"book/{name}.html", viewport={"width": width, "height": 900})
    page.locator("html[data-eq-ready]").wait_for()
    for part in page.locator("[data-eq-component]").all():
        part.scroll_into_view_if_needed()  # it may be loaded only then
    page.wait_for_timeout(300)
    found = page.locator("article.bd-article").evaluate(ENDS)
    text = page.locator("article.bd-article > section > p").first
    text_end = round(text.evaluate("(p) => p.getBoundingClientRect().right"))
    return {int(x): keys for x, keys in found.items()}, text_end, page


@pytest.mark.parametrize("width", [1366, 1920])
@pytest.mark.parametrize("name", PAGES)
def test_a_column_has_two_right_edges(open_page, name, width):
    found, text_end, _ = ends(open_page, name, width)
    assert text_end in found
    assert len(found) <= 2, found
    # Far enough apart that it is no mistake.
    assert all(x - text_end in {0} or x - text_end > 80 for x in found), found


@pytest.mark.parametrize("width", [390, 768, 800])
def test_a_column_hardly_wider_than_its_text_has_one(open_page, width):
    for name in ("tour", "hearing", "effects"):
        found, text_end, _ = ends(open_page, name, width)
        assert set(found) == {text_end}, (name, found)


def test_lines_have_a_length_to_read(open_page):
    _, _, page = ends(open_page, "latent", 1366)
    plain = page.locator(
        "article.bd-article > section > section > p:not(:has(mjx-container, code))"
    )
    letters = plain.evaluate_all(LETTERS)
    assert len(letters) > 30
    assert 65 <= statistics.median(letters) <= 75
