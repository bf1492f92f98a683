"""What audio may be: NumPy arrays or torch tensors of finite floats, checked at one door.

Audio is (..., samples): time runs along the last axis, and what stands before it are clips or
channels. Everything in the package that takes a user's audio takes it through this file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
import torch

from eqlib.errors import EqlibError, checked
from eqlib.hints import short

Audio: TypeAlias = np.ndarray | torch.Tensor
AudioT = TypeVar("AudioT", np.ndarray, torch.Tensor)
"""For what returns audio of the kind that it was given."""

Process: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""An effect, as far as it can be seen from outside: samples in, as many samples out."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 1_000_000
"""Between these sample rates sounds are resampled. Far outside of them, the resampler crashes."""

INTEGERS = 100.0
"""No recording goes 40 dB beyond full scale; integers do that are taken for floats."""

SHORT = 32
"""A last axis shorter than this beside a longer one is taken for channels, not for time."""


@checked
def to_array(name: str, audio: object, *, min_samples: int = 1) -> np.ndarray:
    """Audio of any kind as a NumPy array in the host's memory, checked.

    Args:
        name: what the audio is ("input", a file's name), for the message.
        audio: (..., samples), an array or a tensor on any device.
        min_samples: the fewest samples that make sense here.

    Returns:
        (..., samples) float32 or float64, not copied where it is one of these already; shorter
        floats become float32, longer ones float64.

    Raises:
        EqlibError: as `check_audio`.
    """
    check_audio(name, audio, min_samples=min_samples)
    if isinstance(audio, torch.Tensor):
        audio = audio.detach().cpu()
        short = audio.dtype in (torch.bfloat16, torch.float16)
        audio = (audio.float() if short else audio).numpy()
    array = np.asarray(audio)
    if array.dtype in (np.float32, np.float64):
        return array
    with np.errstate(over="ignore"):
        array = array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
    check_audio(name, array)  # a long double may be beyond what float64 holds
    return array


@checked
def to_tensor(name: str, audio: object) -> torch.Tensor:
    """Audio of any kind as a tensor, checked on the device where it is.

    Args:
        name: what the audio is, for the message.
        audio: (..., samples), an array or a tensor.

    Returns:
        A tensor without gradients: the audio's own if it was one, else float64 on the CPU.

    Raises:
        EqlibError: as `check_audio`.
    """
    check_audio(name, audio)
    if isinstance(audio, torch.Tensor):
        return audio.detach()
    return torch.from_numpy(to_array(name, audio).astype(np.float64))  # a copy, in order


@checked
def returned(output: torch.Tensor, audio: AudioT) -> AudioT:
    """What was computed from some audio, as audio of its kind, dtype, device and shape."""
    output = output.reshape(audio.shape)
    if isinstance(audio, torch.Tensor):
        return output.to(audio)
    return output.cpu().numpy().astype(audio.dtype)


@checked
def check_audio(name: str, audio: object, *, min_samples: int = 1) -> None:
    """Checks that an array or a tensor holds audio that can be computed with.

    Args:
        name: what the audio is ("input", a file's name), for the message.
        audio: (..., samples), floating point; a tensor is checked on its own device.
        min_samples: the fewest samples that make sense here.

    Raises:
        EqlibError: for what is neither array nor tensor, integers, an empty or too short array,
            NaN or infinity, and for (samples, channels), as sound cards and files hand stereo over.
    """
    if isinstance(audio, torch.Tensor):
        floating, empty = audio.is_floating_point(), audio.numel() == 0
        kind = str(audio.dtype).removeprefix("torch.")
    elif isinstance(audio, np.ndarray):
        floating, empty, kind = audio.dtype.kind == "f", audio.size == 0, str(audio.dtype)
    else:
        raise EqlibError(
            f"{name} is a {type(audio).__name__}",
            "a NumPy array or a torch tensor",
            "Convert it with numpy.asarray(audio, dtype=numpy.float32).",
        )
    if not floating:
        raise EqlibError(
            f"{name} holds {kind} values",
            "floating-point samples with full scale at 1.0",
            "Divide integer samples by their full scale, for 16 bit: audio / 32768.",
        )
    check_axis(name, tuple(audio.shape))
    samples = audio.shape[-1] if audio.ndim else 0
    if empty or samples < min_samples:
        raise EqlibError(
            f"{name} has shape {tuple(audio.shape)}",
            f"at least {min_samples} samples along the last axis",
            "Use a longer recording.",
        )
    if isinstance(audio, torch.Tensor):
        bad = audio.numel() - int(torch.isfinite(audio).sum())
    else:
        with np.errstate(invalid="ignore"):
            finite = bool(np.isfinite(audio.min()) and np.isfinite(audio.max()))
        # Counted only if there is something to count: the mask of an hour takes 58 MB.
        bad = 0 if finite else audio.size - int(np.count_nonzero(np.isfinite(audio)))
    if bad:
        raise EqlibError(
            f"{name} holds {bad} samples that are NaN or infinite",
            "finite samples",
            "Find the step that made them (a division by zero, a damaged file) and mend it there.",
        )


@checked
def peak_of(audio: Audio) -> float:
    """The largest absolute value, 0 of no samples; on the audio's own device, without a copy."""
    if 0 in audio.shape:
        return 0.0
    if isinstance(audio, torch.Tensor):
        audio = audio.detach()
    return max(float(audio.max()), -float(audio.min()))


@checked
def empty_like(audio: AudioT) -> AudioT:
    """As much room as some audio takes, of its kind and without gradients, not yet written."""
    if isinstance(audio, torch.Tensor):
        return torch.empty_like(audio.detach())
    return np.empty(audio.shape, audio.dtype)


@checked
def silence(audio: AudioT, samples: int) -> AudioT:
    """(..., samples) zeros, of the kind and with the channels of some audio."""
    shape = (*audio.shape[:-1], samples)
    if isinstance(audio, torch.Tensor):
        return audio.detach().new_zeros(shape)
    return np.zeros(shape, audio.dtype)


@checked
def warn_if_integers(name: str, audio: Audio) -> None:
    """Warns of samples so large that they must be integers that only became floats."""
    peak = peak_of(audio)
    if peak > INTEGERS:
        warnings.warn(
            f"{name} reaches {peak:.4g}, where full scale is 1.0: samples of 16 bit that only "
            "became floats? Divide them: audio / 32768.",
            stacklevel=4,
        )


@checked
def check_axis(name: str, shape: tuple[int, ...]) -> None:
    """Raises `EqlibError` for a shape of which time seems not to be the last axis."""
    if len(shape) > 1 and 0 < shape[-1] < SHORT <= max(shape[:-1]):
        raise EqlibError(
            f"{name} has shape {tuple(shape)}, that is {shape[-1]} samples of "
            f"{max(shape[:-1])} clips or channels",
            "time along the last axis: (channels, samples)",
            "Turn it: audio.T"
            + ("." if len(shape) == 2 else ", or numpy.moveaxis(audio, -2, -1).")
            + f" Clips that are really shorter than {SHORT} samples: pad them with zeros.",
        )


@checked
def check_mono(name: str, audio: Audio) -> None:
    """Raises `EqlibError` unless `audio` is one row of samples."""
    if audio.ndim != 1:
        raise EqlibError(
            f"{name} has shape {tuple(audio.shape)}",
            "(samples,), one channel",
            "Take one channel, audio[0], or the mean of them, audio.mean(0).",
        )


@checked
def check_shape(name: str, array: Audio, sizes: tuple[int | str, ...]) -> None:
    """Raises `EqlibError` unless an array has these sizes.

    Args:
        name: the argument's name, for the message.
        array: what was given.
        sizes: one for each axis; a name, such as "samples", stands for any size of 1 or more.
    """
    shape = tuple(array.shape)
    fits = len(shape) == len(sizes) and all(
        size > 0 if isinstance(wanted, str) else size == wanted
        for size, wanted in zip(shape, sizes, strict=True)
    )
    if not fits:
        words = ", ".join(map(str, sizes)) + "," * (len(sizes) == 1)
        cure = "Index or reshape it, such as array[0] or array.reshape(-1)."
        raise EqlibError(f"{name} has shape {shape}", f"({words})", cure)


@checked
def check_not_silent(name: str, audio: np.ndarray) -> None:
    """Raises `EqlibError` if every sample of `audio` is zero."""
    if not np.any(audio):
        raise EqlibError(
            f"{name} is silent (all its {audio.size} samples are zero)",
            "audio with some energy",
            "Check the recording's channel and level, or leave it out.",
        )


@checked
def check_same_shape(a_name: str, a: Audio, b_name: str, b: Audio) -> None:
    """Raises `EqlibError` unless both arrays have the same shape."""
    if tuple(a.shape) != tuple(b.shape):
        raise EqlibError(
            f"{a_name} has shape {tuple(a.shape)} and {b_name} {tuple(b.shape)}",
            "the same number of clips and samples in both",
            "Cut or zero-pad the longer one, and check that no delay was left at its start.",
        )


@checked
def check_rate(name: str, sample_rate: object) -> int:
    """Returns a sample rate, in Hz, that the resampler is sure to take.

    Raises:
        EqlibError: for what is no whole number from `LOWEST_RATE_HZ` to `HIGHEST_RATE_HZ`.
    """
    low, high = LOWEST_RATE_HZ, HIGHEST_RATE_HZ
    whole = isinstance(sample_rate, int | np.integer) and not isinstance(sample_rate, bool)
    if not whole or not low <= sample_rate <= high:  # type: ignore[operator]
        raise EqlibError(
            f"{name} has a sample rate of {short(sample_rate)} Hz",
            f"a whole number from {low} to {high}",
            "Give it in Hz, such as 44_100; a file that tells another is damaged.",
        )
    return int(sample_rate)  # type: ignore[call-overload, no-any-return]


@checked
def resampled(audio: np.ndarray, *, from_hz: int, to_hz: int) -> np.ndarray:
    """Audio at another sample rate: (samples,) float32 or float64, as its input is.

    Raises:
        EqlibError: for what is not audio of one channel, or a rate that the resampler might not
            take.
    """
    audio = to_array("audio", audio)
    check_mono("audio", audio)
    rates = check_rate("the audio", from_hz), check_rate("the result", to_hz)
    import soxr  # here, for most sessions never need it

    made: np.ndarray = soxr.resample(audio, *rates, quality="HQ")
    return made


@checked
def db(ratio: np.ndarray | complex, *, floor: float = 1e-9) -> np.ndarray:
    """Ratios of amplitudes in dB, 20 log10 |ratio|; what is below `floor` counts as the floor."""
    return 20 * np.log10(np.maximum(np.abs(ratio), floor))
