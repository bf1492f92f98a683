"""Audio as frames: cutting a signal into overlapping windowed frames, and adding them up again.

The network hears one frame at a time. Cutting with an analysis window a[n], and multiplying by
a synthesis window s[n] before adding up, returns the signal exactly if and only if the products
of all frames that cover a sample add up to one constant, the overlap-add condition:

    sum_m a[n - m hop] s[n - m hop] = constant for every n.

Chapter: "Audio as frames".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from eqlib.audio import check_shape
from eqlib.errors import EqlibError, check_integer, checked

Window = Literal["hann", "rectangular"]
WINDOWS: tuple[Window, ...] = get_args(Window)
AT_ONCE_ON_CPU = 4
"""Frames that a network gets together: so few that their 128 channels stay in the cache."""
AT_ONCE_ELSEWHERE = 512
"""The same on a GPU, which is faster the more it gets: 0.3 GB of channels."""


@checked
@dataclass(frozen=True)
class Segment:
    """A piece of sound as a network learns from it; every network has one as ``net.segment``.

    In training it hears (batch, 1, context + samples) and returns (batch, 1, samples).

    Attributes:
        samples: judged at once: the frame.
        hop: samples from one segment to the next that together make up a whole signal.
        window: by name, what these samples are multiplied by, in input and target.
        context: samples heard before those that are judged; none for a network of frames.
    """

    samples: int
    hop: int
    window: Window
    context: int = 0


@checked
def window(name: Window, frame: int) -> Tensor:
    """A window by name: (frame,) float64.

    "hann" is periodic, as overlap-add needs it: its first sample is zero, its last is not.

    Raises:
        EqlibError: if there is no window of that name, or frame is no positive integer.
    """
    check_integer("frame", frame, at_least=1, cure="Use the paper's 1024.")
    if name == "hann":
        return torch.hann_window(frame, periodic=True, dtype=torch.float64)
    if name == "rectangular":
        return torch.ones(frame, dtype=torch.float64)
    raise EqlibError(f"window is {name!r}", f"one of {', '.join(WINDOWS)}", "Choose one of them.")


@checked
def overlap_add_gain(product: Tensor, *, hop: int) -> float:
    """The constant that overlapping windows add up to.

    Args:
        product: (frame,) analysis window times synthesis window.
        hop: samples from one frame to the next.

    Returns:
        The constant of the overlap-add condition; dividing by it makes reconstruction exact.

    Raises:
        EqlibError: if hop does not divide the frame, or the condition does not hold to 1e-9 (in
            float32: to its rounding).
    """
    check_shape("the window", product, ("frame",))
    _check_hop(product.shape[-1], hop)
    tolerance = max(1e-9, 16 * torch.finfo(product.dtype).eps)
    total = product.double().unflatten(-1, (-1, hop)).sum(0)
    gain: float = total.mean().item()
    if not gain > 0 or (total - gain).abs().max().item() > tolerance * gain:
        raise EqlibError(
            f"at a hop of {hop} these windows add up to between {total.min():.4f} "
            f"and {total.max():.4f}",
            "the same sum at every sample (the overlap-add condition)",
            "Overlap more: a Hann window used once needs hop = frame / 2, used twice frame / 4 "
            "(or frame / 3, where that is a whole number).",
        )
    return gain


@checked
def cut(signal: Tensor, *, frame: int, hop: int) -> Tensor:
    """Cuts a signal into overlapping frames, so that every sample is in frame / hop of them.

    Args:
        signal: (..., samples), of any length.
        frame: samples in each frame, a multiple of hop.
        hop: samples from one frame to the next.

    Returns:
        (..., frames, frame). The first frame begins frame - hop samples before the signal, the
        last one ends at least frame - hop after it; outside of the signal there are zeros.

    Raises:
        EqlibError: if hop does not divide the frame.
    """
    _check_hop(frame, hop)
    if not signal.ndim:
        raise EqlibError("the signal has shape ()", "(..., samples)", "Put it into a list.")
    samples, edge = signal.shape[-1], frame - hop
    count = _frame_count(samples, frame, hop)
    padded = F.pad(signal, (edge, (count - 1) * hop + frame - edge - samples))
    return padded.unfold(-1, frame, hop)


@checked
def overlap_add(frames: Tensor, *, hop: int, samples: int) -> Tensor:
    """Adds frames up again: the counterpart of `cut`, up to the gain of the windows.

    Args:
        frames: (..., frames, frame), as `cut` returns them, after windows and processing.
        hop: the hop they were cut with.
        samples: the length of the signal they were cut from.

    Returns:
        (..., samples).

    Raises:
        EqlibError: if hop does not divide the frame, or there are more or fewer frames than a
            signal of that length is cut into.
    """
    if frames.ndim < 2:
        given = f"the frames have shape {tuple(frames.shape)}"
        raise EqlibError(given, "(..., frames, frame)", "Give what cut has returned.")
    count, frame = frames.shape[-2:]
    _check_hop(frame, hop)
    if count != _frame_count(samples, frame, hop):
        raise EqlibError(
            f"a signal of {samples} samples was asked for, of {count} frames",
            f"a signal that eqlib.frames.cut makes {count} frames of",
            "Give the length of the signal that was cut, and the hop it was cut with.",
        )
    return summed(frames, hop=hop)[..., frame - hop :][..., :samples]


@checked
def summed(frames: Tensor, *, hop: int) -> Tensor:
    """Adds frames up, each `hop` samples after the one before, with all that their ends reach.

    Args:
        frames: (..., frames, frame).
        hop: samples from one frame to the next.

    Returns:
        (..., samples), frame - hop samples longer than the hops.

    Raises:
        EqlibError: if hop does not divide the frame.
    """
    if frames.ndim < 2:
        given = f"the frames have shape {tuple(frames.shape)}"
        raise EqlibError(given, "(..., frames, frame)", "Give what cut has returned.")
    count, frame = frames.shape[-2:]
    _check_hop(frame, hop)
    total = frames.new_zeros(*frames.shape[:-2], count + frame // hop - 1, hop)
    for step, part in enumerate(frames.unflatten(-1, (-1, hop)).unbind(-2)):
        total[..., step : step + count, :] += part
    return total.flatten(-2)


def _frame_count(samples: int, frame: int, hop: int) -> int:
    return -(-(samples + frame - hop) // hop)


def _check_hop(frame: int, hop: int) -> None:
    check_integer("hop", hop, at_least=1, cure="Use frame // 4 (75 % overlap).")
    if frame % hop:
        raise EqlibError(
            f"hop is {hop} samples for a frame of {frame}",
            "a hop that divides the frame",
            f"Use {frame // 2} (50 % overlap) or {frame // 4} (75 %).",
        )


@checked
def window_sum(window: np.ndarray, *, hop: int, samples: int) -> np.ndarray:
    """What windows add up to, far from both ends of a signal, for any hop: (samples,) float64.

    Raises:
        EqlibError: for a window that is not 1-D, or numbers that are no positive integers.
    """
    hop = check_integer("hop", hop, at_least=1, cure="Use half of the window's length.")
    samples = check_integer("samples", samples, at_least=1, cure="Use some hops.")
    window = np.asarray(window, np.float64)
    if window.ndim != 1 or not len(window):
        raise EqlibError(f"the window has shape {window.shape}", "(frame,)", "Use frames.window.")
    # The sum repeats itself after each hop.
    period = np.pad(window, (0, -len(window) % hop)).reshape(-1, hop).sum(0)
    return np.resize(period, samples)
