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


def convolution_matrix(x: np.ndarray, taps: int) -> np.ndarray:
    """[n, i] = x[n - k] with the lag k = i - reach, and zero outside of the clip."""
    matrix, reach = np.zeros((len(x), taps)), taps // 2
    for n in range(len(x)):
        for i in range(taps):
            if 0 <= n - (i - reach) < len(x):
                matrix[n, i] = x[n - (i - reach)]
    return matrix


@pytest.mark.parametrize("taps", [3, 9, 31])
@pytest.mark.parametrize("lengths", [(300,), (80, 200, 5, 31, 150)])
def test_it_is_the_least_squares_solution(taps, lengths):
    dry = clips(*lengths)
    wet = Clips.from_arrays(
        [clip + 0.3 * noise for clip, noise in zip(dry, clips(*lengths, seed=1), strict=True)],
        sample_rate=FS,
    )
    matrix = np.concatenate([convolution_matrix(clip, taps) for clip in dry])
    expected = np.linalg.lstsq(matrix, np.concatenate(list(wet)).astype(float))[0]
    found = least_squares_fir(Pairs(dry, wet), taps=taps)
    assert np.abs(taps_of(found) - expected).max() < 1e-8
    assert (found.stages[0].advance_samples, found.sample_rate) == (taps // 2, FS)


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
