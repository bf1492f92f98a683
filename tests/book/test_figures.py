"""book/_ext/figures.py: what becomes of a cell's SVG in the page."""

from __future__ import annotations

import base64
import io
import re

import nbformat
import pytest
from PIL import Image
from sphinx.application import Sphinx

import figures
import narrow
import refresh
from eqlib import EQ, plots
from eqlib.plots.style import OTHERS, ROLES
from eqlib.plots.vector import svg
from support import ROOT


def test_every_color_of_a_curve_has_one_for_the_dark():
    css = (ROOT / "book" / "_static" / "eqlib.css").read_text()
    for color in {style["color"].lower() for style in (*ROLES.values(), *OTHERS)}:
        assert f"--eq-figure-{figures.COLORS[color]}:" in css


@pytest.mark.parametrize("chapter", refresh.chapters(), ids=lambda path: path.stem)
def test_no_figure_of_a_chapter_is_a_bitmap_alone(chapter):
    for cell in refresh.code_cells(refresh.read(chapter)):
        for output in cell.outputs:
            kinds = output.get("data", {}).keys()
            assert "image/png" not in kinds or "image/svg+xml" in kinds, cell.source


def test_a_page_has_the_figure_with_its_words_and_names_of_its_own():
    drawn = svg(plots.responses({"shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10)}))
    other = svg(plots.responses({"shelf": EQ.low_shelf(cutoff_hz=600, gain_db=10)}))
    pages = [figures.themed(each, 'a "shelf" & its gain') for each in (drawn, other)]
    for page in pages:
        assert page.startswith('<svg class="eq-figure" role="img" aria-label="a &quot;shelf&quot;')
        assert set(re.findall(r"#(f\w{8}-\w+)", page)) == set(re.findall(r' id="([^"]+)"', page))
        assert not re.findall(r"(?:fill|stroke): ?#", page)
    one, two = (set(re.findall(r' id="([^"]+)"', page)) for page in pages)
    assert one
    assert not one & two


def test_sphinx_puts_it_into_the_page(tmp_path):
    drawn = svg(plots.responses({"shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10)}))
    Image.new("RGB", (1, 1)).save(file := io.BytesIO(), "PNG")
    png = base64.b64encode(file.getvalue()).decode()
    both = {"image/svg+xml": drawn, "image/png": png, "text/plain": "F"}
    output = nbformat.v4.new_output("display_data", both)
    alt = {"mystnb": {"image": {"alt": "a shelf & its gain"}}}
    cell = nbformat.v4.new_code_cell("1", outputs=[output], metadata=alt, execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "index.ipynb")
    settings = {"extensions": ["myst_nb", "figures"], "nb_execution_mode": "off"}
    app = Sphinx(
        tmp_path,
        None,
        tmp_path / "out",
        tmp_path / "trees",
        "html",
        confoverrides=settings,
        status=None,
        warning=None,
    )
    app.build()
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count('<svg class="eq-figure" role="img" aria-label="a shelf &amp; its gain"') == 1
    assert "<img" not in page


def anchors(page):
    """Text -> where its anchor stands in the narrow figure."""
    found = {}
    for group, inner in re.findall(r"<g([^>]*)>(<text.*?</text>)", page):
        shift = re.search(r"translate\(([-\d.]+)px", group)
        x = float(re.search(r' x="([-\d.]+)"', inner)[1]) + float(shift[1] if shift else 0)
        found[re.sub("<[^>]*>", "", inner)] = x
    return found


def test_a_narrow_figure_has_its_labels_where_its_curve_goes():
    drawn = svg(plots.responses({"shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10)}))
    page = narrow.narrowed(drawn)
    scale, offset = re.search(r"matrix\(([\d.]+),0,0,1,([-\d.]+)", page).groups()
    before, after = anchors(drawn), anchors(page)
    for label in ("50", "100", "200", "500", "1k", "2k", "5k"):
        assert after[label] == pytest.approx(float(scale) * before[label] + float(offset), abs=0.1)
    assert after["10"] == before["10"]  # what is beside the axes keeps its distance from the edge
    assert 300 / 403.2 > float(scale) > 0.6


def test_a_legend_takes_more_rows_on_a_phone_and_the_figure_grows_by_them():
    shelf = EQ.low_shelf(cutoff_hz=500, gain_db=10)
    page = narrow.narrowed(svg(plots.responses(dict.fromkeys(("first shelf", "third"), shelf))))
    long = dict.fromkeys(("the first shelf", "another shelf", "third"), shelf)
    more = narrow.narrowed(svg(plots.responses(long)))
    high = [float(re.search(r"--eq-ratio:300/([\d.]+)", each)[1]) for each in (page, more)]
    assert high[1] - high[0] == narrow.LINE


def test_only_what_is_drawn_like_a_figure_is_made_narrow():
    for other in (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 403 200"><text>a</text></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><g><path d="m0 0 1 1" /></g></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 403 99"><g><g><g /></g></g></svg>',
    ):
        assert narrow.narrowed(other) == other
