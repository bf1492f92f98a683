"""Networks at 44.1 and 48 kHz: originals as they are heard, both bands, complete results."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf

import page_tables
from eqlib import EQ, EqlibError, data, metrics
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.experiments import originals, rates, wideband
from eqlib.experiments.plan import UNHEARD
from support import ROOT

SAID = [
    ("low-shelf", wideband.SHIPPED, 0),
    ("low-shelf", wideband.NATIVE_48, 0),
    ("low-shelf", wideband.EXACT, 1),
    ("low-shelf", wideband.NATIVE_48, 1),
    ("air", wideband.NATIVE_48, 0),
    ("air", wideband.RESAMPLED, 0),
    ("air", wideband.NATIVE_48, 1),
    ("air", wideband.RESAMPLED, 1),
]
"""What the page's text says in numbers: target, method, and the number of the band."""
FREE = {"CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "MIT"}


def sine(hz, *, rate=48_000, seconds=0.5):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.fixture
def few(monkeypatch):
    """Two clips for each set, with sound below and above 8 kHz; one seed, and little training."""

    def short(which, *, sample_rate=48_000):
        names = {"instruments": ("violin/G3", "trumpet/C4")}.get(which, ("flute/A4", "flute/C4"))
        clips = [0.2 * sine(hz, rate=sample_rate, seconds=0.2) for hz in (440, 660)]
        if sample_rate > 16_000:
            clips[0] = clips[0] + 0.02 * sine(10_000, rate=sample_rate, seconds=0.2)
        return Clips.from_arrays(clips, sample_rate=sample_rate, names=names)

    def forget():
        for each in (wideband.pairs_of, wideband.trained, wideband.keeps_above):
            each.cache_clear()

    forget()
    monkeypatch.setattr(originals, "load", short)
    monkeypatch.setattr(wideband, "PRETRAIN_STEPS", 1)
    monkeypatch.setattr(wideband, "STEPS", 1)
    monkeypatch.setattr(wideband, "FILTERS", 2)
    monkeypatch.setattr(rates, "SEEDS", dict.fromkeys(rates.SEEDS, (0,)))
    yield
    forget()


def test_the_shipped_results_are_complete_and_current():
    assert list(rates.PARTS.read(rates.RESULTS)) == list(rates.measures())


def test_what_is_held_out_is_not_heard_and_all_is_free():
    of = {which: originals.rows(which) for which in originals.SETS}
    files = [row["file"] for rows in of.values() for row in rows]
    assert len(set(files)) == len(files) > 250
    for which, rows in of.items():
        assert {row["license"] for row in rows} <= FREE
        assert ({row["family"] for row in rows} <= set(UNHEARD)) == (which == "instruments")
    for which, split in {"train": "train", "recordings": "test"}.items():
        assert {row["split"] for row in of[which]} == {split}


def test_a_recording_begins_at_its_onset_and_keeps_its_frequencies():
    tone = 0.01 * sine(12_000, rate=44_100, seconds=3)
    late = np.concatenate([np.full(4_410, 1e-6), tone])
    made = originals.prepared(np.stack([2 * late, np.zeros(len(late))], -1), 44_100)
    assert made.dtype == np.float32 and len(made) == 96_000
    assert np.abs(made).max() == pytest.approx(0.5)
    middle = made[24_000:72_000]
    power = np.abs(np.fft.rfft(middle * np.hanning(48_000))) ** 2
    assert np.argmax(power) == 12_000
    assert np.abs(made[:400]).max() > 0.4 and np.abs(made[-10:]).max() < 1e-3


def test_an_original_that_is_not_there_is_told(tmp_path):
    with pytest.raises(EqlibError, match="make originals"):
        originals.load("validation", folder=tmp_path)


def test_an_original_is_found_in_its_package_and_resampled(tmp_path, monkeypatch):
    row = originals.rows("validation")[0]
    inside = tmp_path / row["source"] / "usr" / row["source_path"]
    inside.parent.mkdir(parents=True)
    sf.write(inside.with_suffix(".wav"), 0.1 * sine(1_000, rate=44_100), 44_100)
    inside.with_suffix(".wav").rename(inside)
    monkeypatch.setattr(originals, "rows", lambda _which: [row])
    for rate in (48_000, 44_100, 16_000):
        clips = originals.load("validation", sample_rate=rate, folder=tmp_path)
        assert clips.names == (row["file"].removesuffix(".flac"),)
        assert len(clips[0]) == pytest.approx(rate / 2, abs=2)  # a sine begins with a zero
        steady = clips[0][rate // 10 : 3 * rate // 10]
        phase = 2j * np.pi * 1_000 * np.arange(len(steady)) / rate
        assert abs(2 * np.mean(steady * np.exp(-phase))) == pytest.approx(0.5, rel=0.01)


def test_the_upper_band_is_what_lies_above_8_khz():
    low, high = sine(1_000), 0.1 * sine(9_000)
    assert wideband.above(low + high, 48_000) == pytest.approx(high, abs=1e-9)
    share_db = 10 * np.log10(0.01 / 1.01)
    assert wideband.share_above_db(low + high, 48_000) == pytest.approx(share_db, abs=1e-6)
    assert wideband.share_above_db(sine(1_000, rate=16_000), 16_000) == -np.inf


def test_both_bands_are_judged_where_there_is_sound():
    low, high = sine(1_000), 0.1 * sine(9_000)
    clips = Clips.from_arrays([low + high, low], sample_rate=48_000, names=["both", "low"])
    pairs = wideband.pair(clips, EQ.flat(sample_rate=48_000))
    found = wideband.judged(pairs, lambda audio: audio + 0.01 * high[: len(audio)])
    whole_db = 10 * np.log10(1.01 / 0.000_001)
    assert found["both"] == [pytest.approx(whole_db, abs=0.02), pytest.approx(40, abs=0.02)]
    assert len(found["low"]) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_an_equalizer_at_16_khz_changes_what_is_below_and_nothing_above(keep):
    low, high = sine(300), 0.1 * sine(11_000)
    eq = replace(wideband.TARGETS["low-shelf"], sample_rate=16_000)
    found = wideband.exact("low-shelf", keep_above=keep)((low + high).astype(np.float32))
    gain = eq.response([300])[0]
    n = np.arange(24_000) / 48_000
    expected = np.abs(gain) * np.sin(2 * np.pi * 300 * n + np.angle(gain)) + keep * high
    middle = slice(6_000, 18_000)
    assert float(metrics.snr_db(expected[middle], found[middle])) > 50


def test_validation_tells_that_a_lowpass_is_better_cut(few):
    assert wideband.keeps_above("low-shelf") and not wideband.keeps_above("lowpass")


def test_a_network_of_each_rate_is_trained_and_judged(few, tmp_path):
    path = tmp_path / "rates.json"
    rates.run(["air"], path=path)
    content = json.loads(path.read_text(encoding="utf-8"))
    found = {name.split(" | ")[1]: part["values"] for name, part in content["parts"].items()}
    assert set(found) == set(wideband.METHODS)
    for method, rate in wideband.METHODS.items():
        assert set(found[method]) == {"violin/G3", "trumpet/C4", "flute/A4", "flute/C4"}
        assert len(found[method]["violin/G3"]) == (1 if rate == 16_000 else 2)
    assert found["causal FIR"]["flute/A4"][0] > found["doing nothing"]["flute/A4"][0] + 20
    content["parts"]["air | doing nothing"]["seconds"] = 99.0
    path.write_text(json.dumps(content), encoding="utf-8")
    rates.run(["air", "peaking | doing"], path=path)
    parts = json.loads(path.read_text(encoding="utf-8"))["parts"]
    assert parts["air | doing nothing"]["seconds"] == 99.0 and "peaking | doing nothing" in parts


def test_only_what_a_loss_has_trained_is_measured_again(monkeypatch):
    before = set(rates.PARTS.read(rates.RESULTS))
    other = {("air", 16_000): "multi_resolution_stft"}
    monkeypatch.setattr(wideband, "OTHER_LOSSES", wideband.OTHER_LOSSES | other)
    gone = before - set(rates.PARTS.read(rates.RESULTS))
    seeds = rates.SEEDS[16_000]
    methods = "16 kHz network", "16 kHz network, resampled"
    assert gone == {f"air | {method} | seed {seed}" for method in methods for seed in seeds}


def test_a_table_has_every_method_of_its_band():
    whole, high = (rates.table(band) for band in wideband.BANDS)
    assert [row[0] for row in whole.rows] == list(wideband.METHODS)
    assert {row[0] for row in whole.rows} - {row[0] for row in high.rows} == {"16 kHz network"}
    families = {row["file"].removesuffix(".flac"): row["family"] for row in data.index()}
    part = rates.PARTS.read(rates.RESULTS)["air | doing nothing"]["values"]
    heard = [of[0] for name, of in part.items() if families[name] not in UNHEARD]
    assert rates.interval("doing nothing", "air", "recordings").mean == pytest.approx(
        np.mean(heard)
    )


def test_mistakes_are_told(monkeypatch, tmp_path, capsys):
    assert main(["rates", "phaser"]) == 2
    assert "peaking" in capsys.readouterr().err
    monkeypatch.setattr(rates, "RESULTS", tmp_path / "none.json")
    with pytest.raises(EqlibError, match="no result for 'air | doing nothing'"):
        rates.interval("doing nothing", "air", "recordings")


def test_the_page_has_the_tables_and_their_numbers():
    page = (ROOT / "book" / "own_sound.md").read_text(encoding="utf-8")
    for part, band in zip(("all", "above"), wideband.BANDS, strict=True):
        assert f"```{{eq-rates}} {part}" in page
        assert page_tables.at_rates(part) == rates.table(band)._repr_html_()
    for target, method, band in SAID:
        mean = rates.interval(method, target, "recordings", wideband.BANDS[band]).mean
        assert re.search(rf"\b{mean:.1f}\b", page), (target, method, band)
    part = rates.PARTS.read(rates.RESULTS)["air | doing nothing"]["values"]
    recordings = {row["file"].removesuffix(".flac") for row in originals.rows("recordings")}
    enough = [name for name in recordings if len(part[name]) == 2]
    train = len(originals.rows("train"))
    assert f"{train} recordings" in page and f"on {len(recordings)} others" in page
    assert f"those {len(enough)} recordings" in page


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (("44.1 kHz network", "peaking", "recordings"), "no result for 'peaking"),
        (("perceptron", "peaking", "recordings"), "method is 'perceptron'"),
        (("doing nothing", "tilt", "recordings"), "target is 'tilt'"),
        (("doing nothing", "peaking", "train"), "which is 'train'"),
        (("doing nothing", "peaking", "recordings", "above"), "band is 'above'"),
    ],
)
def test_what_there_is_not_is_told(given, match):
    with pytest.raises(EqlibError, match=match):
        rates.interval(*given)


def test_the_verdicts_of_the_page_follow_from_the_results():
    def ahead_db(target, which):
        ours, theirs = (
            rates.interval(method, target, which).mean
            for method in (wideband.NATIVE_48, wideband.RESAMPLED)
        )
        return ours - theirs

    on_others = {target: ahead_db(target, "instruments") for target in wideband.TARGETS}
    assert all(lead_db > 0 for lead_db in on_others.values())
    assert round(on_others["low-shelf"]) == 2 and round(on_others["peaking"]) == 3
    in_the_bass = {t: ahead_db(t, "recordings") for t in wideband.TARGETS if t != "air"}
    assert [t for t, lead_db in in_the_bass.items() if lead_db > 0] == ["highpass"]
    for target in ("low-shelf", "lowpass"):
        for which in ("recordings", "instruments"):
            both = (wideband.SHIPPED, wideband.NATIVE_48)
            shipped, native = (rates.interval(m, target, which).mean for m in both)
            assert shipped > native
