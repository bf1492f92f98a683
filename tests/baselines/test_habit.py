"""Rivals of a network that learns a habit, each against a problem whose solution is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, signal

import eqlib
from eqlib import EQ, EqlibError, metrics
from eqlib.baselines.habit import CURVE_HZ, Match, Ridge, curve_db, filter_of, levels_db
from eqlib.data.clips import Clips

RATE = 16_000
SHELF = EQ.high_shelf(cutoff_hz=1_000, gain_db=6)


@pytest.fixture(scope="module")
def clips():
    """Noises of many colors."""
    rng = np.random.default_rng(0)
    made = []
    for color in np.linspace(-1.5, 0.5, 24):
        spectrum = np.fft.rfft(rng.standard_normal(8_000))
        spectrum[1:] *= (np.arange(1, len(spectrum)) / 100) ** color
        audio = np.fft.irfft(spectrum, 8_000)
        made.append((audio / np.abs(audio).max() / 2).astype(np.float32))
    return Clips.from_arrays(made, sample_rate=RATE)


def test_a_curve_is_what_was_done(clips):
    for dry in clips[:4]:
        found = curve_db(dry, SHELF(dry), sample_rate=RATE)
        expected = 20 * np.log10(np.abs(SHELF.response(CURVE_HZ)))
        np.testing.assert_allclose(found, expected, atol=0.4)


def test_the_filter_of_a_curve_has_it():
    curve = np.linspace(-6, 6, 25)
    found = 20 * np.log10(np.abs(filter_of(curve, sample_rate=RATE).response(CURVE_HZ)))
    np.testing.assert_allclose(found, curve, atol=0.2)


def test_a_band_without_a_bin_takes_its_neighbors_value(clips):
    short = clips[3][:640]  # bins are 25 Hz apart: the bands below 100 Hz have one or none
    found = curve_db(short, 2 * short, sample_rate=RATE)
    np.testing.assert_allclose(found, 20 * np.log10(2), atol=1e-3)


def follows_the_color(audio):
    """Tilts by the recording's own slope: linear in its levels, as ridge regression expects."""
    own_db = levels_db(audio, sample_rate=RATE)
    tilt_db = (own_db[:7].mean() - own_db[-7:].mean()) / 6
    return filter_of(np.linspace(-tilt_db, tilt_db, 25), sample_rate=RATE)(audio)


def test_linear_ridge_finds_a_linear_habit(clips):
    pairs = eqlib.pair(clips[::2], follows_the_color)
    found = Ridge.fitted(pairs, penalty=0.1)
    for dry in clips[1::2]:
        wet = follows_the_color(dry)
        assert metrics.snr_db(wet, found(dry)) > metrics.snr_db(wet, dry) + 6


def test_linear_ridge_is_the_normal_equations(clips):
    pairs = eqlib.pair(clips, follows_the_color)
    found = Ridge.fitted(pairs, penalty=2.0)
    x = np.array([levels_db(dry, sample_rate=RATE) for dry in pairs.dry])
    y = np.array(
        [curve_db(*both, sample_rate=RATE) for both in zip(pairs.dry, pairs.wet, strict=True)]
    )
    x = (x - x.mean(0)) / (x.std(0) + 1e-3)
    slopes = linalg.lstsq(
        np.vstack([x, np.sqrt(2) * np.eye(21)]), np.vstack([y - y.mean(0)] + [np.zeros((21, 25))])
    )[0]
    for i in (0, 11):
        expected = (y.mean(0) + x[i] @ slopes).clip(-24, 24)
        np.testing.assert_allclose(found.curve_db(pairs.dry[i]), expected, atol=1e-6)


def test_a_kernel_finds_what_is_not_linear(clips):
    def doubts(audio):
        """Boosts highs only of what is neither dark nor bright."""
        own_db = levels_db(audio, sample_rate=RATE)
        tilt_db = own_db[:7].mean() - own_db[-7:].mean()
        gain_db = 12 * np.exp(-(((tilt_db - 8) / 8) ** 2))
        return EQ.high_shelf(cutoff_hz=800, gain_db=gain_db)(audio)

    pairs = eqlib.pair(clips[::2], doubts)
    rivals = Ridge.fitted(pairs, penalty=0.1), Ridge.fitted(pairs, penalty=1e-3, width=4.0)
    means = [
        np.mean([metrics.snr_db(doubts(dry), rival(dry)) for dry in clips[1::2]])
        for rival in rivals
    ]
    assert means[1] > means[0] + 2


def test_a_match_takes_every_recording_to_the_average(clips):
    clips = clips[10:20]  # whose slopes differ by less than a curve may rise
    pairs = eqlib.pair(clips, lambda x: x)
    whole, half = Match.fitted(pairs), Match.fitted(pairs, share=0.5)

    def shape_db(audio):
        """Above 200 Hz, where a piece's leakage is small beside these slopes."""
        f, power = signal.welch(audio, RATE, nperseg=4_096)
        centers = [of for of in CURVE_HZ if of > 200]
        edges = [(f >= of / 2 ** (1 / 6)) & (f < of * 2 ** (1 / 6)) for of in centers]
        return np.array([10 * np.log10(power[inside].sum()) for inside in edges])

    average = np.mean([shape_db(dry) - shape_db(dry).mean() for dry in clips], 0)
    for dry in clips[::3]:
        rms = []
        for output in (dry, half(dry), whole(dry)):
            after = shape_db(output)
            rms.append(float(np.std(after - average)))
        assert rms[2] < 1
        assert rms[1] == pytest.approx(rms[0] / 2, abs=0.6)


def test_mistakes_are_told(clips):
    pairs = eqlib.pair(clips, SHELF)
    with pytest.raises(EqlibError, match="penalty is 0"):
        Ridge.fitted(pairs, penalty=0.0)
    with pytest.raises(EqlibError, match="width is -1"):
        Ridge.fitted(pairs, penalty=1.0, width=-1.0)
    with pytest.raises(EqlibError, match="silent"):
        curve_db(np.zeros(2_000), np.zeros(2_000), sample_rate=RATE)
