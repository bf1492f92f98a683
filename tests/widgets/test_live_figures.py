"""The formulas of the live figures against NumPy and SciPy, by Node.js."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from eqlib.equalizers.targets import REFERENCE
from eqlib.metrics import loudness
from nodejs import needs_node, node

RATE = 16_000
FRAME = 1_024
SHELF = REFERENCE["low-shelf"].stages[0].coefficients(RATE)

pytestmark = needs_node


def product(shape, twice):
    """The window of a figure, from SciPy's."""
    hann = signal.windows.hann(FRAME, sym=False)
    once = {"rectangular": np.ones(FRAME), "hann": hann, "root": np.sqrt(hann)}[shape]
    return once**2 if twice else once


CASES = [
    (shape, twice, hop)
    for shape in ("rectangular", "hann", "root")
    for twice in (False, True)
    for hop in (128, 344, 512, 768, 1_024)
]


def added(row, hop):
    """One hop of what many windows add up to, by a plain loop, far from the ends."""
    total = np.zeros(20 * FRAME)
    for start in range(0, len(total) - FRAME, hop):
        total[start : start + FRAME] += row
    first = -(-4 * FRAME // hop) * hop
    return total[first : first + hop]


def test_windows_add_up_as_in_a_loop(tmp_path):
    script = """value.map(([shape, twice, hop]) => {
        const sum = windows.windowSum(windows.product(shape, twice), hop);
        return [[...sum], windows.ripple(sum)];
    })"""
    for (shape, twice, hop), (got, ends) in zip(CASES, node(tmp_path, script, CASES), strict=True):
        total = added(product(shape, twice), hop)
        np.testing.assert_allclose(got, total, atol=1e-12)
        if total.min() > 1e-9:
            assert ends["db"] == pytest.approx(20 * np.log10(total.max() / total.min()), abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "twice", "hop"),
    [("hann", False, 512), ("root", True, 256), ("rectangular", False, 1_024)],
)
def test_where_the_condition_holds_the_sound_comes_back(tmp_path, shape, twice, hop):
    """Against SciPy's own judgment of the condition."""
    assert signal.check_COLA(product(shape, twice), FRAME, FRAME - hop, tol=1e-9)
    script = """(() => {
        const [shape, twice, hop] = value;
        const dry = lively.tone(370, 16000);
        return [[...dry], [...windows.flutter(dry, windows.product(shape, twice), hop)]];
    })()"""
    dry, copy = node(tmp_path, script, [shape, twice, hop])
    np.testing.assert_allclose(copy, dry, atol=1e-7)


def test_a_broken_copy_is_the_sound_cut_and_added_up_by_hand(tmp_path):
    script = """(() => {
        const dry = lively.tone(370, 16 * 768);
        return [[...dry], [...windows.flutter(dry, windows.product("hann", false), 768)]];
    })()"""
    dry, copy = (np.array(x) for x in node(tmp_path, script, 0))
    padded = np.tile(dry, 3)
    total = np.zeros_like(padded)
    for start in range(0, len(padded) - FRAME, 768):
        total[start : start + FRAME] += product("hann", False) * padded[start : start + FRAME]
    middle = total[len(dry) : 2 * len(dry)]
    np.testing.assert_allclose(copy, middle / added(product("hann", False), 768).max(), atol=1e-6)
    assert np.abs(copy).max() <= np.abs(dry).max()


def test_taps_filter_as_scipy_does_and_begin_as_the_shelfs_answer(tmp_path):
    script = """(() => {
        const h = tapped.impulseResponse(value.shelf, 16);
        const x = lively.noise(4000);
        return [h, [...x], [...tapped.filtered(x, h)]];
    })()"""
    b, a = SHELF
    got, x, y = (np.array(v) for v in node(tmp_path, script, {"shelf": {"b": [*b], "a": [*a]}}))
    expected = signal.lfilter(b, a, np.eye(1, 16)[0])
    np.testing.assert_allclose(got, expected, atol=1e-12)
    around = signal.lfilter(expected, [1], np.r_[x, x])[4_000:]
    np.testing.assert_allclose(y, around, atol=1e-6)


