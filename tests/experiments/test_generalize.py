"""Outside of the training: the results are complete and current, and a run adds what is missing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EQ, EqlibError, data, frames, metrics
from eqlib.__main__ import main
from eqlib.analysis import channels
from eqlib.data.clips import Clips
from eqlib.equalizers.targets import TARGETS
from eqlib.experiments import generalize, knobs, outside, sets
from eqlib.experiments.plan import UNHEARD
from eqlib.networks.shipped import WEIGHTS_FOLDER, pretrained

SEEDS = [f"every peak | network, seed {seed} | unheard" for seed in generalize.SEEDS]


def test_the_shipped_results_are_complete_and_current():
    assert list(generalize.read()) == list(generalize.parts())


def test_what_was_asked_of_one_network_for_every_peak_is_reached():
    assert generalize.interval(*SEEDS).mean > 31
    still = [name.replace("unheard", "no gain") for name in SEEDS]
    assert generalize.worst_db(*still) > 100


def test_doing_nothing_is_reached_again():
    eq = TARGETS["low-shelf"]
    heard = [x[:16_000] for x in sets.heard("test", UNHEARD)[::2]]
    snr_db = [metrics.snr_db(eq(x), x) for x in heard]
    stored = generalize.interval("low-shelf | doing nothing | notes")
    assert stored.mean == pytest.approx(np.mean(snr_db), abs=0.02)


def test_the_network_that_ships_reaches_its_score_again():
    clips = sets.heard("test", UNHEARD)[::6]
    found = knobs.judged(sets.heard("test", UNHEARD), "nothing")
    stored = generalize.read()["every peak | nothing | unheard"]["values"]
    assert found == stored
    shares = np.random.default_rng(2).random((len(found), knobs.PER_CLIP, 3))
    net = generalize.every_peak()
    stored = generalize.read()[SEEDS[0]]["values"]
    for name, dry, of in zip(clips.names, clips, shares[::6], strict=True):
        row = knobs.random_settings(of)[0]
        wet = knobs.peak_of(tuple(row))(dry)
        output = net.process(dry, setting=knobs.numbers_of(row[None])[0])
        assert metrics.snr_db(wet, output) == pytest.approx(stored[name][0], abs=0.1)
    assert generalize.EVERY_PEAK.stat().st_size < 5e5


def reached_db(tone, name="low-shelf"):
    """The SNR in dB of the network, and of doing nothing."""
    wet, net = TARGETS[name](tone), pretrained(name)
    return [
        10 * np.log10(np.sum(wet**2) / np.sum((wet - y) ** 2)) for y in (net.process(tone), tone)
    ]


def test_the_failures_have_the_reasons_that_the_chapter_gives():
    white = outside.noise(0, seed=1)
    wet = TARGETS["low-shelf"](white)
    error, wanted = (
        np.abs(np.fft.rfft(x)) ** 2 for x in (pretrained("low-shelf").process(white) - wet, wet)
    )
    below = np.fft.rfftfreq(len(white), 1 / 16_000) < 7_700
    assert error[below].sum() < 0.01 * error.sum()
    assert wanted[below].sum() / error[below].sum() > 10**4.5
    tone = outside.sine(7_000)
    for name in outside.NETWORKS:
        network, nothing = reached_db(tone, name)
        assert network < nothing - 5
        network, nothing = reached_db(0.1 * tone, name)
        assert network > nothing + 3
    clips = sets.heard("train", UNHEARD)
    power = sum(signal.welch(x / np.sqrt(np.sum(x**2)), fs=16_000, nperseg=800)[1] for x in clips)
    assert power[390] < 0.01 * power[350]  # 7.8 kHz, and 7 kHz


def test_the_knobs_curve_is_right_and_off_where_the_chapter_says():
    net, dry = generalize.every_peak(), data.load(instrument="piano", split="test")
    dry = dry["piano/sal_Fs4_v10"][:16_000]
    cut = frames.cut(torch.from_numpy(dry), frame=1_024, hop=512)
    with torch.no_grad():
        heard = (cut * frames.window("hann", 1_024).float()).unsqueeze(1)
        X1, Z, _ = net.front_end(heard, positions=False)
        loud = X1.square().sum(1, keepdim=True).unflatten(-1, (-1, 16)).sum(-1)
        means = ((net.latent(Z) * loud).sum((0, 2)) / loud.sum()).numpy()
    hz = np.geomspace(40, 6_000, 90)
    paths = channels.path_responses(net, frequencies_hz=hz)

    def off_db(*setting):
        with torch.no_grad():
            gains = net.factors(knobs.numbers_of(np.array([setting]))[0]).numpy() * means
        return 20 * np.log10(np.abs((1 + gains @ paths) / knobs.peak_of(setting).response(hz)))

    for gain_db in (-6, 3, 6):
        for q in (0.5, 1, 2):
            for cutoff_hz in (200, 400, 800, 1_000, 1_500, 2_000):
                assert np.abs(off_db(cutoff_hz, gain_db, q)).max() < 3
    at = np.abs(hz - 4_000).argmin()
    assert -6 < off_db(4_000, 6, 1)[at] < -5
    assert np.abs(off_db(3_500, 6, 1)).max() > 4


def test_noise_has_its_slope_and_level():
    for slope in (0, 1, 2):
        made = outside.noise(slope, seed=0, samples=160_000)
        assert made.std() == pytest.approx(0.1, rel=1e-4)
        hz, power = signal.welch(made, fs=16_000, nperseg=4_000)
        kept = (hz > 60) & (hz < 7_000)
        fitted = np.polyfit(np.log(hz[kept]), np.log(power[kept]), 1)[0]
        assert fitted == pytest.approx(-slope, abs=0.05)


def test_conditions_are_what_they_say():
    (name, wave), *rest = outside.heard("4000 Hz")
    assert (name, rest) == ("4000 Hz", [])
    spectrum = np.abs(np.fft.rfft(wave))
    assert spectrum.argmax() == 4_000 and np.abs(wave).max() == pytest.approx(0.25, rel=1e-3)
    notes = dict(outside.heard("notes"))
    softer = dict(outside.heard("-60 dB"))
    higher = dict(outside.heard("octave up"))
    fed = dict(outside.heard("44.1 kHz"))
    clips = sets.heard("test", UNHEARD)[::2]
    assert list(notes) == list(softer) == list(clips.names)
    for whole, name in zip(clips[:3], clips.names, strict=False):
        clip = whole[:16_000]
        np.testing.assert_allclose(softer[name], clip / 1_000, rtol=1e-5)
        assert len(higher[name]) == -(-len(clip) // 2)
        assert len(fed[name]) == pytest.approx(len(clip) * 441 / 160, abs=1)
    shelf = outside.target("low-shelf", "44.1 kHz")
    assert shelf == EQ.from_dict({**TARGETS["low-shelf"].to_dict(), "sample_rate": 44_100})


def test_half_of_what_repairs_is_noise_and_none_of_it_is_tested_on():
    pairs = outside.with_noise("train", seed=0)
    notes = sets.heard("train", UNHEARD)
    assert pairs.dry.names[: len(notes)] == notes.names
    assert len(pairs) == 2 * len(notes)
    levels_db = [20 * np.log10(np.std(x)) for x in pairs.dry[len(notes) :]]
    assert min(levels_db) < -55 and max(levels_db) > -17
    tested = [x[:100] for _, x in outside.heard("white")]
    assert not any(np.allclose(x[:100], y) for x in pairs.dry[len(notes) :] for y in tested)


@pytest.fixture
def few(monkeypatch):
    """Two short clips, and no training."""
    clips = data.load(instrument="flute", split="test")[:2]
    short = Clips.from_arrays(
        [clip[:4_000] for clip in clips], sample_rate=16_000, names=clips.names
    )
    monkeypatch.setattr(generalize.sets, "heard", lambda *_: short)
    parts = {f"every peak | {m} | unheard": generalize._rival(m) for m in ("nothing", "FIR")}
    made = replace(generalize._PARTS, measures=lambda: parts)
    monkeypatch.setattr(generalize, "_PARTS", made)


def test_a_run_adds_what_is_missing_and_leaves_the_rest(few, tmp_path):
    path = tmp_path / "generalize.json"
    generalize.run(["every peak | nothing"], path=path)
    content = json.loads(path.read_text())
    (name,) = content["parts"]
    clip = next(iter(content["parts"][name]["values"]))
    content["parts"][name]["values"][clip] = [99.0]
    path.write_text(json.dumps(content))
    generalize.run(path=path)
    found = generalize.read(path)
    assert len(found) == 2 and found[name]["values"][clip] == [99.0]
    assert max(v for part in found.values() for of in part["values"].values() for v in of) <= 150


def test_results_of_other_settings_do_not_count(few, tmp_path, monkeypatch):
    path = tmp_path / "generalize.json"
    generalize.run(["every peak | nothing"], path=path)
    monkeypatch.setattr(generalize, "STEPS", 3)
    assert generalize.read(path) == {}


def test_tables_have_all_of_it():
    for network in outside.NETWORKS:
        rows = generalize.table(network).rows
        assert [row[0] for row in rows] == list(outside.CONDITIONS.values())
        assert "[" in rows[0][3] and "[" not in rows[11][3]  # a sine is one sound
    assert len(generalize.table_of_repair().rows) == len(outside.REPAIRED_ON)
    assert [row[0] for row in generalize.table_of_knobs().rows] == list(generalize.KNOBS)


def test_mistakes_are_told(tmp_path, capsys):
    with pytest.raises(EqlibError, match="nothing is called 'phaser'"):
        generalize.run(["phaser"], path=tmp_path / "generalize.json")
    with pytest.raises(EqlibError, match="network is 'air'"):
        generalize.table("air")
    with pytest.raises(EqlibError, match="no result for 'none'"):
        generalize.interval("none")
    (tmp_path / "generalize.json").write_text("{")
    with pytest.raises(EqlibError, match="cannot be read"):
        generalize.read(tmp_path / "generalize.json")
    with pytest.raises(EqlibError, match="another network"):
        generalize.every_peak(WEIGHTS_FOLDER / "peaking.safetensors")
    assert main(["generalize", "phaser"]) == 2
    assert "nothing is called" in capsys.readouterr().err
