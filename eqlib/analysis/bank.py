"""A filter bank set by hand: the network's front-end and back-end before anything is learned.

A filter is a cosine under a bell, so that it picks out one band of frequencies. Placed in a
network (`by_hand`), such filters show what each block does to a sound, and how far the blocks can
go without training; `channel_paths` and `best_faders` work out the latter.

Chapters: "The adaptive front-end", "The synthesis back-end".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from eqlib.config import EQNetConfig
from eqlib.errors import EqlibError, check_integer, check_number, checked
from eqlib.model import EQNet


@checked
def windowed_cosines(
    centers_hz: Sequence[float] | np.ndarray,
    *,
    phases: Sequence[float] = (0.0,),
    kernel: int = 64,
    sample_rate: int = 16_000,
) -> np.ndarray:
    """Band filters as a Conv1D takes them: cosines under a Hann window, around time zero.

    Time zero is tap (kernel - 1) // 2, where a Conv1D puts it, so a filter of phase 0 is
    symmetric and delays nothing. Its band is about 2 sample_rate / kernel wide to either side.

    Args:
        centers_hz: (bands,) center frequencies.
        phases: of the cosine at time zero, in radians; each band gets a filter for each.
        kernel: taps.
        sample_rate: in Hz.

    Returns:
        (bands * phases, kernel) float32, band by band, each filter with a gain of 1 at its center
        (those near 0 Hz, where a band meets its own mirror image, with up to 2).

    Raises:
        EqlibError: for frequencies outside of 0 Hz to half the sample rate, no frequency or no
            phase, or fewer than 4 taps.
    """
    check_integer("kernel", kernel, at_least=4, cure="The paper's filters have 64 taps.")
    check_integer("sample_rate", sample_rate, at_least=1, cure="Give it in Hz: 16_000.")
    centers, shifts = np.ravel(centers_hz), np.ravel(phases)
    if not len(centers) or not len(shifts):
        raise EqlibError("there is no center or no phase", "one or more of both", "Give some.")
    cure = "Give frequencies in Hz, up to half the sample rate."
    for hz in centers:
        check_number("a center", hz, above=-1e-9, below=sample_rate / 2 + 1e-9, cure=cure)
    for phase in shifts:
        check_number("a phase", phase, cure="Give it in radians.")
    left = (kernel - 1) // 2
    lags = np.arange(kernel) - left
    bell = np.maximum(0, 0.5 + 0.5 * np.cos(np.pi * lags / (left + 1)))
    bell[np.abs(lags) > left] = 0  # an even kernel has one tap more after time zero than before
    turns = 2 * np.pi * np.outer(centers, lags) / sample_rate
    waves = np.cos(turns[:, None] + shifts[:, None])
    filters: np.ndarray = (waves * bell * 2 / bell.sum()).reshape(-1, kernel)
    return filters.astype(np.float32)


@checked
def by_hand(weight: np.ndarray, config: EQNetConfig | None = None, **changes: int | str) -> EQNet:
    """A network whose filter bank and smoothers are set by hand; its dense layers are random.

    Every smoother is the upper half of a sine, with a sum of 1: a weighted mean of its channel.

    Args:
        weight: (C, K) the Conv1D filters.
        config: the other sizes, by default the paper's.
        changes: fields of the config to change, such as ``orientation="adjoint"``.

    Raises:
        EqlibError: for weights that are not finite or not of two dimensions, or a config that
            cannot be.
    """
    weight = np.array(weight, np.float32, order="C")  # a copy, in an order that torch takes
    if weight.ndim != 2 or not np.isfinite(weight).all():
        raise EqlibError(
            f"weight has shape {weight.shape}" if weight.ndim != 2 else "weight is not finite",
            "(filters, taps) of finite numbers",
            "windowed_cosines makes such an array.",
        )
    sizes = {"filters": weight.shape[0], "kernel": weight.shape[1]}
    config = config or EQNetConfig()
    net = EQNet(replace(config, **sizes, **changes))  # type: ignore[arg-type]  # it checks them
    taps = net.config.local_kernel
    bell = np.sin(np.pi * (np.arange(taps) + 0.5) / taps)
    with torch.no_grad():
        net.conv.weight.copy_(torch.from_numpy(weight))
        net.conv_local.weight.copy_(torch.from_numpy(bell / bell.sum()).expand(len(weight), -1))
    return net