@pytest.mark.parametrize(
    "taps", [[1.25, 1.25, 1.25, 1.25], [1, -1], [1.25], [0.1], [-1, *[0] * 14, 0.9]]
)
@pytest.mark.parametrize("source", ["noise(24000)", "pluck(185, 24000)"])
def test_what_is_filtered_is_never_louder_than_what_went_in(tmp_path, taps, source):
    script = f"""(() => {{
        const dry = lively.{source};
        const change = sound.loudnessMeter(dry, 16000)((hz) => curve.tapsDb(value, hz, 16000));
        return [[...dry], [...tapped.noLouder(tapped.filtered(dry, value), dry, change).samples]];
    }})()"""
    dry, wet = (np.array(x) for x in node(tmp_path, script, taps))
    assert loudness(wet, sample_rate=RATE) <= loudness(dry, sample_rate=RATE) + 0.3
    assert np.abs(wet).max() <= np.abs(dry).max() + 1e-6
    assert np.abs(dry).max() == pytest.approx(0.2, abs=1e-6)


@pytest.mark.parametrize(("rate_hz", "depth"), [(30, 0.9), (150, 0.9), (80, 0.2), (200, 0.5)])
def test_sidebands_stand_where_the_formula_says(tmp_path, rate_hz, depth):
    """The samples that are heard, in NumPy's spectrum, and the figure's own spectrum beside it."""
    script = """(() => {
        const x = fader.swinging(...value, 32000);
        const { db, binHz } = fader.spectrumDb(x);
        return [[...x], fader.sidebandDb(value[1]), [...db], binHz];
    })()"""
    x, level, db, bin_hz = node(tmp_path, script, [rate_hz, depth])
    lines = np.abs(np.fft.rfft(x)) / len(x) * 2  # half a hertz apart, and all of them on a line
    tone = lines[2 * 500]
    for side in (-1, 1):
        there = 20 * np.log10(lines[2 * (500 + side * rate_hz)] / tone)
        assert there == pytest.approx(level, abs=0.01)
        seen = np.max(np.array(db)[round((500 + side * rate_hz) / bin_hz) + np.arange(-2, 3)])
        assert seen == pytest.approx(level, abs=1.5)  # a line between two bins
    others = np.delete(lines, [2 * (500 + k * rate_hz) for k in (-1, 0, 1)])
    assert others.max() < 1e-4 * tone, "nothing else is new"
    assert np.abs(x).max() <= 0.2 + 1e-6


def test_the_figures_spectrum_is_numpys(tmp_path):
    x = np.random.default_rng(0).standard_normal(16_384)
    db = node(tmp_path, "[...fader.spectrumDb(Float64Array.from(value)).db]", x.tolist())
    lines = np.abs(np.fft.rfft(x * signal.windows.hann(16_384, sym=False))[:-1])
    np.testing.assert_allclose(db, 20 * np.log10(lines / lines.max()), atol=1e-6)


def test_the_arrow_is_the_frequency_response(tmp_path):
    hz = [63, 250, 500, 900, 1_800]
    script = """Object.values(arrow.FILTERS).map((f) => value.map((hz) => arrow.response(f, hz)))"""
    filters = [SHELF, REFERENCE["lowpass"].stages[0].coefficients(RATE), ([0, 0, 0, 0, 1], [1])]
    for (b, a), got in zip(filters, node(tmp_path, script, hz), strict=True):
        _, H = signal.freqz(b, a, worN=hz, fs=RATE)
        np.testing.assert_allclose([one["gain"] for one in got], np.abs(H), atol=1e-9)
        np.testing.assert_allclose([one["phase"] for one in got], np.angle(H), atol=1e-9)
        late_ms = -1e3 * np.angle(H) / (2 * np.pi * np.array(hz))
        np.testing.assert_allclose([one["lateMs"] for one in got], late_ms, atol=1e-9)
    np.testing.assert_allclose([one["lateMs"] for one in got], 0.25, atol=1e-9)  # four samples


@pytest.mark.parametrize(
    "script", ["tone(370, 12288)", "tone(500, 16000, 1)", "noise(24000)", "pluck(370, 24000)"]
)
def test_a_loop_has_no_jump_where_it_begins_again(tmp_path, script):
    x = np.array(node(tmp_path, f"[...lively.{script}]", 0))
    inside = np.abs(np.diff(x)).max()
    assert abs(x[0] - x[-1]) <= 1.01 * inside
    assert np.abs(x).max() == pytest.approx(0.2, abs=1e-6)
