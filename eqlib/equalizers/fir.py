"""FIR versions of EQ targets: any magnitude response, with linear or minimum phase.

The whole impulse response is found from the magnitude, and as much of it kept as there are taps.
No window tapers the cut: the responses of EQs decay by themselves. At 129 taps and linear phase,
the worst gain error between 20 and 7,900 Hz under a Hamming window is 0.2 dB for the reference low
shelf, 0.7 for the peak, 5 for the lowpass and 26 for the highpass; of the plain cut it is at most
0.04, but for the lowpass, which is 4 dB off next to its zero at half the sample rate.

Source: A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", the chapter on
cepstrum analysis, for minimum phase. Chapters: the tour (book/tour.ipynb), "Phase and delay"
(book/phase.ipynb).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.coefficients import Section, Taps
from eqlib.equalizers.stage import GAIN_LIMIT_DB, Stage, frequency_response, real_array
from eqlib.errors import EqlibError, check_integer, check_numbers, checked
from eqlib.scipy_later import fft

Phase = Literal["linear", "minimum"]
GRID = 2**16  # frequencies of the design; it takes responses to be shorter than 2 * GRID samples
MAX_TAPS = GRID // 4


@dataclass(frozen=True)
class Curve:
    """A magnitude curve drawn through points.

    Between the points it is straight in dB over the logarithm of frequency, as on an EQ's
    screen; below the first and above the last point it keeps their gain.

    Args:
        frequencies_hz: at least two, rising, above 0 and up to half the sample rate.
        gains_db: one gain for each frequency, between -120 and 120.

    Raises:
        EqlibError: for points that are not so.
    """

    frequencies_hz: tuple[float, ...]
    gains_db: tuple[float, ...]

    def __post_init__(self) -> None:
        cure = "Give frequencies_hz as a list of numbers above 0."
        frequencies = check_numbers("frequencies_hz", self.frequencies_hz, above=0.0, cure=cure)
        cure = "Give gains_db as a list of numbers in this range."
        above, below = -GAIN_LIMIT_DB, GAIN_LIMIT_DB
        gains = check_numbers("gains_db", self.gains_db, above=above, below=below, cure=cure)
        if len(frequencies) != len(gains) or len(gains) < 2:
            raise EqlibError(
                f"a curve was drawn with {len(frequencies)} frequencies and {len(gains)} gains",
                "at least 2 points, each with one frequency and one gain",
                "Give frequencies_hz and gains_db the same length.",
            )
        for left, right in zip(frequencies, frequencies[1:], strict=False):
            if left >= right:
                raise EqlibError(
                    f"frequencies_hz has {left:g} Hz before {right:g} Hz",
                    "frequencies that rise from point to point",
                    "Sort the points by frequency and keep one for each.",
                )
        object.__setattr__(self, "frequencies_hz", frequencies)
        object.__setattr__(self, "gains_db", gains)

    @checked
    def check(self, sample_rate: int) -> None:
        """Raises `EqlibError` if a point lies above half the sample rate."""
        if self.frequencies_hz[-1] > sample_rate / 2:
            raise EqlibError(
                f"frequencies_hz reaches {self.frequencies_hz[-1]:g} Hz",
                f"at most half the sample rate, {sample_rate / 2:g} Hz",
                "Leave out the points above, or raise sample_rate.",
            )

    @checked
    def magnitude(self, frequencies_hz: np.ndarray) -> np.ndarray:
        """The curve as a gain factor at each of `frequencies_hz` (Hz, 0 included)."""
        cure = "Give them in Hz."
        given = real_array("frequencies_hz", frequencies_hz, expected="finite numbers", cure=cure)
        octaves = np.log2(np.maximum(given, self.frequencies_hz[0]))
        gains_db = np.interp(octaves, np.log2(self.frequencies_hz), self.gains_db)
        gain: np.ndarray = 10 ** (gains_db / 20)
        return gain

    def describe(self) -> str:
        """The points in one line."""
        points = zip(self.frequencies_hz, self.gains_db, strict=True)
        return "curve through " + ", ".join(f"{f:g} Hz {gain:+.1f} dB" for f, gain in points)


@dataclass(frozen=True)
class FIR:
    """One FIR filter with the magnitude response of other filters, or of a drawn curve.

    It keeps what it was made of, so that it can be described, edited with
    `dataclasses.replace`, and designed again to the same taps.

    Args:
        target: what it imitates; the magnitudes of several are multiplied.
        taps: length of the impulse response in samples, 3 to 16384; odd for linear phase, so
            that the delay of (taps - 1) / 2 samples is whole.
        phase: "linear" or "minimum".
        compensate_delay: whether the output is advanced by the delay. Minimum phase has no
            delay, so there it changes nothing.

    Raises:
        EqlibError: for a target, taps, phase or compensate_delay that are not so.
    """

    target: tuple[Stage | Curve, ...]
    taps: int = 129
    phase: Phase = "linear"
    compensate_delay: bool = False

    def __post_init__(self) -> None:
        check_stages("target", self.target, (Biquad, Section, Taps, FIR, Curve))
        cure = f"Choose 3 to {MAX_TAPS} taps; 129 suit most EQs at 16 kHz."
        taps = check_integer("taps", self.taps, at_least=3, cure=cure)
        if taps > MAX_TAPS:
            raise EqlibError(f"taps is {taps}", f"at most {MAX_TAPS}", cure)
        if not isinstance(self.phase, str) or self.phase not in get_args(Phase):
            raise EqlibError(
                f"phase is {self.phase!r}", "'linear' or 'minimum'", "Choose one of the two."
            )
        if self.phase == "linear" and taps % 2 == 0:
            raise EqlibError(
                f"taps is {taps}, with linear phase",
                "an odd number, so that the delay of (taps - 1) / 2 samples is whole",
                f"Use taps={taps + 1}, or phase='minimum'.",
            )
        if not isinstance(self.compensate_delay, bool):
            raise EqlibError(
                f"compensate_delay is {self.compensate_delay!r}", "True or False", "Choose one."
            )
        object.__setattr__(self, "taps", taps)

    @property
    def advance_samples(self) -> int:
        """By how many samples the output is moved earlier."""
        return (self.taps - 1) // 2 if self.phase == "linear" and self.compensate_delay else 0

    @property
    def delay_samples(self) -> int:
        """The delay that remains, in samples."""
        return (self.taps - 1) // 2 - self.advance_samples if self.phase == "linear" else 0

    @checked
    def check(self, sample_rate: int) -> None:
        """Raises `EqlibError` unless all parts of the target suit the sample rate."""
        for part in self.target:
            part.check(sample_rate)

    @checked
    def coefficients(self, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """(b, a), with b the impulse response (taps,) before any advance, and a = 1."""
        return _design(self, sample_rate), np.ones(1)

    def describe(self) -> str:
        """The filter in one line, with its delay and its target."""
        parts = " | ".join(part.describe() for part in self.target) or "flat"
        return (
            f"FIR {self.taps} taps, {self.phase} phase, delay {self.delay_samples} samples"
            f"{' (compensated)' if self.advance_samples else ''}, of "
            f"{parts if len(self.target) < 2 else f'({parts})'}"
        )


@lru_cache(maxsize=64)
def _design(fir: FIR, sample_rate: int) -> np.ndarray:
    """The impulse response (taps,) of a FIR stage.

    Linear phase is zero phase, delayed, and zero phase is the magnitude's cosine series. For
    minimum phase, the cosine series of the log magnitude is the even part of the cepstrum; twice
    its positive times are a causal one, and the exponential of its spectrum is the response.
    """
    # Between the usual grid points, so that the zero of a highpass at 0 Hz is never hit.
    grid_hz = (np.arange(GRID) + 0.5) / GRID * sample_rate / 2
    magnitude = np.ones(GRID)
    for part in fir.target:
        if isinstance(part, Curve):
            magnitude *= part.magnitude(grid_hz)
        else:
            b, a = part.coefficients(sample_rate)
            magnitude *= np.abs(frequency_response(b, a, grid_hz, sample_rate))

    if fir.phase == "linear":
        half = fft.dct(magnitude)[: fir.taps // 2 + 1] / (2 * GRID)
        h = np.concatenate([half[:0:-1], half])
    else:
        cepstrum = fft.dct(np.log(np.maximum(magnitude, np.finfo(float).tiny))) / GRID
        cepstrum[0] /= 2
        h = fft.irfft(np.exp(fft.rfft(cepstrum, 2 * GRID)))[: fir.taps]
    h.setflags(write=False)  # it is shared by all who ask for the same design
    return h


@checked
def check_stages(name: str, stages: object, allowed: tuple[type, ...]) -> None:
    """Raises `EqlibError` unless the stages are a tuple of the allowed types."""
    if not isinstance(stages, tuple) or not all(isinstance(stage, allowed) for stage in stages):
        expected = "a tuple of " + ", ".join(kind.__name__ for kind in allowed)
        cure = "Use the constructors of EQ, such as EQ.peaking, and + between them."
        raise EqlibError(f"{name} is {stages!r}", expected, cure)
