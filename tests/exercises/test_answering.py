"""Replies, hints, nonsense, records and the report."""

from __future__ import annotations

import json
import re
import socket

import numpy as np
import pytest
import torch

import refresh
from eqlib import EQ, EqlibError
from eqlib.exercises import check, forms, hint, keep, predict, record, report
from eqlib.exercises.curves import difference_db, where_off
from eqlib.exercises.judges import Response
from eqlib.exercises.predictions import QUESTIONS
from eqlib.exercises.registry import CHAPTERS, exercises
from eqlib.exercises.sounds import what_is_off
from support import ROOT

NONSENSE = [
    "x", -7.5, True, None, float("nan"), 1j, [], {}, (), {"a": object()}, [1, 1], object(), dict,
    np.zeros(100), np.zeros(0), np.ones((3, 4)), np.array(["a"]), torch.ones(3), [[1], [1, 2]],
    lambda: 1, lambda x: x, lambda x: 1 / 0, lambda x: "sound", b"ab", {1, 2}, np.full(9, np.nan),
]  # fmt: skip


@pytest.fixture(autouse=True)
def forgotten(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "_records", {})
    monkeypatch.setattr(record, "_predictions", {})
    monkeypatch.setattr(record, "_works", {})
    monkeypatch.setattr(record, "_file", [])
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", exercises())
def test_nonsense_is_answered_and_never_right(name, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)  # offline
    for answer in NONSENSE:
        reply = check(name, answer)
        assert reply.state == "not yet", (answer, reply)
        # Only what the learner's own function does may end in an error.
        assert callable(answer) or "could not be used" not in reply.words, (answer, reply)


def test_an_unknown_name_names_the_nearest():
    for call in (lambda: check("latnet.2", 3), lambda: hint("latnet.2")):
        with pytest.raises(EqlibError, match="'latent.2'"):
            call()


def test_hints_come_one_after_the_other():
    first, second = exercises()["latent.2"].hints
    assert first in hint("latent.2").words
    assert second in hint("latent.2").words
    assert "all" in hint("latent.2").words


def test_a_reply_shows_itself_and_keeps_markup_of_an_answer_out():
    reply = check("frames.2", "<script>")
    assert repr(reply).startswith("frames.2: Not yet.") and not reply
    assert "<script>" not in check("latent.1", {"<script>": 1})._repr_html_()
    assert "<strong>frames.2: ✓ Right.</strong>" in check("frames.2", "drawn-curve")._repr_html_()


def test_dots_within_an_answer_are_a_blank_too():
    assert check("frames.1", (..., ...)).state == "no answer"
    assert check("frames.1", {"C": ...}).state == "no answer"


# --- words


SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (EQ.low_shelf(cutoff_hz=500, gain_db=7), "3.0 dB too low below 490 Hz"),
        (SHELF + EQ.high_shelf(cutoff_hz=2_000, gain_db=-3), "dB too low above 2 kHz"),
        (SHELF + EQ.peaking(cutoff_hz=2_000, gain_db=6, q=8), "too high around 2 kHz"),
    ],
)
def test_words_tell_where_a_response_is_off(given, words):
    judge = Response(SHELF, "shelf")
    assert words in judge(given).words
    assert words in judge(given.sos).words
    assert words in judge(lambda x: given(x)).words


def test_a_level_that_is_off_everywhere_is_told_as_such():
    hz = forms.HZ
    assert where_off(np.full(300, -2.0), hz, tolerance_db=1) == "2.0 dB too low at all frequencies"
    assert where_off(np.full(300, -0.9), hz, tolerance_db=1) == ""
    assert np.allclose(difference_db(np.ones(4), np.full(4, 10.0)), 20)


def test_a_phase_is_judged_where_it_matters():
    linear = SHELF.fir(taps=1_023, compensate_delay=True)
    assert Response(SHELF, "shelf")(linear).right
    assert "phase is not" in Response(SHELF, "shelf", phase=True)(linear).words


def test_words_tell_how_a_sound_is_off():
    x = np.random.default_rng(0).standard_normal(8_000)
    assert "upside down" in what_is_off(x, -x)
    assert "-6.0 dB off" in what_is_off(x, x / 2)
    assert "5 samples too late" in what_is_off(x, np.pad(x, (5, 0))[:8_000])
    assert "3 samples too early" in what_is_off(x, np.pad(x, (0, 3))[3:])
    louder = EQ.peaking(cutoff_hz=1_000, gain_db=9, q=1)(x)
    assert "too loud around 1 kHz" in what_is_off(x, louder)


# --- predictions


