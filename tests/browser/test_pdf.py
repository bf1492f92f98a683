"""The book on paper: `make pdf` prints chapters and handouts, nothing cut, in order.

Two chapters stand for all; a wide table, formulas, players and components are among them.
"""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest
from pypdf import PdfReader

import pdf

pytestmark = pytest.mark.browser

FEW = ["intro", "tour", "results"]
POINTS_OF_A4 = (595, 842)


@pytest.fixture(scope="module")
def few(address, chromium):
    """A book of three pages."""
    with pytest.MonkeyPatch.context() as patch:
        parts = [{"caption": "", "names": FEW[:1]}, {"caption": "A part", "names": FEW[1:]}]
        patch.setattr(pdf, "parts", lambda: parts)
        return PdfReader(io.BytesIO(pdf.whole_book(chromium, address)))


def words(page):
    """The text of a page, its ligatures and lines undone."""
    return " ".join(page.extract_text().replace("\ufb01", "fi").replace("\ufb02", "fl").split())


def test_the_contents_name_the_pages_on_which_the_chapters_are(few):
    """Read off the sheets themselves: a chapter's number is that at the foot of its first sheet."""
    contents = words(few.pages[1])
    titles = ["End-to-End Equalization", "The tour: a network learns an equalizer", "Results"]
    first = []
    for title in titles:
        number = int(contents.split(title)[1].split()[0])
        sheet = words(few.pages[number - 1])
        assert sheet.split().count(str(number)) >= 1
        # The running head and the heading.
        assert sheet.count(title) >= 2
        first.append(number)
    assert first == sorted(first) and first[0] == 3
    assert contents.index("A part") < contents.index(titles[1])
    assert [mark["/Title"] for mark in few.outline if not isinstance(mark, list)] == titles


def test_links_lead_on_within_the_file_and_all_anchors_are_there(few):
    targets = set(few.named_destinations)
    inner = []
    for page in few.pages:
        for note in page.get("/Annots") or []:
            note = note.get_object()
            place = note.get("/Dest") or (note.get("/A") or {}).get("/D")
            address = (note.get("/A") or {}).get("/URI", "")
            assert "127.0.0.1" not in address
            if place is not None:
                inner.append(str(place))
    assert len(inner) > 5  # the glossary, to which most lead, is not among the three
    assert set(inner) <= targets


def test_all_is_printed_at_its_own_size_with_margins_at_the_right(few):
    """A browser shrinks all pages if something is wider; what starts beyond a sheet is cut."""
    assert all(abs(float(few.pages[0].mediabox[2 + i]) - POINTS_OF_A4[i]) < 1 for i in (0, 1))
    sizes, starts = Counter(), []

    def note(text, matrix, place, _font, size):
        if len(text.strip()) > 3:
            sizes[round(abs(size * place[3] * matrix[3]), 1)] += len(text)
            starts.append(place[4] * matrix[0] + matrix[4])

    for page in few.pages[2:8]:
        page.extract_text(visitor_text=note)
    assert sizes.most_common(1)[0][0] == 10.5  # that of whole_book.css
    assert len(starts) > 100 and max(starts) < 595 - 24 / 25.4 * 72


def test_components_stand_as_pictures_with_their_address(few):
    text = " ".join(words(page) for page in few.pages)
    assert text.count("book/tour.html") >= 8 and "book/results.html" in text
    for only_on_screens in ("Blind test", "keys: Space", "Show code", "lines of code"):
        assert only_on_screens not in text
    assert "Solution" in text and "import eqlib" in text  # what is folded away on a screen
    assert "target, gain in dB over frequency in Hz" in text  # the networks to try
    assert "Within reach: the filters hear" in text and "Train it in this page" not in text


