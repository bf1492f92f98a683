"""The dynamic shelf against its equations as a loop, and what finds its settings by recordings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

import eqlib
from eqlib import EqlibError, data, metrics
from eqlib.baselines.dynamic import fit_dynamic_shelf
from eqlib.effects.dynamic_shelf import DynamicShelf


def loops(x, *, cutoff_hz, q, boost, level, smoothing_hz, sample_rate):
    """The effect sample by sample; its lowpass and follower after the cookbook's formulas."""
    w = 2 * math.pi * cutoff_hz / sample_rate
    alpha, cosine = math.sin(w) / (2 * q), math.cos(w)
    b = np.array([1 - cosine, 2 - 2 * cosine, 1 - cosine]) / 2 / (1 + alpha)
    a1, a2 = -2 * cosine / (1 + alpha), (1 - alpha) / (1 + alpha)
    warped = math.tan(math.pi * smoothing_hz / sample_rate)
    share, held = warped / (1 + warped), (1 - warped) / (1 + warped)
    x1 = x2 = bass1 = bass2 = loud1 = follow = 0.0
    y = []
    for sample in x:
        bass = b[0] * sample + b[1] * x1 + b[2] * x2 - a1 * bass1 - a2 * bass2
        follow = share * (abs(bass) + loud1) + held * follow
        y.append(sample + boost / (1 + (max(0.0, follow) / level) ** 2) * bass)
        x1, x2, bass1, bass2, loud1 = sample, x1, bass, bass1, abs(bass)
    return np.array(y)


@pytest.mark.parametrize(
    "effect",
    [DynamicShelf(), DynamicShelf(cutoff_hz=900, q=2, boost=0.5, level=0.2, smoothing_hz=5)],
)
def test_it_is_its_equations(effect):
    noise = np.random.default_rng(0).standard_normal(3_000) / 8
    np.testing.assert_allclose(effect(noise), loops(noise, **vars(effect)), atol=1e-12, rtol=0)


def test_soft_bass_is_raised_and_loud_bass_is_not():
    bass = np.sin(2 * math.pi * 100 * np.arange(16_000) / 16_000)
    gains_db = {}
    for level in (1e-4, 1.0):
        raised = DynamicShelf()(level * bass)
        gains_db[level] = 20 * math.log10(raised[8_000:].std() / (level * bass)[8_000:].std())
    assert gains_db[1e-4] == pytest.approx(20 * math.log10(3), abs=0.1)
    assert gains_db[1.0] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("settings", [{"level": 0}, {"cutoff_hz": 9_000}, {"smoothing_hz": -1}])
def test_settings_are_checked(settings):
    with pytest.raises(EqlibError):
        DynamicShelf(**settings)


def test_a_fit_finds_the_settings():
    hidden = DynamicShelf(cutoff_hz=700, q=1.3, boost=1.4, level=0.05, smoothing_hz=8)
    clips = data.load(instrument="piano", split="train")[::12]
    found = fit_dynamic_shelf(eqlib.pair(clips, hidden))
    for name, value in vars(hidden).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-3), name


def test_at_a_low_rate_a_fit_stays_within_it():
    noise = np.random.default_rng(1).standard_normal((2, 4_000)) / 8
    clips = eqlib.Clips.from_arrays(list(noise.astype(np.float32)), sample_rate=8_000)
    # Nothing but noise beyond what the form can be: the search goes to the ends of its ranges.
    found = fit_dynamic_shelf(eqlib.pair(clips, lambda x: x + 0.5 * np.sign(x) * x**2))
    assert found.sample_rate == 8_000 and found.cutoff_hz < 4_000


def test_of_another_effect_it_finds_the_nearest():
    clips = data.load(instrument="piano", split="train")[::24]
    shelf = eqlib.EQ.low_shelf(cutoff_hz=500, gain_db=6)
    pairs = eqlib.pair(clips, shelf)
    found = fit_dynamic_shelf(pairs, clips=3)
    error_db = [
        metrics.snr_db(wet, found(dry)) - metrics.snr_db(wet, dry)
        for dry, wet in zip(pairs.dry, pairs.wet, strict=True)
    ]
    # A shelf that never changes is one whose level is far above all that sounds.
    assert np.mean(error_db) > 6 and found.level > 0.2


def test_a_fit_needs_a_clip():
    clips = data.load(instrument="piano", split="train")[:1]
    with pytest.raises(EqlibError, match="clips is 0"):
        fit_dynamic_shelf(eqlib.pair(clips, DynamicShelf()), clips=0)


def test_the_chapters_cell_is_the_same_effect():
    import nbformat

    from support import ROOT

    cells = nbformat.read(ROOT / "book" / "when_not.ipynb", as_version=4).cells
    cell = next(c.source for c in cells if "def dynamic_shelf" in c.source)
    scope = {"eqlib": eqlib, "np": np, "signal": signal}
    exec(cell, scope)  # noqa: S102
    note = data.load(instrument="piano", split="test")[0]
    np.testing.assert_allclose(scope["dynamic_shelf"](note), DynamicShelf()(note), atol=1e-6)