def test_questions_are_those_of_the_chapters():
    found = {}
    for chapter in CHAPTERS:
        cells = refresh.read(ROOT / "book" / f"{chapter}.ipynb").cells
        (source,) = (c.source for c in cells if "## Predict before you run" in c.source)
        section = source.split("## Predict before you run")[1].split("\n## ")[0]
        for question in re.split(r"^(?=\d\. )", section, flags=re.MULTILINE)[1:]:
            letters = re.findall(r"<summary>(\w)\. ", question)
            found[f"{chapter}.{question[0]}"] = "".join(letters)
        assert f'`predict("{chapter}.1", "b")`' in section
    assert dict(QUESTIONS) == found


def test_the_first_prediction_stays_and_nothing_says_whether_it_is_right():
    assert "Noted." in str(predict("latent.3", " B. ")) and not predict("latent.3", "b")
    assert "was b" in predict("latent.3", "d").words
    assert record.predictions()["latent.3"].choice == "b"
    right = {predict(name, "a").words for name in QUESTIONS if name != "latent.3"}
    assert len(right) == 1


def test_a_blank_or_nonsense_asks_for_a_letter_and_notes_nothing():
    for choice in (..., "", "d", "ab", *NONSENSE):
        reply = predict("latent.1", choice)
        assert reply.state == "no answer" and '"a", "b" or "c"' in reply.words, choice
    assert record.predictions() == {}
    with pytest.raises(EqlibError, match="'latent.2'"):
        predict("latnet.2", "a")


def test_predictions_are_kept_and_the_earlier_one_wins(monkeypatch):
    monkeypatch.setattr(record, "now", lambda: "2026-02-01T10:00+00:00")
    predict("tour.1", "a"), keep()
    monkeypatch.setattr(record, "_predictions", {}), monkeypatch.setattr(record, "_file", [])
    monkeypatch.setattr(record, "now", lambda: "2026-02-02T10:00+00:00")
    predict("tour.1", "c"), predict("tour.2", "b"), keep()
    kept = json.loads(keep().read_text())["predictions"]
    assert [kept[f"tour.{i}"]["choice"] for i in (1, 2)] == ["a", "b"]


def test_a_record_of_an_earlier_version_has_no_predictions_and_is_read(tmp_path):
    old = {"attempts": 2, "hints": 0, "passed": ""}
    text = json.dumps({"format": "eqlib exercises", "exercises": {"tour.1": old}})
    (tmp_path / "a.json").write_text(text)
    keep("a.json")
    assert record.records()["tour.1"].attempts == 2 and record.predictions() == {}


def test_the_report_lists_predictions():
    assert "Question" not in report().read_text()
    predict("tour.1", "c")
    page = report().read_text()
    assert re.search(r"<td>tour.1</td><td>c</td><td>20\d\d-", page)
    assert f"1 of {len(QUESTIONS)} questions" in page


# --- records and the report


def test_the_record_stays_in_memory_unless_asked(tmp_path):
    check("frames.1", (1.5, 1.125))
    assert list(tmp_path.iterdir()) == []
    path = keep()
    check("frames.1", 3), hint("frames.1")
    kept = json.loads(path.read_text())["exercises"]["frames.1"]
    assert (kept["attempts"], kept["hints"]) == (2, 1) and kept["passed"].startswith("20")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_record_is_read_by_the_next_session(monkeypatch):
    check("frames.1", (1.5, 1.125)), keep()
    monkeypatch.setattr(record, "_records", {}), monkeypatch.setattr(record, "_file", [])
    check("latent.1", 3), keep(), keep()
    assert record.records()["frames.1"].passed and record.records()["frames.1"].attempts == 1


@pytest.mark.parametrize(
    "content",
    [
        "mine",
        "{}",
        "[1]",
        '{"format": "eqlib exercises"}',
        "\x00",
        '{"format": "eqlib exercises", "exercises": {}, "predictions": {"tour.1": {"at": ""}}}',
    ],
)
def test_files_of_others_stay(tmp_path, content):
    for write, name in ((keep, "a.json"), (report, "a.html")):
        (tmp_path / name).write_text(content)
        with pytest.raises(EqlibError, match="stays as it is"):
            write(name)
        assert (tmp_path / name).read_text() == content


def test_a_folder_that_is_gone_does_not_stop_a_check(tmp_path):
    (tmp_path / "sub").mkdir()
    keep("sub/a.json").unlink()
    (tmp_path / "sub").rmdir()
    with pytest.warns(UserWarning, match="cannot be written"):
        assert check("frames.1", (1.5, 1.125))


def test_the_report_tells_what_was_passed_and_can_be_written_again(tmp_path):
    check("frames.1", (1.5, 1.125)), check("latent.1", None)
    page = report(by="<Ada>").read_text()
    assert "1 of" in page and "frames.1 A third of a frame" in page and "not yet" in page
    assert "&lt;Ada&gt;" in page and "<Ada>" not in page and len(page) < 10_000
    assert report() == report() and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(EqlibError, match="cannot be written"):
        report("nowhere/a.html")