# What may not be parted: a block, whose lines are called x00, x01, ..., and the lines that a page
# has all or none of.
KEPT = {
    "a solution": (
        "<details class='sd-dropdown sd-card' open><summary>{0}</summary><div class='sd-card-body'>"
        "<pre>{1}</pre>{2}{3}</div></details>",
        [0, 1, 2, 3],
    ),
    "a caption and its table": (
        "<div class='eq-table'><table><caption><span>{0}{1}{2}</span></caption><tbody>"
        "<tr><th>{3}</th></tr></tbody></table></div>",
        [0, 1, 2, 3],
    ),
    "a heading in a table and its first row": (
        "<table><tbody><tr><td>{0}</td></tr><tr><th scope='rowgroup'>{1}</th></tr>"
        "<tr><th>{2}</th></tr><tr><td>{3}</td></tr></tbody></table>",
        [1, 2],
    ),
    "the name of a list of parameters": (
        "<dl class='field-list'><dt>{0}</dt><dd><ul><li>{1}</li><li>{2}</li></ul></dd></dl>{3}",
        [0, 1],
    ),
    "a paragraph of three lines": ("<p>{0}<br>{1}<br>{2}</p>{3}", [0, 1, 2]),
    "the first lines of a paragraph": ("<p>{0}<br>{1}<br>{2}<br>{3}<br>x</p>", [0, 1]),
    "the last lines of a paragraph": ("<p>x<br>{0}<br>{1}<br>{2}<br>{3}</p>", [2, 3]),
}


@pytest.mark.parametrize("kind", KEPT)
def test_what_belongs_together_is_on_one_page(address, chromium, kind):
    """Many of a kind in a row, so that the ends of pages fall on all places within them."""
    block, together = KEPT[kind]
    inline = "paragraph" in kind
    blocks = []
    for i in range(100):
        names = [f"b{i:02}x{k}" for k in range(4)]
        lines = names if inline else [f"<p style='margin: 0'>{name}</p>" for name in names]
        blocks.append(f"<div style='height: {i * 37 % 101}px'></div>{block.format(*lines)}")
    page = pdf.empty_page(chromium, address, kind)
    words = {"title": "", "authors": "", "note": ""}
    page.evaluate("(w) => wholeBook([{caption: '', names: ['claims']}], w)", words)
    page.locator("article > section").evaluate("(e, html) => (e.innerHTML = html)", "".join(blocks))
    pdf.finish(page)
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.printed(page))).pages]
    page.close()
    place = {}
    for number, text in enumerate(sheets):
        place |= dict.fromkeys(re.findall(r"b\d\dx\d", text), number)
    assert len(place) == 400 and len(set(place.values())) > 10
    parted = [i for i in range(100) if len({place[f"b{i:02}x{k}"] for k in together}) > 1]
    assert parted == []


def test_the_functions_take_the_whole_width(address, chromium):
    """Their letters are small, and what limits a line of text on a screen knows nothing of it."""
    page = pdf.empty_page(chromium, address, "functions")
    words = {"title": "", "authors": "", "note": ""}
    page.evaluate("(w) => wholeBook([{caption: '', names: ['api_more']}], w)", words)
    pdf.finish(page)
    right = page.locator("article p").evaluate_all(
        "all => Math.max(...all.map((p) => p.getBoundingClientRect().right))"
    )
    page.close()
    assert right > 0.97 * pdf.WIDTH_PX


def test_what_is_too_wide_is_told(address, chromium):
    page = pdf.empty_page(chromium, address, "wide")
    words = {"title": "", "authors": "", "note": ""}
    page.evaluate("(w) => wholeBook([{caption: '', names: ['claims']}], w)", words)
    page.evaluate(
        """document.querySelector("article p").insertAdjacentHTML("afterend",
            "<div style='width: 900px'>wide</div>")"""
    )
    with pytest.raises(SystemExit, match=r"right edge(?s:.*)wide"):
        pdf.finish(page)
    page.close()


def test_each_lab_is_a_sheet_to_hand_out(address, chromium):
    sections = pdf.labs()
    assert [section[:5] for section in sections] == ["lab-1", "lab-2", "lab-3"]
    for number, section in enumerate(sections, 1):
        sheet = PdfReader(io.BytesIO(pdf.handout(chromium, address, section)))
        text = " ".join(words(page) for page in sheet.pages)
        assert len(sheet.pages) <= 2
        assert all(len(words(page)) > 100 for page in sheet.pages)  # none is empty
        assert f"Lab {number}:" in text and "Name" in text and "marks" in text
        assert f"Lab {number % 3 + 1}:" not in text
        assert "book/" in text
