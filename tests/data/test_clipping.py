"""What is called clipped, against sounds made clipped and made not clipped."""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.ndimage import binary_opening

from eqlib import data
from eqlib.data.clipping import FEWEST, clipped_samples
from eqlib.equalizers.targets import REFERENCE

FS = 16_000
NOISE = 10 ** (-88 / 20)
CLIPPED_DB = (0.5, 1, 2, 3, 6, 9, 12)
# (bits, dithered); None is floating point.
DEPTHS = [(None, False)] + [(bits, d) for bits in (8, 12, 16, 20, 24) for d in (False, True)]
# Musical, round and odd frequencies, some of which the sample rate is a multiple of.
HZ = (30, 50, 82.41, 110, 220, 622.25, 1_000, 1_234.5, 2_489, 3_917, 4_000)
LEVELS_DB = (0, -12, -30, -50, -60, -70)


def sine(hz, level_db, depth, clip_db=0.0, *, later=False, rng):
    """Half a second, clipped before it is quantized; `later` is a new level and noise after it."""
    bits, dithered = depth
    amplitude = 10 ** (level_db / 20) * (1 - 3 / 2 ** (bits - 1) if bits else 1)
    x = amplitude * np.sin(2 * np.pi * (hz / FS * np.arange(FS // 2) + rng.random()))
    limit = amplitude * 10 ** (-clip_db / 20)
    x = np.clip(x, -limit, limit)
    step = 2.0 ** (1 - bits) if bits else 0.0
    if bits:
        dither = rng.random(len(x)) - rng.random(len(x)) if dithered else 0
        x = np.round(x / step + dither) * step
    x = 0.98 * x + NOISE * rng.standard_normal(len(x)) if later else x
    noise = np.hypot(step * (0.5 if dithered else 12**-0.5), NOISE if later else 0)
    return x.astype(np.float32), limit, noise


def repeats_after(hz: float) -> int:
    """The number of samples after which a sine comes to the same samples again."""
    return (Fraction(hz).limit_denominator(100) / FS).denominator


def at_a_limit(x: np.ndarray, limit: float) -> int:
    """The most samples beyond one side of the limit that stand three or more in a row."""
    return max(int(binary_opening(side >= limit, np.ones(3)).sum()) for side in (x, -x))


@pytest.mark.parametrize(
    ("hz", "level_db"), [(50, -30), (40, -30), (55, -30), (110, -50), (220, -60)]
)
def test_a_quiet_sine_in_16_bits_is_not_clipped(hz, level_db):
    rng = np.random.default_rng(0)
    assert clipped_samples(sine(hz, level_db, (16, False), rng=rng)[0]) == 0


def test_a_target_clipped_at_1_and_then_changed_in_level_with_noise_is_found():
    rng = np.random.default_rng(0)
    x = np.clip(2 * np.sin(2 * np.pi * 220 / FS * np.arange(FS)), -1, 1)
    noisy = 0.98 * x + NOISE * rng.standard_normal(FS)
    # Two thirds of a sine lie beyond half its peak.
    assert clipped_samples(noisy.astype(np.float32)) == pytest.approx(2 * FS / 3, rel=0.02)


@pytest.mark.parametrize("later", [False, True], ids=["as it is", "new level and noise"])
def test_sines_that_are_clipped_and_sines_that_are_not(later):
    rng = np.random.default_rng(1)
    refused, missed, intact, decidable = [], [], 0, 0
    for case in itertools.product(HZ, LEVELS_DB, DEPTHS):
        x, *_ = sine(*case, later=later, rng=rng)
        intact += 1
        refused += [case] * (clipped_samples(x) > 0)
        for clip_db in (0.5, 1, 3, 6, 12):
            x, limit, noise = sine(*case, clip_db, later=later, rng=rng)
            if limit >= 128 * noise and repeats_after(case[0]) >= 64:  # as its docstring says
                decidable += 1
                missed += [(*case, clip_db)] * (clipped_samples(x) == 0)
    assert intact == 726 and decidable > 1_000
    assert len(refused) <= 0.01 * intact, refused
    assert len(missed) <= 0.01 * decidable, missed


@functools.cache
def recordings():
    return list(data.load(kind=None))


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: -x,
        lambda x: REFERENCE["low-shelf"](x),
        lambda x: np.round(x * 128) / 128,
        lambda x: np.round(x * 0.01 * 2**15) / 2**15,
        lambda x: 0.98 * x + NOISE * np.random.default_rng(0).standard_normal(len(x)),
        lambda x: np.tanh(3 * x),
        lambda x: np.repeat(x[::8], 8),
    ],
    ids=["as is", "turned over", "shelf", "8 bit", "-46 dBFS in 16 bit", "noise", "tanh", "held"],
)
def test_no_recording_is_clipped(change):
    found = [clipped_samples(change(x).astype(np.float32)) for x in recordings()]
    assert not any(found)


@pytest.mark.parametrize("change", ["as it is", "16 bit", "new level and noise"])
def test_recordings_clipped_below_their_own_peak_are_found(change):
    rng = np.random.default_rng(0)
    missed, decidable = [], dict.fromkeys(CLIPPED_DB, 0)
    # Noise of -88 dBFS hides a limit that holds few samples.
    fewest = 4 * FEWEST if change == "new level and noise" else FEWEST
    for clip_db in CLIPPED_DB:
        for i, x in enumerate(recordings()[::2]):
            limit = np.abs(x).max() * 10 ** (-clip_db / 20)
            if np.count_nonzero(np.abs(x) >= limit) < fewest or at_a_limit(x, limit) < fewest:
                continue
            y = np.clip(x, -limit, limit)
            if change == "16 bit":
                y = np.round(y * 2**15) / 2**15
            elif change == "new level and noise":
                y = 0.98 * y + NOISE * rng.standard_normal(len(y))
            decidable[clip_db] += 1
            missed += [(clip_db, i)] * (clipped_samples(y.astype(np.float32)) == 0)
    assert all(count > 50 for clip_db, count in decidable.items() if clip_db >= 3)
    assert len(missed) <= 0.01 * sum(decidable.values()), (missed, decidable)


@pytest.mark.parametrize("bits", [None, 16])
def test_a_sine_of_1000_hz_clipped_by_6_db_is_found_at_any_phase(bits):
    rng = np.random.default_rng(2)
    for _ in range(20):
        assert clipped_samples(sine(1_000, -6, (bits, False), 6, rng=rng)[0])


def test_what_it_cannot_tell_passes_as_its_docstring_says():
    t = np.arange(FS) / FS
    square = 0.5 * np.sign(np.sin(2 * np.pi * 100.3 * t))
    few_steps = np.round(5 * np.clip(np.sin(2 * np.pi * 100.3 * t), -0.7, 0.7)) / 2**15
    soft = np.tanh(4 * np.sin(2 * np.pi * 100.3 * t))
    for x in (square, few_steps, soft):
        assert clipped_samples(x.astype(np.float32)) == 0
    # A soft limiter driven so hard that floating point does not see its curve rise.
    assert clipped_samples(np.tanh(40 * np.sin(2 * np.pi * 100.3 * t)).astype(np.float32))


def test_a_limit_on_one_side_is_enough():
    x = 0.4 * np.sin(2 * np.pi * 97.3 / FS * np.arange(FS))
    for sign in (1, -1):
        assert clipped_samples((sign * np.minimum(x, 0.3)).astype(np.float32))


def test_a_limiter_that_looks_ahead_is_no_clipping():
    """It brings every crest to the same height, and leaves its shape."""
    rng = np.random.default_rng(0)
    crests = np.sin(np.pi * np.arange(40) / 40) * rng.uniform(0.2, 1, (400, 1))
    crests *= 0.5 / np.maximum(crests.max(axis=1, keepdims=True), 0.5)
    x = (crests * np.where(np.arange(400) % 2, -1, 1)[:, None]).ravel().astype(np.float32)
    assert np.count_nonzero(x == 0.5) > 100
    assert clipped_samples(x) == 0
