"""book/_ext/typography.py: what stays in one line."""

from __future__ import annotations

from types import SimpleNamespace

from docutils import nodes
from docutils.core import publish_doctree

import typography

APP = SimpleNamespace(builder=SimpleNamespace(format="html"))


def page(text, app=APP):
    tree = publish_doctree(text)
    typography.keep_together(app, tree, "page")
    return tree


def test_no_line_ends_between_number_and_unit():
    given = "A peak of 5 dB at 1.5 kHz, for 40 ms: 95 % of 3 seconds, in ``5 dB`` as in 2 s-curves."
    wanted = "A peak of 5\u00a0dB at 1.5\u00a0kHz, for 40\u00a0ms: 95\u00a0% of 3 seconds, in 5 dB"
    assert page(given).astext() == f"{wanted} as in 2 s-curves."
    paper = SimpleNamespace(builder=SimpleNamespace(format="latex"))
    assert "\u00a0" not in page(given, paper).astext()


def test_a_formula_keeps_the_marks_behind_it():
    tree = page("See :math:`x`), and :math:`y`. Or :math:`z` too, or :math:`w`")
    found = [each.astext() for each in tree.findall(nodes.inline)]
    assert found == ["x),", "y."]
    assert tree.astext() == "See x), and y. Or z too, or w"


def test_a_formula_keeps_the_bracket_before_it():
    tree = page("At 330 Hz (:math:`x`), and (:math:`y` too). [:math:`z`] ends it, :math:`w` not.")
    assert [each.astext() for each in tree.findall(nodes.inline)] == ["(x),", "(y", "[z]"]
    assert tree.astext() == "At 330\u00a0Hz (x), and (y too). [z] ends it, w not."


def test_short_code_is_marked():
    tree = page("Type ``make -j2 --force`` or ``metrics.error_to_signal_ratio``.")
    marked = ["eq-short" in each["classes"] for each in tree.findall(nodes.literal)]
    assert marked == [True, False]
