"""What audio may be: NumPy arrays or torch tensors of finite floats, checked at one door.

Audio is (..., samples): time runs along the last axis, and what stands before it are clips or
channels. Everything in the package that takes a user's audio takes it through this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
import torch

from eqlib.errors import EqlibError

Audio: TypeAlias = np.ndarray | torch.Tensor
AudioT = TypeVar("AudioT", np.ndarray, torch.Tensor)
"""For what returns audio of the kind that it was given."""

Process: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""An effect, as far as it can be seen from outside: samples in, as many samples out."""

SHORT = 32
"""A last axis shorter than this beside a longer one is taken for channels, not for time."""


def to_array(name: str, audio: object, *, min_samples: int = 1) -> np.ndarray:
    """Audio of any kind as a NumPy array of float32 or float64, checked, not copied if it is one.

    Args:
        name: what the audio is ("input", a file's name), for the message.
        audio: (..., samples), an array or a tensor on any device.
        min_samples: the fewest samples that make sense here.

    Returns:
        (..., samples) in the host's memory: float64 as it is, all other kinds of float as float32.

    Raises:
        EqlibError: as `check_audio`.
    """
    if isinstance(audio, torch.Tensor):
        audio = audio.detach().cpu()
        # bfloat16 has no twin in NumPy.
        audio = (audio.float() if audio.dtype in (torch.bfloat16, torch.float16) else audio).numpy()
    check_audio(name, audio, min_samples=min_samples)
    return audio if audio.dtype in (np.float32, np.float64) else _narrowed(name, audio)


def check_audio(name: str, audio: object, *, min_samples: int = 1) -> None:
    """Checks that an array holds audio that can be computed with.

    Args:
        name: what the audio is ("input", a file's name), for the message.
        audio: (..., samples), floating point.
        min_samples: the fewest samples that make sense here.

    Raises:
        EqlibError: for what is no array, integers, an empty or too short array, NaN or infinity,
            and for (samples, channels), as sound cards and files hand stereo over.
    """
    if not isinstance(audio, np.ndarray):
        raise EqlibError(
            f"{name} is a {type(audio).__name__}",
            "a NumPy array or a torch tensor",
            "Convert it with numpy.asarray(audio, dtype=numpy.float32).",
        )
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
    check_axis(name, audio.shape)
    bad = audio.size - int(np.count_nonzero(np.isfinite(audio)))
    if bad:
        raise EqlibError(
            f"{name} holds {bad} samples that are NaN or infinite",
            "finite samples",
            "Find the step that made them (a division by zero, a damaged file) and mend it there.",
        )


def check_axis(name: str, shape: tuple[int, ...]) -> None:
    """Raises `EqlibError` for a shape of which time seems not to be the last axis."""
    if len(shape) > 1 and shape[-1] < SHORT <= max(shape[:-1]):
        raise EqlibError(
            f"{name} has shape {tuple(shape)}, that is {shape[-1]} samples of "
            f"{max(shape[:-1])} clips or channels",
            "time along the last axis: (channels, samples)",
            "Turn it: audio.T"
            + ("." if len(shape) == 2 else ", or numpy.moveaxis(audio, -2, -1).")
            + f" Clips that are really shorter than {SHORT} samples: pad them with zeros.",
        )


def check_mono(name: str, audio: np.ndarray) -> None:
    """Raises `EqlibError` unless `audio` is one row of samples."""
    if audio.ndim != 1:
        raise EqlibError(
            f"{name} has shape {audio.shape}",
            "(samples,), one channel",
            "Take one channel, audio[0], or the mean of them, audio.mean(0).",
        )


def check_not_silent(name: str, audio: np.ndarray) -> None:
    """Raises `EqlibError` if every sample of `audio` is zero."""
    if not np.any(audio):
        raise EqlibError(
            f"{name} is silent (all its {audio.size} samples are zero)",
            "audio with some energy",
            "Check the recording's channel and level, or leave it out.",
        )


def check_same_shape(a_name: str, a: Audio, b_name: str, b: Audio) -> None:
    """Raises `EqlibError` unless both arrays have the same shape."""
    if tuple(a.shape) != tuple(b.shape):
        raise EqlibError(
            f"{a_name} has shape {tuple(a.shape)} and {b_name} {tuple(b.shape)}",
            "the same number of clips and samples in both",
            "Cut or zero-pad the longer one, and check that no delay was left at its start.",
        )


def _narrowed(name: str, audio: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        narrow = audio.astype(np.float32 if audio.dtype.itemsize < 4 else np.float64)
    check_audio(name, narrow)  # a long double may be beyond what float64 holds
    return narrow
