"""The least-squares filter against numpy's solver on the whole convolution matrix."""

from __future__ import annotations

import numpy as np
import pytest

from eqlib import EQ, EqlibError, data, metrics
from eqlib.baselines import least_squares_fir
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE

FS = 16_000
# A filter that is neither symmetric nor causal: lags -4 to 4.
KNOWN = np.array([0.5, -0.25, 0, 0.125, 1, 0.75, -0.5, 0, 0.25])


def taps_of(found: EQ) -> np.ndarray:
    (stage,) = found.stages
    return np.array(stage.taps)


def clips(*lengths: int, seed: int = 0, sample_rate: int = FS) -> Clips:
    """White noise of 10 bits, so that KNOWN's products with it are exact in float32."""
    rng = np.random.default_rng(seed)
    noise = [rng.integers(-512, 512, length) / 1024 for length in lengths]
    return Clips.from_arrays(noise, sample_rate=sample_rate)


def convolution_matrix(x: np.ndarray, taps: int, advance: int) -> np.ndarray:
    """[n, i] = x[n - k] with the lag k = i - advance, and zero outside of the clip."""
    matrix = np.zeros((len(x), taps))
    for n in range(len(x)):
        for i in range(taps):
            if 0 <= n - (i - advance) < len(x):
                matrix[n, i] = x[n - (i - advance)]
    return matrix


@pytest.mark.parametrize("weighting", ["energy", "clips"])
@pytest.mark.parametrize(
    ("taps", "advance"), [(3, None), (9, None), (31, None), (31, 0), (8, 0), (9, 8), (10, 3)]
)
@pytest.mark.parametrize("lengths", [(300,), (80, 200, 5, 31, 150)])
def test_it_is_the_least_squares_solution(taps, advance, weighting, lengths):
    dry = clips(*lengths)
    wet = Clips.from_arrays(
        [clip + 0.3 * noise for clip, noise in zip(dry, clips(*lengths, seed=1), strict=True)],
        sample_rate=FS,
    )
    ahead = taps // 2 if advance is None else advance
    matrices = [convolution_matrix(clip, taps, ahead) for clip in dry]
    goals = [clip.astype(float) for clip in wet]
    if weighting == "clips":
        matrices = [m / np.linalg.norm(goal) for m, goal in zip(matrices, goals, strict=True)]
        goals = [goal / np.linalg.norm(goal) for goal in goals]
    expected = np.linalg.lstsq(np.concatenate(matrices), np.concatenate(goals))[0]
    found = least_squares_fir(
        Pairs(dry, wet), taps=taps, advance_samples=advance, weighting=weighting
    )
    assert np.abs(taps_of(found) - expected).max() < 1e-8
    assert (found.stages[0].advance_samples, found.sample_rate) == (ahead, FS)


@pytest.mark.parametrize("taps", [9, 15, 127])
def test_a_known_filter_is_recovered_at_its_place(taps):
    effect = EQ.from_taps(KNOWN, advance_samples=4, sample_rate=44_100)
    pairs = pair(clips(700, 300, 900, sample_rate=44_100), effect)
    found = least_squares_fir(pairs, taps=taps)
    expected = np.pad(KNOWN, (taps - 9) // 2)
    assert np.abs(taps_of(found) - expected).max() < 1e-9
    assert found.sample_rate == 44_100


@pytest.mark.parametrize("shift", [-3, 0, 5])
def test_a_delay_or_an_advance_is_one_tap_away_from_the_middle(shift):
    def shifted(x):
        return np.roll(np.pad(x, 8), shift)[8:-8]

    found = least_squares_fir(pair(clips(400, 400), shifted), taps=11)
    assert np.abs(taps_of(found) - np.eye(11)[5 + shift]).max() < 1e-9


# Measured: 83.3, 46.7, 73.7 and 79.9 dB. The true impulse response, cut to the taps from time
# zero on, reaches 78.2, 44.0, 70.5 and 80.5 dB on the same notes.
@pytest.mark.parametrize(
    ("name", "least_db"),
    [("low-shelf", 83), ("peaking", 46.5), ("highpass", 73.5), ("lowpass", 79.5)],
)
def test_on_unseen_piano_notes_it_is_nearly_exact(name, least_db):
    notes = data.load(instrument="piano", split="train")
    pairs, eq = pair(notes, REFERENCE[name]), REFERENCE[name]
    found = least_squares_fir(pairs)
    assert found.parameters == 127 and found.stages[0].advance_samples == 63
    unseen = [clip.astype(np.float64) for clip in data.load(instrument="piano", split="test")]
    assert np.mean([metrics.snr_db(eq(clip), found(clip)) for clip in unseen]) > least_db
    # On the notes it was made of, no other filter of its length is better in sum.
    cut = EQ.from_taps(np.r_[np.zeros(63), eq.impulse_response(64)], advance_samples=63)
    both = list(zip(notes, pairs.wet, strict=True))
    errors = [
        sum(np.sum((filt(dry.astype(float)) - wet) ** 2) for dry, wet in both)
        for filt in (found, cut)
    ]
    assert errors[0] < 0.9 * errors[1]


def test_a_spectrum_with_gaps_leaves_no_tap_undecided():
    # Lowpassed until float32 has nothing left above 2 kHz: without help the solver gives up.
    lowpass = sum([EQ.lowpass(cutoff_hz=300)] * 8, EQ.flat())
    dry = clips(8000).map(lambda x: np.float32(lowpass(x.astype(np.float64))))
    pairs = pair(dry, REFERENCE["peaking"])
    found = least_squares_fir(pairs)
    assert np.abs(taps_of(found)).max() < 2
    assert metrics.snr_db(pairs.wet[0], found(dry[0])) > 90


@pytest.mark.parametrize("taps", [128, 2, 1, -127, 127.0, True])
def test_even_or_too_few_taps_are_refused(taps):
    with pytest.raises(EqlibError, match=f"taps is {taps}.*odd number; 127"):
        least_squares_fir(pair(clips(400), EQ.flat()), taps=taps)


def test_a_causal_filter_spends_no_tap_on_the_future():
    notes = data.load(instrument="piano", split="train")
    eq = REFERENCE["peaking"]
    pairs = pair(notes, eq)
    unseen = list(data.load(instrument="piano", split="test"))

    def mean_snr_db(filt):
        return np.mean([metrics.snr_db(eq(clip), filt(clip)) for clip in unseen])

    causal = least_squares_fir(pairs, advance_samples=0)
    assert mean_snr_db(causal) > mean_snr_db(least_squares_fir(pairs)) + 30


@pytest.mark.parametrize("advance", [-1, 9, 2.5, True])
def test_an_advance_that_is_not_among_the_taps_is_refused(advance):
    with pytest.raises(EqlibError, match="advance_samples is"):
        least_squares_fir(pair(clips(400), EQ.flat()), taps=9, advance_samples=advance)


def test_another_weighting_is_refused():
    with pytest.raises(EqlibError, match="weighting is 'loud'"):
        least_squares_fir(pair(clips(400), EQ.flat()), taps=9, weighting="loud")
