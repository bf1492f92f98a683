"""The book as one PDF, and the three labs as handouts: `make pdf`, from the built site.

A browser makes one document of all pages (whole_book.js), in which links between them lead on, and
prints it. Components print as the picture that they begin with, and the address of their page. The
contents need page numbers, which no browser knows before it has printed: it prints twice.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SITE = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "pdf"
# The width between the margins of whole_book.css, in pixels of CSS: 210 - 2 * 24 mm.
WIDTH_PX = 612
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
EMPTY = (
    '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
    "<title>{title}</title></head><body></body></html>"
)
WHERE = "whole-book.html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def parts() -> list[dict[str, Any]]:
    """The parts of the book, with the names of their pages, as `_toc.yml` has them."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    found = [{"caption": "", "names": [Path(toc["root"]).name]}]
    for part in toc["parts"]:
        names = [Path(chapter["file"]).name for chapter in part["chapters"]]
        found.append({"caption": part["caption"], "names": names})
    return found


@contextmanager
def browser() -> Iterator[tuple[Any, str]]:
    """Chromium, and the address of the built site on this machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("Chromium is missing. On Debian: apt install chromium")
    if not (SITE / "book").is_dir():
        raise SystemExit("The site is missing: run `make site` first.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield chromium, address
        finally:
            chromium.close()
            server.shutdown()
            server.server_close()


def empty_page(chromium: Any, address: str, title: str) -> Page:
    """A page beside the book's pages, as wide as the paper, that reaches no other host."""
    # Pictures that are drawn in the page's pixels have twice as many of them.
    size = {"width": WIDTH_PX, "height": 900}
    page = chromium.new_page(viewport=size, device_scale_factor=2, color_scheme="light")

    def answer(route: Any) -> None:
        if route.request.url == f"{address}/book/{WHERE}":
            route.fulfill(content_type="text/html", body=EMPTY.format(title=title))
        elif route.request.url.startswith(address):
            route.continue_()
        else:
            route.abort()

    page.route("**/*", answer)
    page.goto(f"{address}/book/{WHERE}")
    page.add_script_tag(path=HERE / "whole_book.js")
    return page


def finish(page: Page) -> None:
    """Brings components to their first picture, and puts all on paper."""
    page.add_style_tag(path=HERE / "whole_book.css")
    page.emulate_media(media="print")
    for script in ("theme.js", "page.js"):
        page.add_script_tag(url=f"../_static/{script}", type="module")
    page.locator("html[data-eq-ready]").wait_for(state="attached", timeout=300_000)
    # A note goes through a network before its faders stand where the network puts them.
    page.wait_for_function("!document.querySelector('[aria-busy=true]')", timeout=300_000)
    page.evaluate("document.fonts.ready")
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    page.wait_for_timeout(1000)
    page.evaluate("onPaper()")
    if wide := page.evaluate("tooWide()"):
        raise SystemExit("These would be cut at the right edge:\n" + "\n".join(wide))


def printed(page: Page) -> bytes:
    """The document as a PDF."""
    return page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def pages_of(pdf: bytes, names: list[str]) -> dict[str, int]:
    """The page on which each of these places is, counted from 1."""
    reader = PdfReader(io.BytesIO(pdf))
    places = reader.named_destinations
    return {name: reader.get_destination_page_number(places[f"/{name}"]) + 1 for name in names}


def bookmarked(pdf: bytes, titles: list[str]) -> bytes:
    """The PDF with these titles as its upper bookmarks: Chromium doubles a heading's first line."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    mark = writer.root_object["/Outlines"]["/First"]
    for title in titles:
        mark.get_object()[NameObject("/Title")] = TextStringObject(title.strip())
        mark = mark.get_object().get("/Next")
    if mark is not None:
        raise RuntimeError("the PDF has more upper bookmarks than there are chapters")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def write(pdf: bytes, name: str) -> None:
    """Writes a file of _build/pdf, whole or not at all."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=OUT, delete=False) as file:
        file.write(pdf)
    Path(file.name).chmod(0o644)  # a temporary file is its owner's alone
    Path(file.name).replace(OUT / name)
    print(f"{OUT / name}: {len(pdf) / 1e6:.1f} MB")


def whole_book(chromium: Any, address: str) -> bytes:
    """The book."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    page = empty_page(chromium, address, config["title"])
    words = {
        "title": config["title"],
        "authors": config["author"],
        "note": "On paper, what can be played, drawn or trained stands as its picture, with the "
        "address of its page in the built site. Text and figures: CC BY 4.0. Code: MIT.",
    }
    contents = parts()
    page.evaluate("([parts, words]) => wholeBook(parts, words)", [contents, words])
    finish(page)
    names = [name for part in contents for name in part["names"]]
    page.evaluate("(pages) => number(pages)", pages_of(printed(page), names))
    titles = page.locator("article h1").all_text_contents()
    return bookmarked(printed(page), titles)


def handout(chromium: Any, address: str, section: str) -> bytes:
    """A lab of the page for teachers, on a sheet of its own."""
    page = empty_page(chromium, address, section)
    words = {"title": "End-to-End Equalization", "note": "Pages of the book"}
    title = page.evaluate("([s, words]) => handout('teaching', s, words)", [section, words])
    page.evaluate("(title) => (document.title = title)", title)
    finish(page)
    return printed(page)


def labs() -> list[str]:
    """The sections of the labs in the built page for teachers."""
    text = (SITE / "book" / "teaching.html").read_text(encoding="utf-8")
    return re.findall(r'<section id="(lab-\d[^"]*)"', text)


def main() -> None:
    """Writes the book and the handouts into _build/pdf."""
    with browser() as (chromium, address):
        for section in labs():
            write(handout(chromium, address, section), f"{section}.pdf")
        write(whole_book(chromium, address), "end-to-end-equalization.pdf")


if __name__ == "__main__":
    main()
