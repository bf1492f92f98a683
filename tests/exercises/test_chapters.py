"""Each exercise: its solution passes, its blank fails kindly, wrong answers get their own words."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import refresh
from eqlib.exercises import check, record
from eqlib.exercises.registry import CHAPTERS, exercises
from support import ROOT


def beside(name):
    """A module of this folder; with importlib's mode of importing, it is on no path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CASES


CASES = beside("cases") | beside("more_cases")


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    monkeypatch.setattr(record, "_records", {})
    monkeypatch.setattr(record, "_works", {})
    monkeypatch.setattr(record, "_file", [])


def test_every_exercise_has_its_cases():
    assert set(CASES) == set(exercises())
    assert all(right and len(wrong) >= 2 for right, wrong in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_solutions_pass(name):
    for make in CASES[name][0]:
        reply = check(name, make())
        assert reply, reply
    assert record.records()[name].passed


@pytest.mark.parametrize("name", CASES)
def test_wrong_answers_get_words_of_their_own(name):
    for words, make in CASES[name][1].items():
        reply = check(name, make())
        assert reply.state == "not yet" and words in reply.words, reply
    assert not record.records()[name].passed


@pytest.mark.parametrize("name", CASES)
def test_the_blank_is_answered_with_the_task(name):
    reply = check(name, ...)
    assert reply.state == "no answer" and exercises()[name].prompt in reply.words
    assert name not in record.records()


# --- the text


def texts(chapter):
    """The exercises of a notebook: (title, level, all of its text)."""
    cells = refresh.read(ROOT / "book" / f"{chapter}.ipynb").cells
    last = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = re.split(r"\n\*\*\d\. ", last.partition("## Exercises")[2])[1:]
    heads = [re.match(r"(.+?)[.]? ?\((easy|medium|hard)\)", each) for each in found]
    return [(h[1].rstrip("* "), h[2], t) for h, t in zip(heads, found, strict=True)]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_text_and_the_registry_agree(chapter):
    here = [e for name, e in exercises().items() if name.split(".")[0] == chapter]
    assert [(e.title, e.level) for e in here] == [(t, level) for t, level, _ in texts(chapter)]
    for i, (exercise, (*_, text)) in enumerate(zip(here, texts(chapter), strict=True), 1):
        assert f'`answer = ...`, then `check("{chapter}.{i}", answer)`' in text
        assert exercise.takes.replace('"', "") in text.replace('"', "").replace("`", "")
