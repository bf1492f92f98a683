"""Formulas that are set while the book is built."""

from __future__ import annotations

import re

import nbformat
import pytest

import static_math
from support import PAGES, each_page

PAGE = (
    '<p>so <span class="math notranslate nohighlight">\\(a &lt; b\\)</span> and</p>'
    '<div class="math notranslate nohighlight" id="equation-x">\n'
    '<span class="eqno">(3)<a class="headerlink" href="#x">#</a></span>'
    "\\[\n\\sum_n x[n] .\n\\]</div>"
)


def texts(page):
    if page.suffix == ".md":
        return [page.read_text(encoding="utf-8")]
    cells = nbformat.read(page, 4).cells
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


def test_formulas_are_found_with_their_kind():
    found = [static_math.formula_of(match) for match in static_math.FORMULA.finditer(PAGE)]
    assert found == [("a < b", False), (r"\sum_n x[n] .", True)]
    assert [m[3] != "" for m in static_math.FORMULA.finditer(PAGE)] == [False, True]
    assert static_math.RAW.search(PAGE)


@pytest.mark.skipif(not static_math.possible(), reason="npm has not brought MathJax")
def test_formulas_are_set_and_can_be_read_aloud():
    formulas = [("a < b", False), (r"\hat{Z}", False), (r"\sum_n x[n]", True)]
    setting, styles = static_math.set_all(formulas)
    assert list(setting) == formulas
    for done in setting.values():
        assert done.startswith("<mjx-container")
        assert "<math xmlns" in done, "for a screen reader"
        assert "tabindex" not in done
    assert 'display="true"' in setting[formulas[2]]
    assert static_math.FONTS in styles
    with pytest.raises(RuntimeError, match="does not understand"):
        static_math.set_all([(r"\frac{1", False)])


@each_page
def test_a_displayed_formula_begins_a_paragraph(page):
    """Right after a line of text, its two dollars would begin and end empty formulas."""
    for text in texts(page):
        # Every other line of two dollars opens.
        lines = ["", *text.split("\n")]
        opening = [n for n, line in enumerate(lines) if line.strip() == "$$"][::2]
        assert [lines[n - 1] for n in opening if lines[n - 1].strip()] == []


def test_there_are_formulas_to_be_tested():
    assert any(re.search(r"^\$\$$", text, re.M) for page in PAGES for text in texts(page))
