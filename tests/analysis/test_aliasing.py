"""The wobble of a steady sine's envelope, against the Fourier series of its absolute value."""

from __future__ import annotations

import numpy as np
import pytest

from eqlib import EqlibError
from eqlib.analysis import aliasing, bank


def half_sine(rate_hz, taps=128, sample_rate=16_000):
    """What the smoother that is set by hand leaves of a swing."""
    bell = np.sin(np.pi * (np.arange(taps) + 0.5) / taps)
    turns = np.exp(-2j * np.pi * rate_hz * np.arange(taps) / sample_rate)
    return abs(bell @ turns) / bell.sum()


HAND = bank.by_hand(bank.windowed_cosines([1_000.0]))


@pytest.mark.parametrize(
    ("frequency_hz", "harmonic", "rate_hz"), [(4_010, 4, 40), (7_950, 2, 100), (3_990, 4, 40)]
)
def test_a_harmonic_is_mirrored_down(frequency_hz, harmonic, rate_hz):
    found = aliasing.envelope_wobble(HAND, frequency_hz=frequency_hz)
    assert found.rate_hz == rate_hz
    # Other harmonics fall on the same line; the first is by far the largest.
    expected = 2 / (harmonic**2 - 1) * half_sine(rate_hz)
    assert found.depth == pytest.approx(expected, rel=0.01)


def test_a_low_sine_swings_twice_as_fast_and_the_smoother_takes_it_away():
    found = aliasing.envelope_wobble(HAND, frequency_hz=370)
    assert found.rate_hz == 740
    assert found.depth == pytest.approx(2 / 3 * half_sine(740), rel=0.01) and found.depth < 0.03


def test_a_square_has_no_harmonic_but_the_second():
    square = bank.by_hand(bank.windowed_cosines([1_000.0]), rectifier="square")
    assert aliasing.envelope_wobble(square, frequency_hz=4_010).depth < 0.01
    found = aliasing.envelope_wobble(square, frequency_hz=7_950)
    assert found == (pytest.approx(half_sine(100), rel=0.01), 100)


def test_frequencies_and_channels_that_are_not_there():
    with pytest.raises(EqlibError, match="frequency_hz"):
        aliasing.envelope_wobble(HAND, frequency_hz=8_000)
    with pytest.raises(EqlibError, match="channel"):
        aliasing.envelope_wobble(HAND, frequency_hz=100, channel=1)
