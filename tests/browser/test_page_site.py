"""Every page of the built site: what it asks of the network, what it weighs, who can use it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from sphinx_external_toc.parsing import parse_toc_yaml

from support import SITE

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*parse_toc_yaml(ROOT / "_toc.yml"), "genindex", "search"]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WEIGHT_LIMIT_BYTES = 2_000_000

each_page = pytest.mark.parametrize("name", PAGES)


@each_page
def test_a_page_needs_no_other_host_and_is_light(chromium, address, name):
    """With npm's part of the site beside it (`make site` on a machine that has npm)."""
    context = chromium.new_context()
    asked = set()
    page = context.new_page()
    page.on("request", lambda request: asked.add(request.url.split("?")[0]))
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    context.close()
    ours = {url for url in asked if url.startswith(address)}
    assert {url[:200] for url in asked - ours if not url.startswith(("data:", "blob:"))} == set()
    files = {SITE / url.removeprefix(f"{address}/") for url in ours}
    # As a host sends them.
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < WEIGHT_LIMIT_BYTES
    # And on a host that does not compress.
    assert sum(path.stat().st_size for path in files) < 1.5 * WEIGHT_LIMIT_BYTES


@each_page
def test_axe_finds_nothing_in_either_color(open_page, name):
    page = open_page(f"{name}.html", color_scheme="light")
    page.locator("html[data-eq-ready]").wait_for()
    for summary in page.locator("summary").all():
        if summary.is_visible():
            summary.click()  # what is folded away has to be usable as well
    page.add_script_tag(path=AXE)
    for scheme, rules in {"light": "{}", "dark": "{ runOnly: ['color-contrast'] }"}.items():
        page.emulate_media(color_scheme=scheme)
        page.locator(f"html[data-theme={scheme}]").wait_for()
        page.wait_for_timeout(300)  # colors may fade
        found = page.evaluate(f"axe.run({rules}).then((result) => result.violations)")
        assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


def test_math_is_set_without_a_network(open_page):
    page = open_page("book/tour.html")
    page.locator("mjx-container").first.wait_for()
    assert page.locator("mjx-container").count() > 10


@each_page
def test_no_formula_is_cut_off_on_a_small_laptop(open_page, name):
    page = open_page(f"{name}.html", viewport={"width": 1280, "height": 800})
    page.locator("html[data-eq-ready]").wait_for()
    cut = """boxes => boxes.filter((box) => box.scrollWidth > box.clientWidth + 1)
        .map((box) => box.closest('[id]').id)"""
    assert page.locator("div.math mjx-container").evaluate_all(cut) == []


def test_on_a_phone_a_formula_has_the_whole_width(open_page):
    page = open_page("book/frames.html", viewport={"width": 390, "height": 800})
    page.locator("html[data-eq-ready]").wait_for()
    # Of the formulas that do not fit, none gives room away to its number.
    narrower = """boxes => boxes.filter((box) => box.scrollWidth > box.clientWidth + 1)
        .map((box) => box.parentElement.clientWidth - box.clientWidth)"""
    lost = page.locator("div.math:has(.eqno) > mjx-container").evaluate_all(narrower)
    assert lost
    assert max(lost) <= 1


SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
        if (!entry.hadRecentInput) window.shifted += entry.value;
    })).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [1366, 390])
@each_page
def test_nothing_moves_and_nothing_is_wider_than_the_screen(chromium, address, name, width):
    context = chromium.new_context(viewport={"width": width, "height": 768})
    context.add_init_script(SHIFTS)
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
    page.locator("html[data-eq-ready]").wait_for()
    page.wait_for_timeout(300)
    shifted, wide = page.evaluate("[window.shifted, document.documentElement.scrollWidth]")
    page.set_viewport_size({"width": 320, "height": 768})
    narrow = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert shifted < 0.02
    assert wide <= width
    assert narrow <= 320


