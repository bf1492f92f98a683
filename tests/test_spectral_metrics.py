"""The metrics of spectra against torch.stft, plain loops, and cases whose result is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from eqlib import EqlibError
from eqlib.spectral_metrics import (
    gain_error_db,
    log_spectral_distance_db,
    multi_resolution_stft_error,
)


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((2, 6_000)) / 10


def stft(row, size):
    """Magnitudes (frames, bins), by torch."""
    options = {"hop_length": size // 4, "center": False, "return_complex": True}
    window = torch.hann_window(size, dtype=torch.float64)
    return torch.stft(torch.from_numpy(row), size, window=window, **options).abs().T.numpy()


def test_multi_resolution_stft_error(noise):
    target, output = noise, 0.8 * noise + noise[::-1] / 4
    found = multi_resolution_stft_error(target, output, sizes=(256, 1024))
    assert found.shape == (2,)
    for t, y, error in zip(target, output, found, strict=True):
        expected = 0.0
        for size in (256, 1024):
            T, Y = stft(t, size), stft(y, size)
            floor, logs = 1e-4 * T.max(), []
            for a, b in zip(T.ravel(), Y.ravel(), strict=True):
                logs.append(abs(math.log(max(a, floor) / max(b, floor))))
            convergence = math.sqrt(((T - Y) ** 2).sum() / (T**2).sum())
            expected += (convergence + sum(logs) / len(logs)) / 2
        assert error == pytest.approx(expected, rel=1e-9)


def test_a_gain_alone_is_known_in_advance(noise):
    # |Y| = 2 |T|: convergence 1, logarithms log 2, and 6.02 dB, for every window.
    twice = multi_resolution_stft_error(noise, 2 * noise)
    np.testing.assert_allclose(twice, 1 + math.log(2), rtol=1e-3)
    distance_db = log_spectral_distance_db(noise, 2 * noise)
    np.testing.assert_allclose(distance_db, 20 * math.log10(2), rtol=1e-3)


def test_equal_sounds_and_upside_down_ones_are_not_apart(noise):
    for output in (noise, -noise):
        assert not multi_resolution_stft_error(noise, output).any()
        assert not log_spectral_distance_db(noise, output).any()


def test_neither_depends_on_the_level_of_both(noise):
    output = noise + noise[::-1] / 2
    for metric in (multi_resolution_stft_error, log_spectral_distance_db):
        np.testing.assert_allclose(metric(noise / 8, output / 8), metric(noise, output))


def test_log_spectral_distance(noise):
    target, output = noise.copy(), noise + 0.3 * noise[::-1]
    target[:, 3_000:] = 0  # silence, whose frames do not count
    for t, y in zip(target, output, strict=True):
        T, Y = stft(t, 512), stft(y, 512)
        floor, frames = 10 ** (-40 / 20) * T.max(), []
        for a, b in zip(T, Y, strict=True):
            if max(a) <= floor:
                continue
            pairs = zip(np.maximum(a, floor), np.maximum(b, floor), strict=True)
            squares = [(20 * math.log10(p / q)) ** 2 for p, q in pairs]
            frames.append(math.sqrt(sum(squares) / len(squares)))
        assert 10 < len(frames) < len(T) - 10
        found = log_spectral_distance_db(t, y, size=512, floor_db=-40)
        assert float(found) == pytest.approx(sum(frames) / len(frames), rel=1e-9)


def test_one_clip_gives_one_number(noise):
    assert multi_resolution_stft_error(noise[0], noise[1]).shape == ()
    assert log_spectral_distance_db(noise[0], noise[1]).shape == ()


@pytest.mark.parametrize("metric", [multi_resolution_stft_error, log_spectral_distance_db])
def test_what_cannot_be_judged_is_told(metric, noise):
    with pytest.raises(EqlibError, match="target is silent"):
        metric(np.zeros_like(noise), noise)
    with pytest.raises(EqlibError, match="the same number of clips and samples"):
        metric(noise, noise[:, :-1])
    with pytest.raises(EqlibError, match="at least"):
        metric(noise[:, :900], noise[:, :900])


def test_the_gain_of_each_block_is_compared(noise):
    """Oracle: known gains, in blocks of whole milliseconds."""
    dry = np.repeat(noise[:, :1], 3_200, -1)  # of one level, so that blocks are alike
    gains_db = np.repeat([0.0, -6.0, -12.0, 3.0], 800)
    target = dry * 10 ** (gains_db / 20)
    output = dry * 10 ** (np.repeat([-1.0, -6.0, -10.0, 3.0], 800) / 20)
    found = gain_error_db(dry, target, output, sample_rate=16_000, block_ms=25)
    np.testing.assert_allclose(found, 3 / 4, rtol=1e-9)
    dry[:, 1_600:] *= 1e-4  # softer than the floor: only the first two gains count
    target[:, 1_600:] *= 1e-4
    found = gain_error_db(dry, target, output, sample_rate=16_000, block_ms=25)
    np.testing.assert_allclose(found, 1 / 2, rtol=1e-9)
    with pytest.raises(EqlibError, match="dry is silent"):
        gain_error_db(0 * dry, target, output, sample_rate=16_000)
    with pytest.raises(EqlibError, match="dry holds 2 samples that are NaN"):
        gain_error_db(
            np.where(np.arange(3_200) == 9, np.nan, dry), target, output, sample_rate=16_000
        )
    with pytest.raises(EqlibError, match="and output"):
        gain_error_db(dry, target, output[:, :-1], sample_rate=16_000)
    with pytest.raises(EqlibError, match="block_ms is 0"):
        gain_error_db(dry, target, output, sample_rate=16_000, block_ms=0)


def test_sizes_are_checked(noise):
    with pytest.raises(EqlibError, match="multiple of 4"):
        log_spectral_distance_db(noise, noise, size=1001)
    with pytest.raises(EqlibError, match="sizes is empty"):
        multi_resolution_stft_error(noise, noise, sizes=())
