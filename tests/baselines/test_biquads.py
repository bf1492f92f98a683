"""Biquads by gradient descent, against the equalizers that made the recordings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

import eqlib
from eqlib import EQ, EqlibError, data, metrics
from eqlib.baselines.biquads import Biquads, fit_biquads
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


def test_it_filters_as_scipy_does_whatever_kind_the_audio_is(clips):
    sos = VOCAL_CHAIN.sos
    fit, audio = Biquads(sos), clips[0]
    expected = signal.sosfilt(sos, audio.astype(np.float64))
    np.testing.assert_allclose(fit(audio), expected, atol=1e-6)
    assert fit(audio).dtype == np.float32
    as_tensor = fit(torch.from_numpy(audio).double())
    assert as_tensor.dtype == torch.float64
    np.testing.assert_allclose(as_tensor.numpy(), expected, atol=1e-12)


def test_no_sections_are_refused(clips):
    with pytest.raises(EqlibError, match="sections is 0"):
        fit_biquads(eqlib.pair(clips[:1], VOCAL_CHAIN), sections=0)


@pytest.mark.parametrize("sos", [np.ones(6), np.ones((2, 5)), np.zeros((1, 6))])
def test_rows_that_are_no_sections_are_refused(sos):
    with pytest.raises(EqlibError, match="sos has shape"):
        Biquads(sos)
