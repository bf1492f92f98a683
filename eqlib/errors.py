"""The one error family of eqlib, and the checks that raise it.

A user's mistake always ends in an `EqlibError` that says three things: the value that was
given, what was expected, and the cure.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class EqlibError(ValueError):
    """A mistake in what eqlib was given, with its cure.

    Args:
        given: the value that was given, in words ("cutoff_hz is 9000.0").
        expected: what was expected instead.
        cure: what to do now, as a sentence.

    Attributes:
        given, expected, cure: the three parts, for programs that show them apart.
    """

    def __init__(self, given: str, expected: str, cure: str) -> None:
        # All three go to ValueError too, so that the error survives pickling between processes.
        super().__init__(given, expected, cure)
        self.given, self.expected, self.cure = given, expected, cure

    def __str__(self) -> str:
        return f"{self.given}; expected {self.expected}. {self.cure}"


def check_number(
    name: str,
    value: Any,
    *,
    above: float = -math.inf,
    below: float = math.inf,
    cure: str,
) -> float:
    """Returns `value` as a float if it is a finite number strictly between the two bounds.

    Args:
        name: the argument's name, for the message.
        value: what the user gave.
        above: exclusive lower bound.
        below: exclusive upper bound.
        cure: what to do if it is not.

    Raises:
        EqlibError: if it is not a real, finite number in the range.
    """
    bounds = [f"above {above:g}"] * (above > -math.inf) + [f"below {below:g}"] * (below < math.inf)
    expected = " ".join(["a finite number", " and ".join(bounds)]).strip()
    try:
        number = math.nan if isinstance(value, (str, bytes, bool, np.bool_)) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise EqlibError(f"{name} is {value!r}", expected, cure) from None
    if not math.isfinite(number) or not above < number < below:
        raise EqlibError(f"{name} is {value!r}", expected, cure)
    return number


def check_integer(name: str, value: Any, *, at_least: int, cure: str) -> int:
    """Returns `value` as an int if it is a whole number of at least `at_least`.

    Raises:
        EqlibError: if it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < at_least:
        raise EqlibError(f"{name} is {value!r}", f"a whole number of at least {at_least}", cure)
    return int(value)


def check_audio(name: str, audio: np.ndarray, *, min_samples: int = 1) -> None:
    """Checks that an array holds audio that can be computed with.

    Args:
        name: what the audio is ("input", a file's name), for the message.
        audio: (..., samples), floating point.
        min_samples: the fewest samples that make sense here.

    Raises:
        EqlibError: for integers, an empty or too short array, NaN or infinity.
    """
    if audio.dtype.kind != "f":
        raise EqlibError(
            f"{name} holds {audio.dtype} values",
            "floating-point samples with full scale at 1.0",
            "Divide integer samples by their full scale, for 16 bit: audio / 32768.",
        )
    samples = audio.shape[-1] if audio.ndim else 0
    if audio.size == 0 or samples < min_samples:
        raise EqlibError(
            f"{name} has shape {tuple(audio.shape)}",
            f"at least {min_samples} samples along the last axis",
            "Use a longer recording.",
        )
    bad = audio.size - int(np.count_nonzero(np.isfinite(audio)))
    if bad:
        raise EqlibError(
            f"{name} holds {bad} samples that are NaN or infinite",
            "finite samples",
            "Find the step that made them (a division by zero, a damaged file) and mend it there.",
        )


def check_not_silent(name: str, audio: np.ndarray) -> None:
    """Raises `EqlibError` if every sample of `audio` is zero."""
    if not np.any(audio):
        raise EqlibError(
            f"{name} is silent (all its {audio.size} samples are zero)",
            "audio with some energy",
            "Check the recording's channel and level, or leave it out.",
        )


def check_same_shape(a_name: str, a: Any, b_name: str, b: Any) -> None:
    """Raises `EqlibError` unless both arrays have the same shape."""
    if tuple(a.shape) != tuple(b.shape):
        raise EqlibError(
            f"{a_name} has shape {tuple(a.shape)} and {b_name} {tuple(b.shape)}",
            "the same number of clips and samples in both",
            "Cut or zero-pad the longer one, and check that no delay was left at its start.",
        )


def check_sample_rate(name: str, given_hz: int, expected_hz: int) -> None:
    """Raises `EqlibError` unless the two sample rates are equal."""
    if given_hz != expected_hz:
        raise EqlibError(
            f"{name} has a sample rate of {given_hz} Hz",
            f"{expected_hz} Hz",
            "Resample the audio (eqlib.data.from_folder(..., resample=True)) or set sample_rate.",
        )
