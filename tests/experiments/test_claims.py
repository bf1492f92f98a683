"""The page of claims: text, results file and chapters in step; a false claim is seen."""

from __future__ import annotations

import functools
import math
import re

import nbformat
import pytest

import page_tables
from eqlib import EqlibError
from eqlib.__main__ import main
from eqlib.experiments import claims, recomputed
from eqlib.experiments.claimed import Claim
from eqlib.experiments.intervals import Interval
from eqlib.experiments.plan import chosen
from support import ROOT

NUMBERS = {name: claim.number() for name, claim in claims.claims().items()}


def page(name):
    """The text of a chapter, and all that its cells have put out."""
    notebook = nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4)
    told = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            told += [output.get("text", ""), str(output.get("data", {}).get("text/plain", ""))]
    return "\n".join(told)


@pytest.mark.parametrize("name", NUMBERS)
def test_the_chapter_says_what_the_results_say(name):
    """A mean with its whole interval, so that no other number of the page is taken for it."""
    number, text = NUMBERS[name], page(claims.claims()[name].chapter)
    if isinstance(number, Interval) and math.isfinite(number.low):
        assert str(number) in text or number.signed in text, (name, str(number))
    else:
        mean = abs(number.mean if isinstance(number, Interval) else number)
        forms = {f"{mean:.1f}"} | ({f"{mean:.0f}"} if isinstance(number, float) else set())
        assert forms & set(re.findall(r"\d+(?:\.\d+)?", text)), (name, mean)


def test_the_page_shows_each_claim_with_its_number_and_command():
    assert "```{eq-claims}" in (ROOT / "book" / "claims.md").read_text(encoding="utf-8")
    lines = page_tables.claimed().splitlines()
    for says, number, interval, chapter, command in claims.table().rows:
        (line,) = (line for line in lines if f"`{command}`" in line and says in line)
        cells = [cell.strip() for cell in line.split("|")[2:4]]
        shown = [cell.replace("\u00a0", " ").replace("\u2212", "-") for cell in cells]
        assert shown == [number, "\u2013" if interval == "-" else interval]
        assert not any(re.search(r"-\d", cell) for cell in cells)  # a minus, no hyphen
        assert f"{{doc}}`{chapter}`" in line
    assert "\u2212" in "".join(lines)
    right = [rule == "--:" for rule in lines[1].strip("| ").split(" | ")]
    assert right[:3] == [False, True, True]


def test_a_claim_with_a_verdict_has_an_interval_that_carries_it():
    for name in ("reversed", "clipping", "pretraining", "filters-16", "without-drums"):
        assert NUMBERS[name].excludes_zero, name
    assert not NUMBERS["pretraining-16"].excludes_zero, "the chapter says that none can be told"


def test_what_takes_training_names_experiments_that_there_are():
    for name, claim in claims.claims().items():
        assert [bool(claim.again), bool(claim.trains), bool(claim.measured_by)].count(True) == 1
        if not claim.again:
            assert claim.measured_by or chosen(claim.trains)
            with pytest.raises(EqlibError, match="takes training"):
                claims.check(name)


@pytest.mark.parametrize(
    "name", ["aliasing", "time-invariance", "two-filters", "low-shelf-phrases"]
)
def test_a_claim_computed_anew_holds(name, capsys):
    assert main(["claims", name]) == 0
    assert capsys.readouterr().out.endswith("it holds\n")


@pytest.mark.parametrize("which", [{"target": "loud"}, {"which": "loud"}])
def test_what_cannot_be_computed_anew_says_what_can(which):
    given = {"target": "peaking", "which": "notes"} | which
    fir = functools.partial(recomputed.fir_db, advance_samples=0, weighting="clips")
    for compute in (recomputed.network_db, fir, recomputed.biquads_db):
        with pytest.raises(EqlibError, match="'loud'; expected one of"):
            compute(**given)
    with pytest.raises(EqlibError, match="'loud'; expected one of"):
        recomputed.sealed_db(**{"target": "peaking", "which": "new music"} | which)


def test_a_false_claim_is_seen(monkeypatch):
    false = {"loud": Claim("it is loud", "results", lambda: Interval(5, 4, 6), lambda: 9.0)}
    monkeypatch.setattr(claims, "claims", lambda: false)
    assert claims.check("loud").endswith("found 9.0 dB: it does NOT hold")
    with pytest.raises(EqlibError, match="no claim 'soft'; expected one of loud"):
        claims.check("soft")


def test_without_a_name_all_are_listed(capsys):
    assert main(["claims"]) == 0
    listed = capsys.readouterr().out
    assert all(claim.says in listed for claim in claims.claims().values())
