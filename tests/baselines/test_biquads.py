"""Biquads by gradient descent, against the equalizers that made the recordings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

import eqlib
from eqlib import EQ, EqlibError, data, metrics
from eqlib.baselines import biquads
from eqlib.baselines.biquads import fit_biquads
from eqlib.equalizers.targets import VOCAL_CHAIN

FREQUENCIES_HZ = np.geomspace(50, 4_000, 100)


@pytest.fixture(scope="module")
def clips():
    return data.load(instrument="guitar-acoustic", split="train")


@pytest.mark.parametrize(
    "eq",
    [EQ.low_shelf(cutoff_hz=500, gain_db=10), EQ.lowpass(cutoff_hz=800)],
    ids=["low shelf", "lowpass"],
)
def test_one_section_finds_a_biquad(eq, clips):
    fit = fit_biquads(eqlib.pair(clips, eq), sections=1)
    assert fit.parameters == 5
    np.testing.assert_allclose(fit.sos, eq.sos, atol=2e-3)
    exact = eq.response(FREQUENCIES_HZ)
    wrong = np.abs(fit.response(FREQUENCIES_HZ) - exact)
    assert wrong.max() < 1e-3 * np.abs(exact).max()  # 60 dB below what passes


def test_four_sections_find_a_chain_and_stay_stable(clips):
    fit = fit_biquads(eqlib.pair(clips, VOCAL_CHAIN), sections=4)
    for clip in data.load(instrument="guitar-acoustic", split="test"):
        assert metrics.snr_db(VOCAL_CHAIN(clip), fit(clip)) > 35
    assert all(np.abs(np.roots(section[3:])).max() < 1 for section in fit.sos)


def test_a_fit_is_an_equalizer_whatever_kind_the_audio_is(clips, monkeypatch):
    monkeypatch.setattr(biquads, "STARTS", 1)
    monkeypatch.setattr(biquads, "ADAM_STEPS", 2)
    monkeypatch.setattr(biquads, "LBFGS_STEPS", 2)
    fit = fit_biquads(eqlib.pair(clips[:2], VOCAL_CHAIN), sections=2)
    assert EQ.from_dict(fit.to_dict()) == fit and len(fit.stages) == 2
    audio = torch.from_numpy(clips[0])
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        given = audio.to(dtype)
        expected = torch.from_numpy(signal.sosfilt(fit.sos, given.double().numpy()))
        wet = fit(given)
        assert wet.dtype == dtype
        torch.testing.assert_close(wet, expected.to(dtype), rtol=1e-6, atol=1e-7)


def test_no_sections_are_refused(clips):
    with pytest.raises(EqlibError, match="sections is 0"):
        fit_biquads(eqlib.pair(clips[:1], VOCAL_CHAIN), sections=0)


@pytest.mark.parametrize("seed", [-1, 0.5, True, "0"])
def test_seeds_that_are_none_are_refused(seed, clips):
    with pytest.raises(EqlibError, match="seed is"):
        fit_biquads(eqlib.pair(clips[:1], VOCAL_CHAIN), sections=1, seed=seed)


def test_a_fit_that_ends_with_poles_on_the_circle_counts_as_none(clips, monkeypatch):
    def on_the_circle(sections, rng):
        poles, zeros = biquads_start(sections, rng)
        with torch.no_grad():
            poles[1] = 30.0  # tanh(30) is 1 in floating point
        return poles, zeros

    biquads_start = biquads._start
    monkeypatch.setattr(biquads, "_start", on_the_circle)
    monkeypatch.setattr(biquads, "ADAM_STEPS", 1)
    monkeypatch.setattr(biquads, "LBFGS_STEPS", 1)
    with pytest.raises(EqlibError, match="no fit of 1 sections with seed 0.*another seed"):
        fit_biquads(eqlib.pair(clips[:1], VOCAL_CHAIN), sections=1)
