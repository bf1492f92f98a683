"""Fitted biquads, against the equalizers that made the recordings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize, signal

import eqlib
from eqlib import EQ, EqlibError, data, metrics
from eqlib.baselines import refine
from eqlib.baselines.biquads import fit_biquads
from eqlib.equalizers.targets import VOCAL_CHAIN

FREQUENCIES_HZ = np.geomspace(50, 4_000, 100)


@pytest.fixture(scope="module")
def clips():
    return data.load(instrument="guitar-acoustic", split="train")


@pytest.mark.parametrize("sections", [1, 2, 4])
@pytest.mark.parametrize(
    "eq",
    [EQ.low_shelf(cutoff_hz=500, gain_db=10), EQ.lowpass(cutoff_hz=800), EQ.highpass(cutoff_hz=60)],
    ids=["low shelf", "lowpass", "highpass"],
)
def test_as_many_sections_or_more_find_a_biquad(eq, sections, clips):
    fit = fit_biquads(eqlib.pair(clips[:6], eq), sections=sections)
    assert fit.parameters == 5 * sections
    exact = eq.response(FREQUENCIES_HZ)
    wrong = np.abs(fit.response(FREQUENCIES_HZ) - exact)
    assert wrong.max() < 1e-5 * np.abs(exact).max()  # 100 dB below what passes
    if sections == 1:
        np.testing.assert_allclose(fit.sos, eq.sos, atol=1e-6)


def test_four_sections_find_a_chain_with_its_poles(clips):
    fit = fit_biquads(eqlib.pair(clips[:6], VOCAL_CHAIN), sections=4)
    for clip in data.load(instrument="guitar-acoustic", split="test"):
        assert metrics.snr_db(VOCAL_CHAIN(clip), fit(clip)) > 110

    def poles(sos):
        return np.sort_complex(np.concatenate([np.roots(section[3:]) for section in sos]))

    np.testing.assert_allclose(poles(fit.sos), poles(VOCAL_CHAIN.sos), atol=1e-5)


@pytest.mark.parametrize("samples", [1, 10])
def test_clips_shorter_than_its_sections_are_late(samples, clips):
    eq = EQ.low_shelf(cutoff_hz=500, gain_db=10)
    dry = clips[0][2_000 : 2_000 + samples]
    pairs = eqlib.pair(data.Clips.from_arrays([dry] * 3, sample_rate=16_000), eq)
    fit = fit_biquads(pairs, sections=8)
    assert metrics.snr_db(eq(dry), fit(dry)) > 30


def test_an_error_that_fewer_sections_leave_is_a_minimum(clips):
    """scipy's minimizer, which knows nothing of derivatives by filtering, finds no lower one."""
    pairs = eqlib.pair(clips[:2], VOCAL_CHAIN)
    both = [
        (dry.astype(float), wet.astype(float))
        for dry, wet in zip(pairs.dry, pairs.wet, strict=True)
    ]
    fit = fit_biquads(pairs, sections=1).sos

    def residuals(numbers):
        sos = np.r_[numbers[:3], 1, numbers[3:]][np.newaxis]
        return np.concatenate([wet - signal.sosfilt(sos, dry) for dry, wet in both])

    start = fit[0, [0, 1, 2, 4, 5]]
    found = optimize.least_squares(residuals, start, xtol=1e-12, ftol=1e-12, gtol=1e-14)
    assert 2 * found.cost > 0.998 * np.sum(residuals(start) ** 2)


def test_derivatives_are_those_of_small_changes(clips):
    dry = clips[0][:2_000].astype(float)
    _, derivatives = refine._derivatives(VOCAL_CHAIN.sos, dry)
    for number, derivative in enumerate(derivatives):
        row, column = number // 5, (0, 1, 2, 4, 5)[number % 5]
        outputs = []
        for change in (-1e-6, 1e-6):
            sos = VOCAL_CHAIN.sos.copy()
            sos[row, column] += change
            outputs.append(signal.sosfilt(sos, dry))
        expected = (outputs[1] - outputs[0]) / 2e-6
        np.testing.assert_allclose(derivative, expected, atol=1e-5 * np.abs(expected).max())


def test_an_effect_that_looks_ahead_is_fitted_no_worse_than_by_nothing(clips):
    ahead = VOCAL_CHAIN.fir(taps=129, phase="linear", compensate_delay=True)
    pairs = eqlib.pair(clips[:4], ahead)
    fit = fit_biquads(pairs, sections=2)
    both = [
        (dry.astype(float), wet.astype(float))
        for dry, wet in zip(pairs.dry, pairs.wet, strict=True)
    ]
    flat = np.tile([1.0, 0, 0, 1, 0, 0], (2, 1))
    assert refine.error_energy(fit.sos, both) < refine.error_energy(flat, both)
    assert all(np.abs(np.roots(section[3:])).max() < 1 for section in fit.sos)


def test_a_cascade_on_the_unit_circle_counts_as_none(clips):
    both = [(clips[0].astype(float), clips[0].astype(float))]
    assert refine.error_energy(np.array([[1.0, 0, 0, 1, 0, 1]]), both) == np.inf


def test_a_fit_is_an_equalizer_whatever_kind_the_audio_is(clips):
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
