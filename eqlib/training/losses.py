"""What a step of training makes small: the error of frames, told in one of four ways.

Chapters: "Stage two, supervised", "Much more complex effects".
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

Loss: TypeAlias = Literal["mae", "normalized_mae", "error_to_signal_ratio", "multi_resolution_stft"]

QUIET = 1e-4
"""RMS value (-80 dBFS) below which a target frame is taken for no softer."""
PRE_EMPHASIS = 0.85
"""Of "error_to_signal_ratio": the filter 1 - 0.85 / z, which weighs highs more."""
PARTS = (2, 4, 8)
"""The windows of "multi_resolution_stft" are the frame's length divided by these."""
FLOOR = 1e-4
"""What magnitudes may not fall below, relative to the target's largest: -80 dB."""


def loss_of(output: Tensor, target: Tensor, error: Tensor, which: Loss) -> Tensor:
    """The loss of a batch, a scalar: the mean over its frames.

    Args:
        output: (batch, 1, samples), what the network made.
        target: the same shape, what it should have made.
        error: (batch,), the mean absolute error of each frame.
        which: of the four.
    """
    if which == "mae":
        return error.mean()
    if which == "normalized_mae":
        return (error / target.square().mean((1, 2)).sqrt().clamp_min(QUIET)).mean()
    if which == "error_to_signal_ratio":
        return _error_to_signal(output[:, 0], target[:, 0]).mean()
    return _stft_error(output[:, 0], target[:, 0]).mean()


def _error_to_signal(output: Tensor, target: Tensor) -> Tensor:
    """Of each row, (batch, samples): energies after pre-emphasis, (batch,)."""
    energy = _emphasized(target).square().mean(-1).clamp_min(QUIET**2)
    return _emphasized(output - target).square().mean(-1) / energy


def _emphasized(x: Tensor) -> Tensor:
    return x - PRE_EMPHASIS * F.pad(x, (1, 0))[:, :-1]


def _stft_error(output: Tensor, target: Tensor) -> Tensor:
    """Of each row, (batch, samples): as `multi_resolution_stft_error` has it, (batch,)."""
    sizes = [output.shape[-1] // part for part in PARTS]
    errors = []
    for size in (size for size in sizes if size >= 8 and size % 4 == 0):
        y, t = _magnitudes(output, size), _magnitudes(target, size)
        # A window of Hann has the energy 3 / 8 of its length: a bin of noise at QUIET.
        quiet = QUIET * (3 / 8 * size) ** 0.5
        floor = FLOOR * t.amax((1, 2), keepdim=True).clamp_min(quiet)
        convergence = _norm(y - t) / _norm(t).clamp_min(quiet * (t[0].numel()) ** 0.5)
        logs = torch.maximum(t, floor).log() - torch.maximum(y, floor).log()
        errors.append(convergence + logs.abs().mean((1, 2)))
    return torch.stack(errors).mean(0)


def _magnitudes(x: Tensor, size: int) -> Tensor:
    """(batch, samples) -> (batch, bins, times), of the windows that lie wholly within."""
    window = torch.hann_window(size, dtype=x.dtype, device=x.device)
    spectra = torch.stft(x, size, size // 4, window=window, center=False, return_complex=True)
    # The gradient of a magnitude is not defined at zero, nor that of a norm.
    return (spectra.real.square() + spectra.imag.square() + 1e-20).sqrt()


def _norm(x: Tensor) -> Tensor:
    return (x.square().sum((1, 2)) + 1e-20).sqrt()
