"""Third-octave energies against a periodogram of scipy's, and against what a sine has."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from eqlib import EqlibError
from eqlib.data.bands import BANDS_HZ, band_energies


def test_the_bands_are_third_octaves_from_50_hz_to_5_khz():
    assert len(BANDS_HZ) == 21
    assert BANDS_HZ[0] == pytest.approx(50) and BANDS_HZ[-1] == pytest.approx(5_080, abs=1)
    assert np.diff(np.log2(BANDS_HZ)) == pytest.approx(1 / 3)


@pytest.mark.parametrize("samples", [8_000, 8_001])
def test_energies_are_sums_of_a_periodogram(samples):
    noise = np.random.default_rng(0).standard_normal(samples)
    f, power = signal.periodogram(noise, 16_000, detrend=False, scaling="spectrum")
    if samples % 2 == 0:
        power[-1] *= 2  # the only bin that is not counted twice, and in no band
    found = band_energies(noise, sample_rate=16_000)
    for center, energy in zip(BANDS_HZ, found, strict=True):
        inside = (f >= center * 2 ** (-1 / 6)) & (f < center * 2 ** (1 / 6))
        assert energy == pytest.approx(power[inside].sum(), rel=1e-9)


def test_a_sine_is_in_its_band_alone():
    sine = np.sqrt(2) * np.sin(2 * np.pi * 800 * np.arange(16_000) / 16_000)
    energies = band_energies(sine, sample_rate=16_000)
    assert energies[12] == pytest.approx(1) and energies.sum() == pytest.approx(1)
    twice = band_energies(sine, sample_rate=16_000, centers_hz=[500, 800])
    np.testing.assert_allclose(twice, [0, 1], atol=1e-12)


def test_mistakes_are_told():
    with pytest.raises(EqlibError, match="shape"):
        band_energies(np.zeros((2, 100)), sample_rate=16_000)
    with pytest.raises(EqlibError, match="at least 1 samples"):
        band_energies(np.zeros(0), sample_rate=16_000)
    with pytest.raises(EqlibError, match="holds int16"):
        band_energies(np.zeros(100, np.int16), sample_rate=16_000)
    with pytest.raises(EqlibError, match="NaN"):
        band_energies(np.full(100, np.nan), sample_rate=16_000)
    with pytest.raises(EqlibError, match="8000"):
        band_energies(np.zeros(100), sample_rate=8_000)
    with pytest.raises(EqlibError, match="centers_hz"):
        band_energies(np.zeros(100), sample_rate=16_000, centers_hz=[0.0])
