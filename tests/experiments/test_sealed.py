"""The sealed test set: what it measures, that it is scored once, that nothing else hears it."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import re

import numpy as np
import pytest

import eqlib
from eqlib import EqlibError, data
from eqlib.__main__ import main
from eqlib.experiments import sealed
from eqlib.experiments.results import entry
from support import ROOT

OPEN = ("piano/sal_Fs4_v10", "violin/A4", "phrases/sp_loop_tabla")
"""Recordings of the ordinary test sets, whose scores the results file knows."""


@pytest.fixture(scope="module")
def measured():
    """The same code on recordings that are no secret: the seal stays shut."""
    everything = data.load(kind=None)
    there = everything[[name in OPEN for name in everything.names]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "clips", lambda: there)
        return sealed._of_target(sealed.targets()["low-shelf"])


@pytest.fixture
def scored(measured, monkeypatch, tmp_path):
    path = tmp_path / "scores.json"
    monkeypatch.setattr(sealed, "_of_target", lambda experiment: measured)
    return path, sealed.score(["low-shelf"], path=path)


def test_it_measures_what_the_results_file_says(measured):
    for method in ("network", "least-squares FIR", "causal FIR", "doing nothing"):
        found = entry("low-shelf")
        told = {"network": found["scores"]}
        told |= {name: each["scores"] for name, each in found["baselines"]["methods"].items()}
        known = {k: v for which in told[method].values() for k, v in which["clips"].items()}
        ours = measured[method]["SNR"]
        shared = known.keys() & ours.keys()
        assert len(shared) >= 2
        for name in shared:
            assert ours[name] == pytest.approx(known[name], abs=0.05), (method, name)


def test_a_release_is_scored_once(scored):
    path, _ = scored
    before = path.read_bytes()
    with pytest.raises(EqlibError, match="was scored on"):
        sealed.score(["low-shelf"], path=path)
    assert path.read_bytes() == before


def test_another_release_is_added_to_the_file(scored, monkeypatch):
    (path, first), before = scored, eqlib.__version__
    monkeypatch.setattr(eqlib, "__version__", "9.9.9")
    with pytest.raises(EqlibError, match=r"9\.9\.9 is not in"):
        sealed.read(path)
    sealed.score(["low-shelf"], path=path)
    kept = json.loads(path.read_text())
    assert list(kept) == [before, "9.9.9"]
    assert kept[before] == first


def test_the_check_finds_what_was_changed(scored):
    path, _ = scored
    assert sealed.check(["low-shelf"], path=path) == []
    kept = json.loads(path.read_text())
    release = kept[eqlib.__version__]
    release["targets"]["low-shelf"]["network"]["STFT distance"][OPEN[0]] += 0.05
    release["recordings"] = "others"
    path.write_text(json.dumps(kept))
    told = sealed.check(["low-shelf"], path=path)
    assert len(told) == 2
    assert "recordings" in told[0] and "low-shelf, network: STFT distance" in told[1]


@pytest.mark.parametrize("text", ["", "[]", "3", '{"0.1.0": {}}', '{"0.1.0": {"scored": 1'])
def test_a_damaged_file_is_told_and_left_alone(text, tmp_path):
    path = tmp_path / "scores.json"
    path.write_text(text)
    for what in (sealed.read, sealed.check, sealed.score):
        with pytest.raises(EqlibError, match="cannot be read"):
            what(path=path) if what is not sealed.read else what(path)
    assert path.read_text() == text


def test_a_target_that_is_not_there(scored):
    path, _ = scored
    with pytest.raises(EqlibError, match="no target called 'shelf'"):
        sealed.check(["shelf"], path=path)
    with pytest.raises(EqlibError, match="no target called 'shelf'"):
        sealed.table("shelf")
    with pytest.raises(EqlibError, match="measure is 'ear'"):
        sealed.table("low-shelf", measure="ear")


def test_the_file_that_ships_has_all_of_this_release():
    release = sealed.read()
    names = {row["file"].removesuffix(".flac") for row in rows()}
    assert list(release["targets"]) == list(sealed.targets())
    for methods in release["targets"].values():
        assert set(methods) == set(sealed.METHODS)
        for measures in methods.values():
            assert all(set(measures[each]) == names for each in sealed.MEASURES)
    folders = {name.split("/")[0] for name in names}
    assert folders == {each for which in sealed.SETS.values() for each in which}


def test_the_intervals_hold_their_means_over_clusters():
    values = sealed.read()["targets"]["low-shelf"]["network"]["SNR"]
    mean, low, high = sealed.interval("low-shelf", "network", "SNR", "new takes")
    known = [v for name, v in values.items() if name.startswith(("piano/", "drums/"))]
    assert mean == pytest.approx(np.mean(known)) and low < mean < high


@pytest.mark.parametrize("place", range(4))
def test_an_interval_of_what_there_is_not(place):
    of = ["low-shelf", "network", "SNR", "new takes"]
    of[place] = "another"
    with pytest.raises(EqlibError, match="is 'another'; expected one of"):
        sealed.interval(*of)


def rows():
    with open(sealed.FOLDER / "index.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_recordings_are_those_of_the_index_and_none_that_trains():
    known = {row["sha256"] for row in data.index()}
    origins = {(row["source"], row["source_path"]) for row in data.index()}
    for row in rows():
        found = hashlib.sha256((sealed.FOLDER / row["file"]).read_bytes()).hexdigest()
        assert found == row["sha256"] and found not in known
        assert (row["source"], row["source_path"]) not in origins
        assert row["license"] and row["attribution"]
    assert len(rows()) == len(list(sealed.FOLDER.rglob("*.flac")))


def test_nothing_else_in_the_project_reads_them():
    readers = []
    for path in [*(ROOT / "eqlib").rglob("*.py"), *(ROOT / "book").rglob("*.py")]:
        names = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        if any(re.search(r"\bsealed/|^sealed$", name) for name in names):
            readers.append(path.relative_to(ROOT).as_posix())
    assert set(readers) <= {"eqlib/experiments/sealed.py", "eqlib/cli/main.py"}


def test_the_command_shows_and_compares(capsys, monkeypatch):
    assert main(["sealed", "low-shelf"]) == 0
    told = capsys.readouterr().out
    assert "SNR in dB" in told and "STFT distance" in told and "new instruments" in told
    monkeypatch.setattr(sealed, "check", lambda names: [f"{names[0]} differs"])
    assert main(["sealed", "--check", "low-shelf"]) == 1
    assert capsys.readouterr().out == "low-shelf differs\n"
    assert main(["sealed", "--score", "low-shelf"]) == 2
    assert "a release is scored once" in capsys.readouterr().err
