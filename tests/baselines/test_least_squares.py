"""The least-squares filter against numpy's solver on the whole convolution matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eqlib import EQ, EqlibError, data, metrics
from eqlib.baselines import least_squares_fir
from eqlib.baselines.least_squares import FIRFilter
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE

FS = 16_000
# A filter that is neither symmetric nor causal: lags -4 to 4.
KNOWN = np.array([0.5, -0.25, 0, 0.125, 1, 0.75, -0.5, 0, 0.25])


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
    assert np.abs(found.taps - expected).max() < 1e-8
    assert (found.advance, found.sample_rate) == (taps // 2, FS)


@pytest.mark.parametrize("taps", [9, 15, 127])
def test_a_known_filter_is_recovered_at_its_place(taps):
    effect = FIRFilter(KNOWN, advance=4, sample_rate=44_100)
    pairs = pair(clips(700, 300, 900, sample_rate=44_100), effect)
    found = least_squares_fir(pairs, taps=taps)
    expected = np.pad(KNOWN, (taps - 9) // 2)
    assert np.abs(found.taps - expected).max() < 1e-9
    assert found.sample_rate == 44_100


@pytest.mark.parametrize("shift", [-3, 0, 5])
def test_a_delay_or_an_advance_is_one_tap_away_from_the_middle(shift):
    def shifted(x):
        return np.roll(np.pad(x, ((0, 0), (8, 8))), shift, axis=-1)[:, 8:-8]

    found = least_squares_fir(pair(clips(400, 400), shifted), taps=11)
    assert np.abs(found.taps - np.eye(11)[5 + shift]).max() < 1e-9


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
    assert found.taps.shape == (127,) and found.advance == 63
    unseen = data.load(instrument="piano", split="test").audio.astype(np.float64)
    assert metrics.snr_db(eq(unseen), found(unseen)).mean() > least_db
    # On the notes it was made of, no other filter of its length is better in sum.
    cut = FIRFilter(np.r_[np.zeros(63), eq.impulse_response(64)], advance=63)
    wet = pairs.wet.audio
    errors = [np.sum((filt(notes.audio.astype(float)) - wet) ** 2) for filt in (found, cut)]
    assert errors[0] < 0.9 * errors[1]


def test_a_spectrum_with_gaps_leaves_no_tap_undecided():
    # Lowpassed until float32 has nothing left above 2 kHz: without help the solver gives up.
    lowpass = sum([EQ.lowpass(cutoff_hz=300)] * 8, EQ.flat())
    dry = clips(8000).map(lambda x: np.float32(lowpass(x.astype(np.float64))))
    pairs = pair(dry, REFERENCE["peaking"])
    found = least_squares_fir(pairs)
    assert np.abs(found.taps).max() < 2
    assert metrics.snr_db(pairs.wet.audio, found(dry.audio)).mean() > 90


@pytest.mark.parametrize("taps", [128, 2, 1, -127, 127.0, True])
def test_even_or_too_few_taps_are_refused(taps):
    with pytest.raises(EqlibError, match=f"taps is {taps}.*odd number; 127"):
        least_squares_fir(pair(clips(400), EQ.flat()), taps=taps)


# FIRFilter


@pytest.mark.parametrize("advance", [0, 4, 8, 20])
def test_a_filter_is_a_convolution_of_each_clip(advance):
    x = np.random.default_rng(0).standard_normal((2, 3, 100))
    y = FIRFilter(KNOWN, advance=advance)(x)
    for i, j in np.ndindex(2, 3):
        full = np.pad(np.convolve(x[i, j], KNOWN), (0, 100))
        assert np.abs(y[i, j] - full[advance : advance + 100]).max() < 1e-12
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        clip = torch.from_numpy(x).to(dtype)
        expected = torch.from_numpy(FIRFilter(KNOWN, advance=advance)(clip.double().numpy()))
        wet = FIRFilter(KNOWN, advance=advance)(clip)
        assert wet.dtype == dtype and torch.equal(wet, expected.to(dtype))
    single = FIRFilter(KNOWN, advance=advance)(x.astype(np.float32))
    assert single.dtype == np.float32 and np.abs(single - y).max() < 1e-6


@pytest.mark.parametrize("advance", [0, 4])
def test_its_response_is_the_sum_over_its_taps(advance):
    f = np.linspace(0, 8000, 12).reshape(3, 4)
    expected = np.zeros((3, 4), complex)
    for i, tap in enumerate(KNOWN):
        expected += tap * np.exp(-2j * np.pi * f / FS * (i - advance))
    response = FIRFilter(KNOWN, advance=advance).response(f)
    assert response.shape == (3, 4) and np.abs(response - expected).max() < 1e-12
    assert FIRFilter(KNOWN).response(1000).shape == ()


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: FIRFilter(KNOWN.reshape(3, 3)), r"taps has shape \(3, 3\)"),
        (lambda: FIRFilter(np.array([])), r"taps has shape \(0,\)"),
        (lambda: FIRFilter(KNOWN * np.nan), "taps holds 9 samples that are NaN"),
        (lambda: FIRFilter(KNOWN, advance=-1), "advance is -1"),
        (lambda: FIRFilter(KNOWN, sample_rate=0), "sample_rate is 0"),
        (lambda: FIRFilter(KNOWN)(np.arange(9)), "audio holds int64"),
        (lambda: FIRFilter(KNOWN)([0.5]), "audio is a list"),
        (lambda: FIRFilter(KNOWN)(np.array([np.inf])), "NaN or infinite"),
        (lambda: FIRFilter(KNOWN).response(np.nan), "frequencies_hz is nan"),
        (lambda: pair(clips(99), FIRFilter(KNOWN, sample_rate=8000)), "8000 Hz"),
    ],
)
def test_what_cannot_be_filtered_is_refused(mistake, message):
    with pytest.raises(EqlibError, match=message):
        mistake()
