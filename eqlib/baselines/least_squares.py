"""What a network should be measured against: the filter that a linear solver finds in no time.

An EQ is linear and time-invariant, so its best imitation by a FIR filter is a least-squares
problem with one solution. No gradient descent, and 127 numbers instead of 561,473.

Chapters: the tour (book/tour.ipynb), "When not to use a network".
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_type
from eqlib.scipy_later import fft, linalg

Weighting: TypeAlias = Literal["energy", "clips"]
"""What a clip counts in a fit: as much as it is loud, or as much as any other."""

NOISE = 1e-12  # -120 dB, as power
"""What `least_squares_fir` adds to the recordings' power, so that silence between the notes'
partials, or above a lowpass, leaves no tap undecided."""


def least_squares_fir(
    pairs: Pairs,
    *,
    taps: int = 127,
    advance_samples: int | None = None,
    weighting: Weighting = "energy",
) -> EQ:
    """The FIR filter that comes closest to the effect: least squares over all recordings.

    It minimizes sum_n (wet[n] - sum_k h[k] dry[n - k])^2 for lags k from -advance_samples to
    taps - 1 - advance_samples, where n runs over every clip's samples and dry is silent outside of
    them. That is a linear problem: its solution solves the normal equations R h = p, with R the
    autocorrelation of the dry recordings and p their cross-correlation with the wet ones.

    Notes leave much of the spectrum nearly empty. On the package's piano notes R has a condition
    number of 2e9 at 127 taps, which float64 solves without help. Audio whose spectrum has gaps
    goes far beyond, so as much is added to the diagonal as white noise 120 dB below the dry
    recordings would add; on the piano notes it changes no result by 0.01 dB.

    Args:
        pairs: the recordings to learn from.
        taps: how many. 127 is the reach of the network: two 'same' convolutions of 64.
        advance_samples: how many of the taps look ahead. By default half of them, as in the
            network, and then their number has to be odd; 0 spends none on a future that an
            analog or recursive equalizer does not know.
        weighting: "energy" sums the errors as they are, so that loud clips count most; "clips"
            divides each clip's by its target's energy, so that all count alike, as they do in a
            mean of SNRs and, frame by frame, in the network's normalized loss.

    Returns:
        An equalizer of one stage, its taps, at the recordings' sample rate.

    Raises:
        EqlibError: for fewer than 3 taps, an even number of them around time zero, an advance
            that is not among the taps, or another weighting.
    """
    check_type("pairs", pairs, Pairs)
    cure = "Choose an odd number; 127 reaches as far as the network."
    taps = check_integer("taps", taps, at_least=3, cure=cure)
    if advance_samples is None:
        if taps % 2 == 0:
            raise EqlibError(
                f"taps is {taps}", "an odd number, so that lag 0 is in the middle", cure
            )
        advance_samples = taps // 2
    cure = "Choose 0 for a causal filter, or leave it out."
    advance = check_integer("advance_samples", advance_samples, at_least=0, cure=cure)
    if advance >= taps:
        raise EqlibError(f"advance_samples is {advance}", f"at most taps - 1, {taps - 1}", cure)
    check_type("weighting", weighting, Weighting)

    R, p = np.zeros((taps, taps)), np.zeros(taps)
    for dry, wet in zip(pairs.dry, pairs.wet, strict=True):
        x, y = dry.astype(np.float64), wet.astype(np.float64)
        size = fft.next_fast_len(len(x) + taps, real=True)
        X, Y = fft.rfft(x, size), fft.rfft(y, size)
        # The autocorrelation also counts outputs before and after the clip, which the wet
        # recording does not have: each is a row of dry samples, taken out again here.
        rows = sliding_window_view(np.pad(x, taps - 1), taps)[:, ::-1]
        outside = np.concatenate([rows[:advance], rows[len(x) + advance :]])
        weight = 1 / (y @ y) if weighting == "clips" else 1.0
        R += weight * linalg.toeplitz(fft.irfft(X * X.conj(), size)[:taps])
        R -= weight * outside.T @ outside
        p += weight * np.roll(fft.irfft(Y * X.conj(), size), advance)[:taps]
    R += NOISE * R.diagonal().max() * np.eye(taps)
    h = linalg.solve(R, p, assume_a="pos")
    return EQ.from_taps(h, advance_samples=advance, sample_rate=pairs.dry.sample_rate)
