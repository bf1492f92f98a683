"""What a network should be measured against: the filter that a linear solver finds in no time.

An EQ is linear and time-invariant, so its best imitation by a FIR filter is a least-squares
problem with one solution. No gradient descent, and 127 numbers instead of 561,473.

Chapters: the tour (book/tour.ipynb), "When not to use a network".
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, linalg

from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_type

NOISE = 1e-12  # -120 dB, as power
"""What `least_squares_fir` adds to the recordings' power, so that silence between the notes'
partials, or above a lowpass, leaves no tap undecided."""


def least_squares_fir(pairs: Pairs, *, taps: int = 127) -> EQ:
    """The FIR filter that comes closest to the effect: least squares over all recordings.

    It minimizes sum_n (wet[n] - sum_k h[k] dry[n - k])^2 for lags k from -(taps - 1) / 2 to
    (taps - 1) / 2, where n runs over every clip's samples and dry is silent outside of them.
    That is a linear problem: its solution solves the normal equations R h = p, with R the
    autocorrelation of the dry recordings and p their cross-correlation with the wet ones.

    Notes leave much of the spectrum nearly empty. On the package's piano notes R has a condition
    number of 2e9 at 127 taps, which float64 solves without help. Audio whose spectrum has gaps
    goes far beyond, so as much is added to the diagonal as white noise 120 dB below the dry
    recordings would add; on the piano notes it changes no result by 0.01 dB.

    Args:
        pairs: the recordings to learn from.
        taps: odd, 3 or more. 127 is the reach of the network: two 'same' convolutions of 64.

    Returns:
        An equalizer of one stage, its taps, at the recordings' sample rate, centered on time zero.

    Raises:
        EqlibError: for an even number of taps, or fewer than 3.
    """
    check_type("pairs", pairs, Pairs)
    cure = "Choose an odd number; 127 reaches as far as the network."
    taps = check_integer("taps", taps, at_least=3, cure=cure)
    if taps % 2 == 0:
        raise EqlibError(f"taps is {taps}", "an odd number, so that lag 0 is in the middle", cure)
    reach = taps // 2
    auto, cross, outside = np.zeros(taps), np.zeros(taps), np.zeros((taps, taps))
    for dry, wet in zip(pairs.dry, pairs.wet, strict=True):
        x, y = dry.astype(np.float64), wet.astype(np.float64)
        size = fft.next_fast_len(len(x) + taps, real=True)
        X, Y = fft.rfft(x, size), fft.rfft(y, size)
        auto += fft.irfft(X * X.conj(), size)[:taps]
        cross += np.roll(fft.irfft(Y * X.conj(), size), reach)[:taps]
        # The autocorrelation also counts outputs before and after the clip, which the wet
        # recording does not have: each is a row of dry samples, taken out again here.
        rows = sliding_window_view(np.pad(x, taps - 1), taps)[:, ::-1]
        rows = np.concatenate([rows[:reach], rows[-reach:]])
        outside += rows.T @ rows
    R = linalg.toeplitz(auto) - outside + NOISE * auto[0] * np.eye(taps)
    h = linalg.solve(R, cross, assume_a="pos")
    return EQ.from_taps(h, advance_samples=reach, sample_rate=pairs.dry.sample_rate)
