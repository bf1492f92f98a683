"""What every stage of an EQ can do, and the frequency response of its coefficients.

Chapter: "Hearing equalizers".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike

from eqlib.audio import check_audio, check_shape
from eqlib.errors import EqlibError, checked
from eqlib.scipy_later import signal

GAIN_LIMIT_DB = 120.0  # far beyond any EQ, and far from the limits of floating point


class Stage(Protocol):
    """One filter of an EQ: a biquad, a FIR, or one that is given by its coefficients."""

    @property
    def advance_samples(self) -> int:
        """By how many samples the output is moved earlier."""

    @property
    def delay_samples(self) -> int:
        """The delay that remains, in samples, where the stage was designed to have one."""

    def check(self, sample_rate: int) -> None:
        """Raises `EqlibError` unless the stage makes sense at this sample rate, in Hz."""

    def coefficients(self, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """(b, a), the numerator and the denominator in powers of z^-1, with a[0] = 1."""

    def describe(self) -> str:
        """The filter in a few words."""


@checked
def frequency_response(
    b: np.ndarray, a: np.ndarray, frequencies_hz: ArrayLike, sample_rate: int
) -> np.ndarray:
    """H(z) = B(z) / A(z) on the unit circle, both polynomials in z^-1.

    Args:
        b: (taps,) the numerator.
        a: (taps,) the denominator.
        frequencies_hz: in Hz, of any shape.
        sample_rate: in Hz.

    Returns:
        complex128, in the shape of the frequencies.
    """
    check_shape("b", b, ("taps",))
    check_shape("a", a, ("taps",))
    z = np.exp(2j * np.pi * _hertz(frequencies_hz) / sample_rate)
    polynomial = np.polynomial.polynomial.polyval
    return np.asarray(polynomial(1 / z, b) / polynomial(1 / z, a))


@checked
def filtered(stages: Sequence[Stage], dry: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Audio after one stage and the next, from silence before the first sample.

    Args:
        stages: in order.
        dry: (..., samples) float64. Zeros follow its end, where an advance asks for more.
        sample_rate: in Hz.

    Returns:
        (..., samples) float64, contiguous.
    """
    check_audio("audio", dry)
    # Advancing once, at the end, keeps what a stage does before time zero for the next one.
    advance = sum(stage.advance_samples for stage in stages)
    wet = np.pad(dry, [(0, 0)] * (dry.ndim - 1) + [(0, advance)])
    for stage in stages:
        wet = signal.lfilter(*stage.coefficients(sample_rate), wet)
    return np.ascontiguousarray(wet[..., advance:])


@checked
def response_of(
    stages: Sequence[Stage], frequencies_hz: np.ndarray, *, sample_rate: int
) -> np.ndarray:
    """The frequency response of stages one after the other, with all delays and advances.

    Args:
        stages: in any order.
        frequencies_hz: of any shape.
        sample_rate: in Hz.

    Returns:
        complex128, of the same shape.
    """
    h = np.ones(frequencies_hz.shape, dtype=np.complex128)
    for stage in stages:
        advance = np.exp(2j * np.pi * frequencies_hz / sample_rate * stage.advance_samples)
        b, a = stage.coefficients(sample_rate)
        h = h * advance * frequency_response(b, a, frequencies_hz, sample_rate)
    return h


@checked
def taps_response(
    taps: np.ndarray, lags: ArrayLike, frequencies_hz: ArrayLike, *, sample_rate: int
) -> np.ndarray:
    """The response of FIR filters whose taps stand at given lags: sum_k h[k] e^(-i omega lag_k).

    Args:
        taps: (..., taps), one filter or an array of them.
        lags: (taps,) in samples; below zero for taps that act before time zero.
        frequencies_hz: in Hz, of any shape.
        sample_rate: in Hz.

    Returns:
        complex128, in the shape of the filters followed by that of the frequencies.
    """
    places = real_array("lags", lags, expected="samples", cure="Give a lag for each tap.")
    check_shape("taps", taps, (*taps.shape[:-1], *places.shape))
    check_shape("lags", places, ("taps",))
    turns = np.multiply.outer(places, _hertz(frequencies_hz)) / sample_rate
    return np.tensordot(taps, np.exp(-2j * np.pi * turns), axes=1)


def _hertz(frequencies_hz: ArrayLike) -> np.ndarray:
    cure = "Give frequencies in Hz, such as np.geomspace(20, 8_000, 400)."
    return real_array("frequencies_hz", frequencies_hz, expected="finite numbers", cure=cure)


@checked
def real_array(name: str, values: object, *, expected: str, cure: str) -> np.ndarray:
    """A list, array or tensor of real, finite numbers, as float64.

    Args:
        name: the argument's name, for the message.
        values: what the user gave, of any shape.
        expected: what it should be, in words.
        cure: what to do if it is not.

    Raises:
        EqlibError: for text, booleans, complex numbers, NaN and infinity, and what is no number.
    """
    # A list of Python's numbers, for NumPy has no bfloat16 and sees no other device.
    listed = values.tolist() if isinstance(values, torch.Tensor) else values
    try:
        array = np.asarray(listed)
    except (TypeError, ValueError):  # rows of several lengths
        array = np.array(None)
    numbers = array.astype(np.float64) if array.dtype.kind in "iuf" else np.array(np.nan)
    if not np.all(np.isfinite(numbers)):
        raise EqlibError(f"{name} is {values!r}", expected, cure)
    return numbers