@each_page
def test_a_page_says_what_it_is_and_loads_no_mathjax(open_page, name):
    asked = []
    page = open_page("book/intro.html")  # to have somewhere to listen from
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace("book/intro", name))
    page.locator("html[data-eq-ready]").wait_for()
    assert not [url for url in asked if "tex-mml" in url or "thebe" in url]
    head = page.locator("head")
    assert head.locator('link[rel="icon"]').get_attribute("href").endswith("favicon.svg")
    assert head.locator('meta[property="og:title"]').get_attribute("content")
    image = head.locator('meta[property="og:image"]').get_attribute("content")
    assert page.request.get(f"{page.url.rsplit('/', 1)[0]}/{image}").ok
    if name.startswith("book/"):
        about = head.locator('meta[name="description"]').get_attribute("content")
        assert 40 <= len(about) <= 203
        assert head.locator('meta[property="og:description"]').get_attribute("content") == about


UNSEEN = """() => {
    const place = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(place);
    const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    const seen = outlined || boxShadow !== "none" || place === document.body;
    return seen ? null : place.outerHTML.slice(0, 150);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["book/tour", "book/notation", "search"])
def test_the_keyboards_place_is_seen_and_no_formula_is_a_stop(open_page, name, scheme):
    size = {"width": 1366, "height": 768}
    page = open_page(f"{name}.html", viewport=size, color_scheme=scheme)
    page.locator("html[data-eq-ready]").wait_for()
    assert page.locator("mjx-container[tabindex], mjx-container [tabindex]").count() == 0
    unseen = []
    for _ in range(70):
        page.keyboard.press("Tab")
        unseen.append(page.evaluate(UNSEEN))
    assert [stop for stop in unseen if stop] == []


@pytest.mark.parametrize("width", [1366, 390])
def test_no_magnifier_stands_on_what_is_searched_for(open_page, width):
    page = open_page("search.html", viewport={"width": width, "height": 768})
    page.keyboard.press("Control+k")
    page.wait_for_timeout(300)
    for field in page.locator("form.bd-search input[type=search]").all():
        if field.is_visible():
            begins, covered = field.evaluate(
                """(input) => {
                    const box = input.getBoundingClientRect();
                    const icon = input.closest("form").querySelector("i, svg");
                    const padding = parseFloat(getComputedStyle(input).paddingLeft);
                    return [box.left + padding, icon.getBoundingClientRect().right];
                }"""
            )
            assert covered <= begins


@pytest.mark.parametrize("name", ["book/tour", "book/results", "book/running", "book/audio"])
def test_tables_on_a_phone_break_between_words_only(open_page, name):
    page = open_page(f"{name}.html", viewport={"width": 390, "height": 844})
    page.locator("html[data-eq-ready]").wait_for()
    # A word that has more than one line box is broken.
    broken = page.evaluate(
        """() => {
            const found = [];
            for (const cell of document.querySelectorAll(".bd-article :is(td, th)")) {
                const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    const node = walker.currentNode;
                    for (const word of node.data.matchAll(/[\\p{L}\\d.,\\u00a0]+/gu)) {
                        const range = document.createRange();
                        range.setStart(node, word.index);
                        range.setEnd(node, word.index + word[0].length);
                        const lines = new Set([...range.getClientRects()].map((r) => r.top));
                        if (lines.size > 1 && word[0].length < 20) found.push(word[0]);
                    }
                }
            }
            return found;
        }"""
    )
    assert broken == []


def test_lines_of_text_have_at_most_75_characters(open_page):
    page = open_page("book/hearing.html", viewport={"width": 1366, "height": 768})
    page.locator("html[data-eq-ready]").wait_for()
    longest = page.evaluate(
        """() => [...document.querySelectorAll(".bd-article section > p")].map((paragraph) => {
            const range = document.createRange();
            range.selectNodeContents(paragraph);
            const lines = new Set([...range.getClientRects()].map((r) => Math.round(r.bottom / 8)));
            return [paragraph.innerText.length, lines.size, paragraph.clientWidth];
        })"""
    )
    many = [length / lines for length, lines, _ in longest if lines >= 4]
    assert len(many) > 10
    assert 55 < sum(many) / len(many) <= 75


@pytest.mark.parametrize("name", ["book/tour", "book/frames", "book/notation"])
def test_on_paper_all_is_there_and_in_black_on_white(open_page, name):
    """As wide as a sheet of A4 between its margins, from a page that is dark on the screen."""
    size = {"width": 673, "height": 980}
    page = open_page(f"{name}.html", viewport=size, color_scheme="dark")
    page.locator("html[data-eq-ready]").wait_for()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # as a browser does
    closed = ".bd-article details:not([open]):not(.eq-component *, .eq-folded):visible"
    assert page.locator(closed).count() == 0
    # A component that is loaded when it is opened is its address.
    for folded in page.locator(".eq-folded").all():
        assert folded.get_attribute("data-eq-address").endswith(f"{name}.html")
        assert not folded.locator("summary").is_visible()
    cut = """boxes => boxes.filter((box) => box.getClientRects().length)
        .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.textContent)"""
    assert page.locator(".bd-article pre").evaluate_all(cut) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 673
    color, ground = page.evaluate(
        """() => [getComputedStyle(document.querySelector(".bd-article p")).color,
            getComputedStyle(document.body).backgroundColor]"""
    )
    assert max(map(int, re.findall(r"\d+", color)[:3])) < 90
    assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    for hidden in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-area"):
        assert not page.locator(hidden).first.is_visible()
    split = page.locator(".bd-article :is(pre, img, .cell_input)").evaluate_all(
        "e => e.filter((x) => getComputedStyle(x).breakInside !== 'avoid').length"
    )
    assert split == 0
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    folded = page.locator(".bd-article details.sd-dropdown")
    assert folded.evaluate_all("e => e.filter((x) => x.open).length") == 0


def test_no_page_tells_where_it_was_built():
    pages = list(SITE.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert str(ROOT) not in text and "PosixPath(" not in text, page.name


def test_code_is_folded_until_the_reader_wants_it_in_the_whole_book(open_page):
    page = open_page("book/tour.html")
    page.locator("html[data-eq-ready]").wait_for()
    code = page.locator("details.eq-code")
    opened = "e => e.filter((details) => details.open).length"
    assert code.count() > 8
    assert code.evaluate_all(opened) == 0
    for line in code.locator("summary").all_text_contents():
        assert re.match(r"\d+ lines of code: \S.{3,}", line)
    code.first.locator("summary").click()
    assert code.first.locator("pre").is_visible()
    page.get_by_role("button", name="Show code").click()
    assert code.evaluate_all(opened) == code.count()
    page.goto(page.url.replace("tour", "hearing"))
    assert code.count() > 5
    assert code.evaluate_all(opened) == code.count()
    page.get_by_role("button", name="Fold code").click()
    page.reload()
    assert code.evaluate_all(opened) == 0


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_names_of_rows_are_not_tall_and_heads_of_columns_whole(open_page, width):
    page = open_page("book/learned.html", viewport={"width": width, "height": 800})
    heights = page.locator(".eq-table tbody th").evaluate_all(
        """cells => cells.map((cell) =>
            cell.offsetHeight / parseFloat(getComputedStyle(cell).lineHeight))"""
    )
    assert max(heights) < 5.5  # with the room around it; seven lines and more before
    broken = page.locator(".eq-table th").evaluate_all(
        """heads => heads.flatMap((head) => [...head.textContent.matchAll(/[^\\s-]+/g)]
          .filter((word) => {
            const range = document.createRange();
            range.setStart(head.firstChild, word.index);
            range.setEnd(head.firstChild, word.index + word[0].length);
            return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
          }).map(String))"""
    )
    assert broken == []


def test_live_sound_that_is_off_has_no_empty_rows(open_page):
    page = open_page("book/results.html", viewport={"width": 390, "height": 800})
    page.locator(".eq-network .eq-live").wait_for()
    room = page.locator(".eq-live").evaluate(
        """live => live.getBoundingClientRect().bottom
            - live.querySelector(".eq-live-meters").getBoundingClientRect().bottom"""
    )
    assert 0 < room < 24  # more than 60 before
