"""The site as it comes out of its zip: opened by a double click, from a file, without a server."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

import pack
from support import SITE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What `make zip` packs, in a folder as people have them."""
    folder = tmp_path_factory.mktemp("zip") / "Mein Ordner (2)"
    shutil.unpack_archive(pack.pack(folder.parent / "book.zip", site=SITE), folder)
    return folder / "eqlib-book"


@pytest.fixture(scope="module")
def unpacked(whole):
    return whole / "site"


class Links(HTMLParser):
    """What a page links to or loads, without its anchors."""

    def __init__(self, page):
        super().__init__()
        self.found = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                parts = urlsplit(value)
                if not parts.scheme and not parts.netloc and parts.path:
                    self.found.add(unquote(parts.path))


def dead_links(folder):
    pages = [page for page in folder.rglob("*.html") if "_static" not in page.parts]
    return [
        (page.name, link)
        for page in pages
        for link in Links(page).found
        if not (page.parent / link).exists()
    ]


def test_the_archive_has_no_dead_links(unpacked):
    assert len(list(unpacked.glob("book/*.html"))) > 20
    assert dead_links(unpacked) == []


def test_a_dead_link_is_seen(tmp_path):
    (tmp_path / "a.html").write_text('<a href="a.html#x"></a><img src="gone%20one.png">')
    assert dead_links(tmp_path) == [("a.html", "gone one.png")]


def test_the_archive_has_the_notebooks_and_the_package(whole):
    assert {path.name for path in whole.iterdir()} == {"site", "class", "package", "READ ME.txt"}
    chapters = {path.name for path in (whole / "site" / "_sources").rglob("*.ipynb")}
    for kind in ("student", "solutions", "instructor"):
        assert {path.name for path in (whole / "class" / kind).glob("*.ipynb")} == chapters
    (wheel,) = (whole / "package").glob("*.whl")
    assert wheel.name in (whole / "READ ME.txt").read_text(encoding="utf-8")


def test_notebooks_for_download_are_plain_markdown(unpacked):
    raw = re.compile(r"\{(term|doc|eq|cite)\}`|```+\{")
    for path in (unpacked / "_sources").rglob("*.ipynb"):
        assert raw.findall(path.read_text(encoding="utf-8")) == [], path


@pytest.fixture
def opened(chromium, unpacked):
    contexts, errors = [], []

    def page_of(name):
        context = chromium.new_context(viewport={"width": 1200, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((unpacked / name).as_uri())
        page.locator("html[data-eq-ready]").wait_for()
        return page

    yield page_of
    for context in contexts:
        context.close()
    assert errors == []


def test_desk_player_and_training_log_answer(opened):
    page = opened("book/tour.html")
    point = page.locator(".eq-desk-point").first
    before = point.get_attribute("aria-valuetext")
    point.focus()
    page.keyboard.press("ArrowUp")
    assert point.get_attribute("aria-valuetext") != before
    desk = page.locator(".eq-desk")
    desk.get_by_role("button", name="Play").click()
    desk.get_by_role("button", name="Stop").wait_for()
    page.wait_for_function("() => document.querySelector('.eq-desk-spectrum').getAttribute('d')")

    player = page.locator(".eq-compare").first
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Pause").wait_for()
    desk.get_by_role("button", name="Play").wait_for()

    monitor = page.locator(".eq-monitor").first
    words = monitor.get_by_role("status")
    last = words.text_content()
    monitor.get_by_role("slider", name="moment of the run").press("Home")
    assert words.text_content() != last
    assert page.locator(".eq-from-file").count() == 0, "nothing here needs a server"
    assert page.get_by_role("button", name="Show code").count() == 1, "theme.js runs too"


def test_inside_answers(opened):
    page = opened("book/front_end.html")
    inside = page.locator(".eq-inside")
    assert inside.locator("canvas").count() > 0
    inside.get_by_role("button", name="Play the note").click()
    inside.get_by_role("button", name="Stop").first.wait_for()


def test_live_figures_answer(opened):
    """By their keys, and in sound."""
    page = opened("book/phase.html")
    figure = page.locator(".eq-filter_taps")
    tap = figure.get_by_role("slider", name="Tap 1", exact=True)
    before = tap.get_attribute("aria-valuetext")
    tap.press("ArrowUp")
    assert tap.get_attribute("aria-valuetext") != before
    figure.get_by_role("button", name="Play").click()
    figure.get_by_role("button", name="Stop").wait_for()


def test_the_first_page_sounds(opened):
    page = opened("book/intro.html")
    opening = page.locator("[data-eq-component=opening]")
    opening.get_by_role("button", name="Play").click()
    opening.get_by_role("button", name=re.compile("Stop|Pause")).wait_for()


def test_what_is_read_from_a_networks_file_answers(opened):
    """On whichever page it stands."""
    names = [path for path in SITE.glob("book/*.html") if 'component="faders"' in path.read_text()]
    assert names
    faders = opened(f"book/{names[0].name}").locator(".eq-faders")
    faders.get_by_role("button", name="Play").first.wait_for()


@pytest.mark.parametrize("name", ["book/results.html", "book/workbench.html"])
def test_what_needs_a_server_says_so_and_how(opened, name):
    page = opened(name)
    note = page.locator(".eq-from-file")
    assert note.count() == 1
    assert "python -m http.server" in note.text_content()
    assert page.locator(".eq-network, .eq-workbench").get_by_role("button").count() > 0


def test_a_served_page_does_not_load_it(open_page):
    page = open_page("book/tour.html")
    page.locator("html[data-eq-ready]").wait_for()
    asked = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not [name for name in asked if "one_script" in name]
