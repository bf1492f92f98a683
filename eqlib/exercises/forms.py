"""What a learner may hand in, read: numbers, sounds, effects, responses.

Each function returns None for an answer of another form, so that a judge can try the next one.

Chapters: all that have exercises.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy import signal

from eqlib.analysis.systems import sweep_response
from eqlib.audio import Process
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.stage import taps_response
from eqlib.errors import checked

RATE = 16_000
HZ = np.geomspace(36, 7_500 / 1.05, 300)
"""Where responses are compared: what a sweep measures of a network."""


def as_number(answer: object) -> float | None:
    """A number: of Python, in an array of one value, or at the beginning of a text ("7 dB")."""
    if isinstance(answer, str):
        found = re.match(r"\s*(?:about |ca\.? |~)?([-+−]?\d+(?:[.]\d+)?(?:e-?\d+)?)", answer)
        return float(found[1].replace("−", "-")) if found else None
    if isinstance(answer, torch.Tensor | np.ndarray | np.generic):
        array = np.asarray(answer.detach().cpu() if isinstance(answer, torch.Tensor) else answer)
        real = array.size == 1 and array.dtype.kind in "iuf" and np.isfinite(array).all()
        return float(array.reshape(-1)[0]) if real else None
    if isinstance(answer, numbers.Real) and not isinstance(answer, bool):
        return float(answer) if np.isfinite(float(answer)) else None
    return None


@checked
def as_numbers(answer: object, *, count: int) -> tuple[float, ...] | None:
    """So many numbers: in a list, an array, or as the values of a dict, in its order."""
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    if isinstance(answer, torch.Tensor | np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, list | tuple) or len(answer) != count:
        return None
    found = [as_number(each) for each in answer]
    return None if None in found else tuple(float(each) for each in found if each is not None)


def as_array(answer: object) -> np.ndarray | None:
    """Real, finite numbers of any shape without its ones, as float64; two of them or more."""
    if isinstance(answer, torch.nn.Parameter | torch.Tensor):
        answer = answer.detach().cpu().numpy()
    if not isinstance(answer, np.ndarray | list | tuple):
        return None
    try:
        array = np.asarray(answer)
    except ValueError:  # rows of several lengths
        return None
    if array.dtype.kind not in "iuf" or array.size < 2 or not np.isfinite(array).all():
        return None
    return np.squeeze(array).astype(np.float64)


def as_sound(answer: object) -> np.ndarray | None:
    """Samples in one row."""
    array = as_array(answer)
    return array if array is not None and array.ndim == 1 else None


def as_coefficients(answer: object) -> np.ndarray | tuple[np.ndarray, np.ndarray] | None:
    """Second-order sections (sections, 6), or a pair (b, a) of rows with no more than 64 values."""
    if isinstance(answer, list | tuple) and len(answer) == 2:
        b, a = (as_sound(each) for each in answer)
        if b is not None and a is not None and max(len(b), len(a)) <= 64 and a[0]:
            return b, a
    sos = as_array(answer)
    if sos is not None and (sos.shape == (6,) or sos.ndim == 2 and sos.shape[1] == 6):
        return np.atleast_2d(sos)
    return None


def as_effect(answer: object) -> Process | None:
    """An equalizer, a network, coefficients or a function, as a function of (samples,)."""
    method = getattr(answer, "process", None)
    if callable(method) and not isinstance(answer, type):
        return _of_arrays(method)
    pair = as_coefficients(answer)
    if isinstance(pair, tuple):
        return lambda x: np.asarray(signal.lfilter(*pair, x))
    if pair is not None:
        return lambda x: np.asarray(signal.sosfilt(pair, x))
    if callable(answer) and not isinstance(answer, type):
        return _of_arrays(answer)
    return None


def _of_arrays(function: Callable[..., Any]) -> Process:
    def process(x: np.ndarray) -> np.ndarray:
        output = function(x.copy())  # a learner's function may write into what it is given
        if isinstance(output, torch.Tensor):
            output = output.detach().cpu().numpy()
        return np.asarray(output, np.float64).reshape(-1)

    return process


def as_response(answer: object) -> np.ndarray | None:
    """The complex response at `HZ` of an equalizer, coefficients, taps, a network or a function."""
    if isinstance(answer, EQ):
        return answer.response(HZ)
    pair = as_coefficients(answer)
    if isinstance(pair, tuple):
        return np.asarray(signal.freqz(*pair, HZ, fs=RATE)[1])
    if pair is not None:
        return np.asarray(signal.sosfreqz(pair, HZ, fs=RATE)[1])
    taps = as_sound(answer)
    if taps is not None:
        return taps_response(taps, np.arange(len(taps)), HZ, sample_rate=RATE)
    effect = as_effect(answer)
    return None if effect is None else sweep_response(effect).response
