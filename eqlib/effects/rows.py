"""What all effects share: audio of any kind and shape, row by row through one function of samples.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numba
import numpy as np

from eqlib.audio import to_array
from eqlib.errors import EqlibError, check_number, checked


@checked
def each_row(audio: np.ndarray, effect: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Applies a function of (samples,) float64 to every row of (..., samples).

    Args:
        audio: (..., samples), floating point.
        effect: returns as many samples as it gets.

    Returns:
        The same shape and dtype as the audio.

    Raises:
        EqlibError: for audio that is no array, is empty, or not finite floating point.
    """
    if not isinstance(audio, np.ndarray):
        raise EqlibError(f"audio is a {type(audio).__name__}", "an array", "Call .numpy() first.")
    checked_audio = to_array("audio", audio)
    rows = checked_audio.reshape(-1, audio.shape[-1]).astype(np.float64)
    processed = [effect(row) for row in rows]
    if any(np.shape(row) != rows.shape[1:] for row in processed):
        raise EqlibError(
            f"the effect made {np.shape(processed[0])} of {rows.shape[1:]}",
            "as many samples as it got",
            "Cut what rings on after the end.",
        )
    return np.stack(processed).reshape(audio.shape).astype(checked_audio.dtype)


@checked
def check_positive(name: str, value: float, unit: str) -> float:
    """The value of a setting that has to be above zero, as a float.

    Raises:
        EqlibError: if it is not.
    """
    return check_number(name, value, above=0, cure=f"Give {name} in {unit}, above zero.")


@checked
def smoothing(time_ms: float, *, sample_rate: int) -> float:
    """The coefficient a of y[n] = a y[n - 1] + (1 - a) x[n] with this time constant."""
    return math.exp(-1000 / (time_ms * sample_rate))


@functools.cache
def compiled(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """A loop over samples as machine code: compiled once in a session, at its first use."""
    fast: Callable[..., np.ndarray] = numba.njit(function)
    return fast
