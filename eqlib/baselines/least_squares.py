"""What a network should be measured against: the filter that a linear solver finds in no time.

An EQ is linear and time-invariant, so its best imitation by a FIR filter is a least-squares
problem with one solution. No gradient descent, and 127 numbers instead of 561,473.

Chapters: the tour (book/tour.ipynb), "When not to use a network".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, linalg, signal

from eqlib.audio import AudioT, check_audio
from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.stage import frequency_response
from eqlib.errors import EqlibError, check_integer

NOISE = 1e-12  # -120 dB, as power
"""What `least_squares_fir` adds to the recordings' power, so that silence between the notes'
partials, or above a lowpass, leaves no tap undecided."""


@dataclass(frozen=True, eq=False)
class FIRFilter:
    """A FIR filter of any taps, applied and examined like an `EQ`.

    Args:
        taps: (taps,) the impulse response, floating point.
        advance: samples by which it begins before time zero.
        sample_rate: in Hz.

    Raises:
        EqlibError: for taps that are not finite, or not in one row, and for numbers that cannot be.
    """

    taps: np.ndarray
    advance: int = 0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        check_audio("taps", np.asarray(self.taps))
        if np.ndim(self.taps) != 1:
            raise EqlibError(
                f"taps has shape {np.shape(self.taps)}", "one row of taps", "Take one filter."
            )
        check_integer("advance", self.advance, at_least=0, cure="Use 0 for a causal filter.")
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Give it in Hz.")

    def __call__(self, audio: AudioT) -> AudioT:
        """The filtered audio, with silence before its first sample and after its last.

        Args:
            audio: (..., samples), floating point, numpy or torch on any device.

        Returns:
            The same kind, dtype, device and shape; computed in float64 by scipy.

        Raises:
            EqlibError: as an `EQ` does, for audio that cannot be filtered.
        """
        audio = EQ.flat(sample_rate=self.sample_rate)(audio)  # an EQ's checks, and a copy
        if isinstance(audio, torch.Tensor):
            return torch.from_numpy(self(audio.cpu().double().numpy())).to(audio)
        edges = [(0, 0)] * (audio.ndim - 1) + [(0, self.advance)]
        y = signal.lfilter(self.taps, 1.0, np.pad(audio.astype(np.float64), edges))
        return y[..., self.advance :].astype(audio.dtype)

    def response(self, frequencies_hz: Any) -> np.ndarray:
        """The complex frequency response at frequencies in Hz, in the shape they are given in.

        Raises:
            EqlibError: for frequencies that are not finite numbers.
        """
        one = EQ.flat(sample_rate=self.sample_rate).response(frequencies_hz)  # an EQ's checks
        f = np.asarray(frequencies_hz, dtype=np.float64)
        advance = np.exp(2j * np.pi * f / self.sample_rate * self.advance)
        return one * advance * frequency_response(self.taps, np.ones(1), f, self.sample_rate)


def least_squares_fir(pairs: Pairs, *, taps: int = 127) -> FIRFilter:
    """The FIR filter that comes closest to the effect: least squares over all recordings.

    It minimizes sum_n (wet[n] - sum_k h[k] dry[n - k])^2 for lags k from -(taps - 1) / 2 to
    (taps - 1) / 2, where n runs over every clip's samples and dry is silent outside of them.
    That is a linear problem: its solution solves the normal equations R h = p, with R the
    autocorrelation of the dry recordings and p their cross-correlation with the wet ones.

    Notes leave much of the spectrum nearly empty. On the package's piano notes R has a condition
    number of 2e9 at 127 taps, which float64 solves without help. AudioT whose spectrum has gaps
    goes far beyond, so as much is added to the diagonal as white noise 120 dB below the dry
    recordings would add; on the piano notes it changes no result by 0.01 dB.

    Args:
        pairs: the recordings to learn from.
        taps: odd, 3 or more. 127 is the reach of the network: two 'same' convolutions of 64.

    Returns:
        The filter, at the recordings' sample rate, centered on time zero.

    Raises:
        EqlibError: for an even number of taps, or fewer than 3.
    """
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
    return FIRFilter(h, advance=reach, sample_rate=pairs.dry.sample_rate)
