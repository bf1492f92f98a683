"""A causal least-squares filter of thousands of taps, for what rings as long as a room.

`least_squares_fir` takes every clip's missing samples out of the normal equations by a matrix
product, whose cost grows with the cube of the taps. For a causal filter the same correction obeys a
recursion along the diagonals, for all clips at once.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

import numpy as np

from eqlib.baselines.least_squares import NOISE
from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.errors import check_integer, checked
from eqlib.scipy_later import fft, linalg


@checked
def long_fir(pairs: Pairs, *, taps: int = 2_401) -> EQ:
    """What ``least_squares_fir(pairs, taps=taps, advance_samples=0, weighting="clips")`` finds.

    Outputs after a clip's end are not in the recording, and must not count. Their part of R,
    G[i, j] = sum over n >= L of x[n - i] x[n - j] for a clip x of L samples, follows from

        G[i + 1, j + 1] = G[i, j] + x[L - 1 - i] x[L - 1 - j],   G[0, j] = G[i, 0] = 0.

    Args:
        pairs: the recordings to learn from.
        taps: how many, at least 3.

    Returns:
        An equalizer of one stage, its taps, at the recordings' sample rate.

    Raises:
        EqlibError: for fewer taps.
    """
    taps = check_integer("taps", taps, at_least=3, cure="Use 2_401: 150 ms at 16 kHz.")
    lags, p, ends = np.zeros(taps), np.zeros(taps), []
    for dry, wet in zip(pairs.dry, pairs.wet, strict=True):
        x, y = dry.astype(np.float64), wet.astype(np.float64)
        weight = 1 / (y @ y)
        size = fft.next_fast_len(len(x) + taps, real=True)
        X, Y = fft.rfft(x, size), fft.rfft(y, size)
        lags += weight * fft.irfft(X * X.conj(), size)[:taps]
        p += weight * fft.irfft(Y * X.conj(), size)[:taps]
        end = np.zeros(taps)
        last = x[::-1][:taps]
        end[: len(last)] = np.sqrt(weight) * last
        ends.append(end)
    stacked = np.array(ends)
    steps = stacked.T @ stacked
    R = linalg.toeplitz(lags)
    outside = np.zeros(taps)
    for i in range(1, taps):
        outside[1:] = outside[:-1] + steps[i - 1, :-1]
        outside[0] = 0.0
        R[i] -= outside
    R += NOISE * R.diagonal().max() * np.eye(taps)
    h = linalg.solve(R, p, assume_a="sym")
    return EQ.from_taps(h, advance_samples=0, sample_rate=pairs.dry.sample_rate)
