"""The teachers' page: what it sends a class to exists, and its link opens what it says."""

from __future__ import annotations

import re

import refresh
from eqlib.exercises.registry import exercises
from nodejs import needs_node, node
from support import ROOT

TEXT = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")


def lost_sections(text):
    """Sections, in italics after a link to their chapter, that the chapter does not have."""
    lost = []
    for chapter, section in re.findall(r"\{doc\}`(\w+)`(?:,| to)?\s\(?\*([A-Z][^*]+)\*", text):
        cells = refresh.read(ROOT / "book" / f"{chapter}.ipynb").cells
        heads = re.findall(r"^##+ (.+)$", "\n".join(c.source for c in cells), re.MULTILINE)
        if not any(head.startswith(section) for head in heads):
            lost.append(f"{chapter}: {section}")
    return lost


def test_sections_that_a_class_is_sent_to_exist():
    assert lost_sections(TEXT) == []


def test_a_section_that_is_gone_is_seen():
    assert lost_sections("{doc}`latent`, *Faders that stand still* and *x*") == []
    assert lost_sections("from {doc}`tour` to *Gone*") == ["tour: Gone"]


def test_exercises_that_are_named_exist():
    named = set(re.findall(r"`(\w+\.\d)`", TEXT))
    assert len(named) > 5 and named <= set(exercises())


@needs_node
def test_the_link_for_an_exercise_is_read_as_it_is_written(tmp_path):
    (fragment,) = re.findall(r"```text\n(eq=.+)\n```", TEXT)
    link = 'await import("./run_link.mjs")'
    found = node(tmp_path, f"({link}).fromFragment(value)", fragment)
    assert found["faults"] == []
    assert [band["kind"] for band in found["eq"]["bands"]] == ["peaking", "low_shelf"]
    again = f"({link}).toFragment(value.eq, value.run)"
    assert node(tmp_path, again, found) == fragment
