"""The simulated engineer against its rule in plain numbers, and biquads of scipy's lfilter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

from eqlib import EQ, EqlibError
from eqlib.effects.engineer import Engineer

RATE = 16_000


def share(audio, low_hz, high_hz):
    """Of the energy of whole third octaves between, by a Fourier series of the whole recording."""
    f, power = signal.periodogram(audio, RATE, detrend=False, scaling="spectrum")
    centers = [100 * 2 ** (k / 3) for k in range(-3, 18)]
    energy = {c: power[(f >= c / 2 ** (1 / 6)) & (f < c * 2 ** (1 / 6))].sum() for c in centers}
    return sum(e for c, e in energy.items() if low_hz < c < high_hz) / sum(energy.values())


def shelf(audio, cutoff_hz, gain_db):
    """The cookbook's high shelf of slope 1, written out."""
    a, w = 10 ** (gain_db / 40), 2 * math.pi * cutoff_hz / RATE
    alpha, c = math.sin(w) / math.sqrt(2), math.cos(w)
    root = 2 * math.sqrt(a) * alpha
    b = [a * (a + 1 + (a - 1) * c + root), -2 * a * (a - 1 + (a + 1) * c)]
    b += [a * (a + 1 + (a - 1) * c - root)]
    of_output = [a + 1 - (a - 1) * c + root, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - root]
    return signal.lfilter(b, of_output, audio)


def dip(audio, center_hz, gain_db):
    """The cookbook's peak with a q of 1."""
    a, w = 10 ** (gain_db / 40), 2 * math.pi * center_hz / RATE
    alpha, c = math.sin(w) / 2, math.cos(w)
    b = [1 + alpha * a, -2 * c, 1 - alpha * a]
    return signal.lfilter(b, [1 + alpha / a, -2 * c, 1 - alpha / a], audio)


@pytest.mark.parametrize("color", [-2.0, -0.5, 1.0])
def test_it_is_its_rule_to_the_sample(color):
    noise = np.random.default_rng(1).standard_normal(6_000)
    spectrum = np.fft.rfft(noise)
    spectrum[1:] *= (np.arange(1, len(spectrum)) / 100) ** color
    audio = np.fft.irfft(spectrum, 6_000)
    audio /= np.abs(audio).max()
    lows, middle, highs = (share(audio, *of) for of in ((45, 180), (700, 1_400), (1_800, 5_800)))
    missing_db = -18 - 10 * math.log10(highs + 1e-9)
    too_much_db = 10 * math.log10(middle + 1e-9) + 10
    gain_db, dip_db = 6 * math.tanh(missing_db / 12), -3 * (1 + math.tanh(too_much_db / 12))
    cut_hz = 20 * 4**lows
    # A Butterworth highpass by the bilinear transform is the cookbook's with q = 1 / sqrt(2).
    b, a = signal.butter(2, cut_hz, "highpass", fs=RATE)
    expected = dip(signal.lfilter(b, a, shelf(audio, 3_000, gain_db)), 1_000, dip_db)
    found = Engineer()(audio)
    # 1 / sqrt(2) stands as 0.7071 in the package.
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_it_makes_the_dark_brighter_and_the_bright_duller():
    t = np.arange(RATE) / RATE
    dark, bright = (0.1 * np.sin(2 * np.pi * f * t) for f in (300, 4_000))
    gains_db = [Engineer().equalizer(x).stages[0].gain_db for x in (dark, bright)]
    assert gains_db[0] > 5 and gains_db[1] < -5


def test_the_level_does_not_matter():
    audio = np.random.default_rng(2).standard_normal(4_000) / 10
    loud, soft = (Engineer().equalizer(audio * gain) for gain in (1.0, 0.01))
    np.testing.assert_allclose(loud.sos, soft.sos, atol=1e-9)


def test_each_row_is_a_recording_of_its_own():
    audio = np.random.default_rng(3).standard_normal((2, 3_000)).astype(np.float32) / 10
    audio[1] = np.cumsum(audio[1]) / 40
    both = Engineer()(audio)
    assert both.dtype == np.float32 and both.shape == audio.shape
    for row, output in zip(audio, both, strict=True):
        np.testing.assert_array_equal(Engineer()(row), output)


def test_silence_has_a_setting():
    assert isinstance(Engineer().equalizer(np.zeros(2_000)), EQ)


def test_mistakes_are_told():
    with pytest.raises(EqlibError, match="lowest_cut_hz is 90"):
        Engineer(lowest_cut_hz=90.0)
    with pytest.raises(EqlibError, match="most_dip_db"):
        Engineer(most_dip_db=-3.0)
    with pytest.raises(EqlibError, match="shelf_hz"):
        Engineer(shelf_hz=0.0)
    with pytest.raises(EqlibError, match="audio"):
        Engineer().equalizer(np.zeros((2, 3_000)))
