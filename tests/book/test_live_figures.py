"""The live figures in the chapters: each there is has its place, and a sentence for Jupyter."""

from __future__ import annotations

import re

import nbformat

from eqlib.widgets.linking import PAGE
from support import PAGES

FENCE = re.compile(r"^```{eq-live-figure} ([\w-]+)\n(.*?)^```$", re.S | re.M)


def test_each_stands_in_one_chapter_with_its_sentence():
    found = {}
    for page in (page for page in PAGES if page.suffix == ".ipynb"):
        for cell in nbformat.read(page, as_version=4).cells:
            if cell.cell_type == "markdown":
                for name, sentence in FENCE.findall(cell.source):
                    assert name not in found, f"{name} stands in {found[name]} too"
                    assert sentence.startswith("In the pages of this book, a figure stands here")
                    assert sentence.strip().endswith(".")
                    found[name] = page.stem
    modules = {p.stem for p in PAGE.glob("*.js") if "= liveFigure(" in p.read_text("utf-8")}
    assert set(found) == {name.replace("_", "-") for name in modules}
    assert len(found) >= 4
