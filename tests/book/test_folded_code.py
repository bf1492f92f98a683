"""The line that stands for folded code."""

from __future__ import annotations

import nbformat
import pytest

import folded_code
from support import each_chapter

CELL = """<div class="cell_input docutils container">
<div class="highlight-python notranslate"><div class="highlight"><pre><span></span>{}
</pre></div>
</div>
</div>"""


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("# Draw it\nx = 1\nplot(x)", "Draw it"),
        ("import numpy as np\nfrom eqlib import EQ\n\nx = 1", "import …"),
        ("x = 1\n\nplots.responses(x)  # all", "plots.responses(x)"),
        ("def f():\n    return 1", "def f():"),
        ("x = call(\n    1,\n)", "x = call("),
        ("a\nb\n" + "long" * 20, "long" * 15 + "lo …"),
    ],
)
def test_the_line_is_the_codes_own(code, line):
    assert folded_code.headline(code) == line


def test_long_code_is_folded_and_short_code_is_not():
    page = CELL.format("a &lt; b\nb\nc(&quot;d&quot;)") + CELL.format("a\nb")
    context = {"body": page}
    folded_code.fold(None, "", "", context, None)
    assert context["body"].count("<details") == context["body"].count("</details>") == 1
    assert "3 lines of code: <code>c(&quot;d&quot;)</code>" in context["body"]
    told = {"body": CELL.format("# What it does\na\nb")}
    folded_code.fold(None, "", "", told, None)
    assert "3 lines of code: What it does</summary>" in told["body"]
    plain = {"body": CELL.format("a")}
    folded_code.fold(None, "", "", plain, None)
    assert plain["body"] == CELL.format("a")


@each_chapter
def test_each_cell_has_a_line(chapter):
    for cell in nbformat.read(chapter, 4).cells:
        if cell.cell_type == "code":
            assert 3 < len(folded_code.headline(cell.source)) <= folded_code.LONGEST
