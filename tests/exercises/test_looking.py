"""What is kept of answers, and how a report shows it: curves and sounds, by SciPy and by ear."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf
import torch
from scipy import signal

import eqlib
from eqlib import EQ, EqlibError, EQNet, metrics
from eqlib.exercises import check, handing_in, keep, pictures, record, report
from eqlib.exercises.looking import NOT_AS_USUAL, in_short, work_of
from eqlib.exercises.material import note
from eqlib.exercises.registry import Finding, exercises
from eqlib.exercises.showing import curve_hz
from support import ROOT

SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10, slope=0.7071)
ANY = "tour.3"  # its answers are looked at as usual


@pytest.fixture(autouse=True)
def forgotten(monkeypatch, tmp_path):
    for name in ("_records", "_predictions", "_works"):
        monkeypatch.setattr(record, name, {})
    monkeypatch.setattr(record, "_file", [])
    monkeypatch.chdir(tmp_path)


def work(answer, name=ANY, *, right=True):
    return work_of(name, answer, Finding(right, "words"), at="2026-02-01T10:00+00:00")


def decoded(address):
    kind, _, text = address.partition(";base64,")
    assert kind == "data:audio/mpeg"
    return sf.read(io.BytesIO(base64.b64decode(text)))


def same_but_for_level(heard, sound):
    """The SNR of one against the best multiple of the other; a coder may shift it a little."""
    heard, sound = heard[: len(sound)], sound[: len(heard)]
    late = signal.correlate(heard, sound).argmax() - len(sound) + 1
    assert abs(late) < 1_200
    heard = np.roll(heard, -late)[1_000:-2_000]
    sound = sound[1_000:-2_000]
    gain = heard @ sound / (sound @ sound)
    return metrics.snr_db(gain * sound, heard)


def scipy_db(sos):
    return 20 * np.log10(np.abs(signal.sosfreqz(sos, curve_hz(), fs=16_000)[1]))


# --- what an answer makes


@pytest.mark.parametrize("answer", [SHELF, SHELF.sos, lambda x: SHELF(x)])
def test_a_curve_is_the_response(answer):
    off_db = np.array(work(answer).curves["answer"]) - scipy_db(SHELF.sos)
    assert np.abs(off_db).max() < 0.15


def test_a_sound_is_what_the_answer_makes_of_the_note_and_no_louder():
    ((told, address),) = work(SHELF).sounds.items()
    heard, rate = decoded(address)
    made = signal.sosfilt(SHELF.sos, note().astype(np.float64))
    assert rate == 16_000 and same_but_for_level(heard, made) > 20
    off_db = metrics.loudness(heard, sample_rate=rate) - metrics.loudness(note(), sample_rate=rate)
    lower_db = float(re.fullmatch(r"answer, turned down by (\d+\.\d) dB", told)[1])
    louder_db = 10 * np.log10((made**2).sum() / (note() ** 2).sum())
    assert abs(off_db) < 0.3 and abs(lower_db - louder_db) < 2


def test_what_would_hurt_is_turned_down_and_a_soft_one_is_not_turned_up():
    (told,) = work(lambda x: 1_000 * x).sounds
    assert told == "answer, turned down by 60.0 dB"
    ((told, address),) = work(lambda x: x / 10).sounds.items()
    assert told == "answer"
    heard, _ = decoded(address)
    assert abs(20 * np.log10(np.abs(heard).max() / np.abs(note()).max()) + 20) < 0.5


def test_a_long_sound_is_cut_to_three_seconds():
    (address,) = work(np.random.default_rng(0).normal(0, 0.1, 100_000)).sounds.values()
    heard, rate = decoded(address)
    assert 2.9 < len(heard) / rate < 3.2 and len(address) < 60_000


def test_a_pair_has_its_target_beside_it():
    made = work((SHELF, lambda x: x), "results.3")
    assert np.allclose(made.curves["answer"], 0, atol=0.1)
    assert np.allclose(made.curves["target"], scipy_db(SHELF.sos), atol=0.06)
    assert [told.split(",")[0] for told in made.sounds] == ["answer", "target"]


@pytest.mark.parametrize(
    "answer",
    ["a word", 3.0, True, None, (1, 2), np.ones(128), object(), metrics.snr_db, lambda x: 1 / 0,
     lambda x: "x", np.full(16_000, np.nan), lambda x: x * np.nan, np.ones(16_000)[:100], EQ],
)  # fmt: skip
def test_of_what_makes_nothing_there_is_nothing(answer):
    made = work(answer)
    assert (made.curves, made.sounds) == ({}, {}) and made.answer and made.words == "words"


def test_answers_of_special_forms_are_read():
    assert set(NOT_AS_USUAL) <= set(exercises())
    taps = np.zeros(1_024)
    taps[0] = 0.5
    assert np.allclose(work(taps, "frames.3").curves["answer"], -6.02, atol=0.06)
    torch.manual_seed(0)
    net = EQNet()
    heard = NOT_AS_USUAL["stage_one.2"](net).sounds["answer"]
    assert np.allclose(heard, net.reconstruct(note()))
    ((_, address),) = work(np.repeat(note(), 3)[:44_100], "generalize.1").sounds.items()
    assert decoded(address)[1] == 44_100
    assert work(lambda x: np.tanh(x), "effects.3").curves == {}


def test_faders_are_the_mix_that_they_make():
    net = eqlib.pretrained("low-shelf")
    faders = np.linspace(0, 2, 128)
    left = (net.config.kernel - 1) // 2
    hz, response = curve_hz(), 0
    filters = net.conv.weight.detach().double().numpy().reshape(128, -1)
    for gain, w in zip(faders, filters, strict=True):
        lags = left - np.arange(w.size)
        W = np.exp(-2j * np.pi * np.outer(hz, lags) / 16_000) @ w
        response = response + gain * W**2
    drawn = np.array(work(faders, "latent.4").curves["answer"])
    loud = 20 * np.log10(np.abs(response)) > -30
    assert np.allclose(drawn[loud], 20 * np.log10(np.abs(response))[loud], atol=0.3)
    assert work(faders[1:], "latent.4").curves == {}


def test_a_plain_installation_has_curves_and_no_sounds(monkeypatch):
    class Missing:
        def find_spec(self, name, path, target=None):
            if name.startswith("eqlib.widgets"):
                raise EqlibError("no anywidget", "the extra", "Install it.")

    for name in [name for name in sys.modules if name.startswith("eqlib.widgets")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    made = work(SHELF)
    assert made.curves and made.sounds == {}


def test_an_answer_in_short():
    assert in_short(SHELF) == "EQ: low_shelf 500 Hz +10 dB slope 0.707"
    assert in_short((EQ.flat(), EQNet())) == "EQ: flat, an EQNet"
    assert in_short({0: 32.04, 8: 29.0}) == "32.04, 29"
    endless = []
    endless.append(endless)
    assert in_short(endless) == "a list" and len(in_short("x" * 9_999)) <= 300


# --- what is kept


def test_the_last_right_answer_stays(monkeypatch):
    times = iter(f"2026-02-0{day}T10:00+00:00" for day in range(1, 9))
    monkeypatch.setattr(record, "now", lambda: next(times))
    seen = []
    for answer in ("nowhere", "low levels", "everywhere", (55, 20), "high levels"):
        check("tour.3", answer)
        seen.append((record.works()["tour.3"].answer, record.works()["tour.3"].right))
    assert seen == [
        ("nowhere", False), ("low levels", True), ("low levels", True), ("55, 20", True),
        ("55, 20", True),
    ]  # fmt: skip
    assert record.records()["tour.3"].passed.startswith("2026-02-02")


def test_the_next_session_has_the_curves_and_sounds(monkeypatch):
    check("frames.2", EQ.peaking(cutoff_hz=370, gain_db=12, q=30)), keep()
    before = record.works()
    for name in ("_records", "_works"):
        monkeypatch.setattr(record, name, {})
    monkeypatch.setattr(record, "_file", [])
    keep()
    assert record.works() == before and "data:audio" in report().read_text()


@pytest.mark.parametrize(
    "change",
    [
        {"sounds": {"answer": 'data:audio/mpeg;base64,AA=="onerror="alert(1)'}},
        {"sounds": {"answer": "javascript:alert(1)"}},
        {"curves": {"answer": [0.0, "1"]}},
        {"curves": {"answer": [float("nan")]}},
        {"right": "yes"},
        {"more": 1},
    ],
)
def test_a_file_that_others_have_changed_is_not_read(tmp_path, change):
    check("tour.3", "nowhere")
    path = keep("a.json")
    text = json.loads(path.read_text())
    text["works"]["tour.3"] |= change
    path.write_text(json.dumps(text))
    record._file[:] = []
    with pytest.raises(EqlibError, match="stays as it is"):
        keep("a.json")
    assert json.loads(path.read_text())["works"]["tour.3"].items() >= {"answer": "nowhere"}.items()


def test_a_disk_that_fails_leaves_what_was_kept(monkeypatch, tmp_path):
    check("tour.3", "low levels")
    path, page = keep(), report()
    before = path.read_text(), page.read_text()

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="no space left"):
        assert check("frames.2", "drawn-curve")
    with pytest.raises(EqlibError, match="no space left"):
        report()
    assert (path.read_text(), page.read_text()) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([path.name, page.name])
    assert "frames.2" in record.works()  # in memory all the same


def test_a_process_that_is_ended_while_it_writes_leaves_what_was_kept(tmp_path):
    check("tour.3", "low levels")
    path = keep()
    code = (
        "import os\n"
        "from eqlib.exercises import check, keep\n"
        "keep()\n"
        "os.replace = lambda *names: os._exit(9)\n"
        "check('tour.3', 'high levels')\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    kept = json.loads(path.read_text())
    assert run.returncode == 9 and kept["works"]["tour.3"]["answer"] == "low levels"


# --- the page


def levels_of(svg, name):
    """The gains that a picture draws, read back from its lines and their labels."""
    grid = re.findall(r'<line x1="\d+" x2="\d+" y1="([\d.]+)" y2', svg)
    labels = re.findall(r'text-anchor="end">([−\d]+)<', svg)
    y, db = np.array(grid, float), [float(each.replace("−", "-")) for each in labels]
    (path,) = re.findall(rf'<path class="{name}" d="M([^"]+)"', svg)
    points = np.array([point.split() for point in path.split("L")], float)
    slope, offset = np.polyfit(y, db, 1)
    return points[:, 0], slope * points[:, 1] + offset


def test_a_picture_draws_the_curves_at_their_places():
    made = work((SHELF, lambda x: x), "results.3")
    svg = pictures.response_svg(made.curves)
    x, drawn_db = levels_of(svg, "target")
    assert np.allclose(drawn_db, scipy_db(SHELF.sos), atol=0.1)
    ticks = dict(re.findall(r'<text x="([\d.]+)" y="214.0" text-anchor="middle">([\d,]+)<', svg))
    at = {float(hz.replace(",", "")): float(place) for place, hz in ticks.items()}
    assert len(at) == 7
    places = np.interp(np.log(list(at)), np.log(curve_hz()), x)
    assert np.allclose(places, list(at.values()), atol=0.2)
    assert "target: 9.8 dB at 100 Hz, 5.0 dB at 500 Hz" in svg and 'role="img"' in svg
    assert pictures.caption(made.curves) == "dashed: answer, solid: target"


def test_a_deep_notch_does_not_flatten_the_rest():
    svg = pictures.response_svg({"answer": [0.0] * 50 + [-100.0] + [3.0] * 49})
    _, drawn_db = levels_of(svg, "answer")
    assert drawn_db.min() == pytest.approx(-60, abs=0.1) and drawn_db.max() > 2.9
    assert pictures.response_svg({}) == pictures.response_svg({"answer": [1.0]}) == ""


def test_the_report_shows_answers_and_needs_nothing_from_elsewhere():
    check("frames.2", EQ.peaking(cutoff_hz=370, gain_db=12, q=30))
    check("tour.3", "<script>"), check("tour.2", "10")
    page = report(by="Ada").read_text()
    assert page.count("<svg") == 1 and page.count("<audio") == 1
    assert 'aria-label="frames.2, answer' in page and "dashed: answer" in page
    assert "&lt;script&gt;" in page and "<script" not in page
    assert "10.0 dB" in page or "<code>10</code>" in page
    outside = re.findall(r'(?:src|href)="(?!data:audio/)[^"]*"|url\(|@import', page)
    assert outside == []


def test_a_report_never_exceeds_its_budget_and_says_what_is_left_out():
    long = "data:audio/mpeg;base64," + "A" * 60_000
    flat = {"answer": [0.0] * 100, "target": [1.0] * 100}
    for name in exercises():
        sounds = {"answer": long, "target": long}
        record.attempted(name, record.Work("x" * 300, "y" * 400, True, "2026", flat, sounds))
    path = report()
    page = path.read_text()
    assert 2_500_000 < path.stat().st_size <= handing_in.LARGEST_BYTES
    assert page.count("<svg") == len(exercises())
    assert page.count("<audio") + 2 * page.count("Its sound is left out") == 2 * len(exercises())
