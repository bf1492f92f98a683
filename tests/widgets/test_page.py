"""The page's JavaScript against the package's Python, by Node.js."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
import torch
from scipy import stats

from eqlib import EQ, data
from eqlib.equalizers.biquad import Biquad
from eqlib.frames import cut, window
from eqlib.metrics import loudness
from eqlib.widgets.player import player
from nodejs import needs_node, node

FREQUENCIES_HZ = np.geomspace(20, 7_990, 200)

pytestmark = needs_node


def grid():
    """Settings of every kind of band, at the ends of their ranges and between."""
    cutoffs_hz, gains_db, qs, slopes = (
        (20, 500, 3_000, 7_900),
        (-24, -3, 10),
        (0.1, 0.7071, 20),
        (0.1, 1),
    )
    for cutoff_hz in cutoffs_hz:
        for kind, q in product(("lowpass", "highpass", "bandpass", "notch"), qs):
            yield {"kind": kind, "cutoff_hz": cutoff_hz, "q": q}
        for kind, gain_db in product(("low_shelf", "high_shelf", "peaking"), gains_db):
            base = {"kind": kind, "cutoff_hz": cutoff_hz, "gain_db": gain_db}
            yield from (base | {"q": q} for q in qs)
            if kind != "peaking":
                yield from (base | {"slope": slope} for slope in slopes)


def test_curves_are_pythons_to_a_hundredth_of_a_db(tmp_path):
    bands = list(grid())
    script = "value.bands.map((band) => eq.gainDb([band], value.hz, 16000))"
    got = np.array(node(tmp_path, script, {"bands": bands, "hz": FREQUENCIES_HZ.tolist()}))
    for band, curve_db in zip(bands, got, strict=True):
        exact = np.abs(EQ((Biquad(**band),)).response(FREQUENCIES_HZ))
        exact_db = 20 * np.log10(np.maximum(exact, 1e-10))
        # A notch or a pass has no gain at all somewhere; below -100 dB nothing is compared.
        seen = exact_db > -100
        np.testing.assert_allclose(curve_db[seen], exact_db[seen], atol=0.01, err_msg=str(band))


def test_coefficients_are_pythons(tmp_path):
    bands = list(grid())
    got = node(tmp_path, "value.map((band) => eq.coefficients(band, 16000))", bands)
    for band, found in zip(bands, got, strict=True):
        b, a = Biquad(**band).coefficients(16_000)
        np.testing.assert_allclose(found["b"], b, rtol=1e-9, atol=1e-12, err_msg=str(band))
        np.testing.assert_allclose(found["a"], a, rtol=1e-9, atol=1e-12, err_msg=str(band))


def test_a_cascade_is_copied_as_python_and_leaves_bypassed_bands_out(tmp_path):
    shelf = {"kind": "low_shelf", "cutoff_hz": 500, "gain_db": 10, "slope": 0.7071}
    off = {"kind": "peaking", "cutoff_hz": 1000, "gain_db": 3, "q": 1, "bypass": True}
    lowpass = {"kind": "lowpass", "cutoff_hz": 4000, "q": 0.7071}
    text, flat, curve = node(
        tmp_path,
        "[eq.asPython(value), eq.asPython([]), eq.gainDb(value, [100, 8000 * 0.9], 16000)]",
        [shelf, off, lowpass],
    )
    made = eval(text, {"EQ": EQ})  # our own text
    assert made == EQ.low_shelf(cutoff_hz=500, gain_db=10, slope=0.7071) + EQ.lowpass(
        cutoff_hz=4_000, q=0.7071
    )
    assert eval(flat, {"EQ": EQ}) == EQ.flat()
    np.testing.assert_allclose(curve, 20 * np.log10(np.abs(made.response([100, 7_200]))), atol=0.01)


def test_an_unknown_kind_is_refused(tmp_path):
    script = """(() => { try { eq.coefficients({kind: "tilt", cutoff_hz: 1, q: 1}, 16000) }
    catch (error) { return error.message } })()"""
    assert node(tmp_path, script, 0) == "unknown kind of band: tilt"


def test_the_loudness_of_a_change_is_pythons(tmp_path):
    """Oracle: loudness of the equalized sound itself, on noise, which no gate shortens."""
    noise = np.random.default_rng(0).standard_normal(32_000) / 10
    chains = [
        [{"kind": "low_shelf", "cutoff_hz": 500, "gain_db": 10, "slope": 0.7071}],
        [{"kind": "lowpass", "cutoff_hz": 500, "q": 0.7071}],
        [{"kind": "peaking", "cutoff_hz": 3_000, "gain_db": -12, "q": 2}],
    ]
    script = """(() => {
        const meter = sound.loudnessMeter(Float64Array.from(value.noise), 16000);
        return value.chains.map((chain) => meter((hz) => eq.gainDb(chain, hz, 16000)));
    })()"""
    got_db = node(tmp_path, script, {"noise": noise.tolist(), "chains": chains})
    dry = loudness(noise, sample_rate=16_000)
    for chain, change_db in zip(chains, got_db, strict=True):
        wet = EQ(tuple(Biquad(**band) for band in chain))(noise)
        assert change_db == pytest.approx(loudness(wet, sample_rate=16_000) - dry, abs=0.15)


def test_loudness_and_the_gains_of_a_player_are_pythons(tmp_path):
    """On a note that decays, where the gate matters, and on noise."""
    note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"]
    noise = np.random.default_rng(0).standard_normal(20_000).astype(np.float32) / 8
    signals = {"note": note, "noise": noise, "loud": 3 * note, "short": note[3_000:5_000]}
    script = """(() => {
        const signals = value.map((samples) => Float32Array.from(samples));
        const levels = signals.map((samples) => loud.loudness(samples, 16000));
        return [levels, loud.matched(signals, 16000)];
    })()"""
    levels, gains_db = node(tmp_path, script, [x.tolist() for x in signals.values()])
    expected = [loudness(x, sample_rate=16_000) for x in signals.values()]
    np.testing.assert_allclose(levels, expected, atol=0.02)
    tracks = player(signals, sample_rate=16_000).tracks
    np.testing.assert_allclose(gains_db, [track.gain_db for track in tracks], atol=0.101)


@pytest.mark.parametrize("samples", [1, 511, 512, 3_000])
def test_frames_are_pythons_and_add_up_again(tmp_path, samples):
    signal = np.random.default_rng(1).standard_normal(samples)
    script = """(() => {
        const shape = { frame: 1024, hop: 512, window: frames.hann(1024), gain: 1 };
        const signal = Float32Array.from(value);
        const count = frames.frameCount(signal.length, 1024, 512);
        const output = new Float32Array(signal.length);
        const first = frames.cut(signal, shape, 0, 1);
        const rest = frames.cut(signal, shape, 1, count - 1);
        frames.overlapAdd(first, output, shape, 0);
        frames.overlapAdd(rest, output, shape, 1);
        return [[...first, ...rest], [...output]];
    })()"""
    flat, output = node(tmp_path, script, signal.tolist())
    expected = cut(torch.from_numpy(signal), frame=1_024, hop=512) * window("hann", 1_024)
    np.testing.assert_allclose(np.reshape(flat, (-1, 1_024)), expected, atol=1e-6)
    np.testing.assert_allclose(output, signal, atol=1e-6)


def test_the_chance_of_guessing_is_that_of_a_binomial(tmp_path):
    pairs = [(right, trials) for trials in (1, 5, 16, 40) for right in range(trials + 1)]
    got = node(tmp_path, "value.map(([k, n]) => abx.guessing(k, n))", pairs)
    expected = [stats.binom.sf(right - 1, trials, 0.5) for right, trials in pairs]
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_the_chance_of_guessing_is_told_in_plain_numbers(tmp_path):
    """Each answer of one to twenty trials."""
    pairs = [(right, trials) for trials in range(1, 21) for right in range(trials + 1)]
    said = node(tmp_path, "value.map(([k, n]) => abx.percent(abx.guessing(k, n)))", pairs)
    for (right, trials), text in zip(pairs, said, strict=True):
        exact = 100 * stats.binom.sf(right - 1, trials, 0.5)
        number = float(re.fullmatch(r"(?:less than |more than )?(\d+(?:\.\d+)?) %", text)[1])
        if text.startswith("less"):
            assert exact < number == 0.1
        elif text.startswith("more"):
            assert 100 > exact > number == 99
        else:
            assert number == pytest.approx(exact, abs=0.5 if exact >= 9.95 else 0.05)
            assert (number == 100) == (right == 0), "nothing else is certain"


def test_a_drawn_curve_is_pythons_filter(tmp_path):
    steep = {"frequencies_hz": [30, 100, 110, 3_000, 7_900], "gains_db": [-24, 24, -24, 12, 0]}
    gentle = {"frequencies_hz": [60, 150, 400, 1_000], "gains_db": [3, 6, -5, 2]}
    script = """value.curves.map((c) => [curve.taps(c, 16000),
        curve.tapsDb(curve.taps(c, 16000), value.hz, 16000), curve.curvePython(c)])"""
    sent = {"curves": [steep, gentle], "hz": FREQUENCIES_HZ.tolist()}
    for drawn, (taps, curve_db, text) in zip(
        sent["curves"], node(tmp_path, script, sent), strict=True
    ):
        made = EQ.drawn(**drawn, phase="minimum")
        np.testing.assert_allclose(taps, made.impulse_response(129), atol=1e-4)
        exact_db = 20 * np.log10(np.abs(made.response(FREQUENCIES_HZ)))
        np.testing.assert_allclose(curve_db, exact_db, atol=0.01)
        assert eval(text, {"EQ": EQ}) == made
