"""The network's layers, in the form that is fast on a CPU.

Four layers do what a plain `torch.nn` layer does, and give the same numbers and gradients (the
tests compare them), but faster: two of them many times, Conv1D and the pooling a little. The
chapter "Making it fast" derives each:

==================  =================================================  =========================
layer               plain form                                         fast form
==================  =================================================  =========================
`Conv1D`            ``nn.Conv1d(1, C, K, padding="same")``             weight gradient as one
                                                                       matrix product
`Conv1DLocal`       ``nn.Conv1d(C, C, K, padding="same", groups=C)``   FFT, forward and backward
`max_pool`          ``F.max_pool1d``                                   no index bookkeeping
`DeConv1D`          ``F.conv1d`` with C channels in and one out        matrix product, then sums
                                                                       along its diagonals
==================  =================================================  =========================

"Same" padding puts ``(K - 1) // 2`` zeros before the signal and the rest after it (the adjoint
deconvolution, being the transpose, the other way round).
Like every deep-learning "convolution", these layers correlate:
``y[n] = sum_k w[k] x[n + k - left]``.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from eqlib.errors import EqlibError, checked
from eqlib.fast import FilterBank, LocalFilters, MaxPool, SumOfFilters, filter_bank, local_filters

Orientation = Literal["unreversed", "adjoint"]
ORIENTATIONS: tuple[Orientation, ...] = get_args(Orientation)


class Conv1D(nn.Module):
    """A bank of FIR filters on one channel, ``X1[c] = x * w[c] + b[c]``, 'same' length.

    Its weight is the filter bank that analysis and synthesis share: `DeConv1D` takes it again.

    Args:
        filters: number of filters C.
        kernel: taps K of each filter.

    Shapes:
        input (batch, 1, time), output (batch, C, time); weight (C, K), bias (C,).
    """

    @checked
    def __init__(self, filters: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(filters, kernel))
        self.bias = nn.Parameter(torch.zeros(filters))
        lecun_uniform_(self.weight, fan_in=kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, time) -> (batch, C, time)."""
        if not torch.is_grad_enabled():
            return filter_bank(x, self.weight, self.bias)
        return FilterBank.apply(x, self.weight, self.bias)


class Conv1DLocal(nn.Module):
    """One FIR filter for each channel, applied to that channel only, 'same' length.

    Args:
        filters: number of channels C.
        kernel: taps K of each filter.

    Shapes:
        input and output (batch, C, time); weight (C, K), bias (C,).
    """

    @checked
    def __init__(self, filters: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(filters, kernel))
        self.bias = nn.Parameter(torch.zeros(filters))
        lecun_uniform_(self.weight, fan_in=kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, C, time) -> (batch, C, time)."""
        if not torch.is_grad_enabled():
            return local_filters(x, self.weight, self.bias)
        return LocalFilters.apply(x, self.weight, self.bias)


class LocallyConnectedDense(nn.Module):
    """A dense layer of its own for each channel: ``y[c] = x[c] @ weight[c] + bias[c]``.

    Args:
        channels: number of channels C.
        units: inputs and outputs of each channel's layer.

    Shapes:
        input and output (batch, C, units); weight (C, units, units), bias (C, units).
    """

    @checked
    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, units, units))
        self.bias = nn.Parameter(torch.zeros(channels, units))
        glorot_uniform_(self.weight, fan_in=units, fan_out=units)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, C, units) -> (batch, C, units)."""
        return (x.transpose(0, 1) @ self.weight).transpose(0, 1) + self.bias


class Dense(nn.Linear):
    """``nn.Linear(units, units)``, shared by all channels, with Glorot-uniform weights.

    Args:
        units: inputs and outputs.

    Shapes:
        input and output (batch, C, units); weight (units, units), bias (units,).
    """

    @checked
    def __init__(self, units: int) -> None:
        super().__init__(units, units)

    def reset_parameters(self) -> None:
        """Draws new weights."""
        glorot_uniform_(self.weight, fan_in=self.in_features, fan_out=self.out_features)
        nn.init.zeros_(self.bias)


class DeConv1D(nn.Module):
    """Back from C channels to one signal, with the filters of a `Conv1D` (tied), and a bias.

    Args:
        orientation: "unreversed" applies the analysis filters once more as they are, so that a
            channel's whole path has the response W(f)^2, whose phase can be learned; "adjoint"
            reverses them in time, as a true transposed convolution does: |W(f)|^2, zero phase.

    Raises:
        EqlibError: for another orientation.

    Shapes:
        input (batch, C, time) and the tied weight (C, K); output (batch, 1, time); bias (1,).
    """

    @checked
    def __init__(self, orientation: Orientation) -> None:
        super().__init__()
        if orientation not in ORIENTATIONS:
            raise EqlibError(
                f"orientation is {orientation!r}",
                f"one of {', '.join(ORIENTATIONS)}",
                "Choose one.",
            )
        self.orientation = orientation
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """(batch, C, time) and the analysis filters -> (batch, 1, time)."""
        left = (weight.shape[-1] - 1) // 2
        if self.orientation == "adjoint":
            weight, left = weight.flip(-1), weight.shape[-1] - 1 - left
        return SumOfFilters.apply(x, weight, left) + self.bias


def max_pool(x: Tensor, size: int) -> Tensor:
    """The maximum of every `size` samples: (batch, C, time) -> (batch, C, time / size).

    Where several samples share the maximum (silence), its gradient is shared among them.
    """
    return MaxPool.apply(x, size)


@checked
def lecun_uniform_(weight: Tensor, *, fan_in: int) -> None:
    """Fills `weight` from U(-a, a) with a = sqrt(3 / fan_in): variance 1 / fan_in."""
    nn.init.uniform_(weight, -((3 / fan_in) ** 0.5), (3 / fan_in) ** 0.5)


@checked
def glorot_uniform_(weight: Tensor, *, fan_in: int, fan_out: int) -> None:
    """Fills `weight` from U(-a, a) with a = sqrt(6 / (fan_in + fan_out))."""
    nn.init.uniform_(weight, -((6 / (fan_in + fan_out)) ** 0.5), (6 / (fan_in + fan_out)) ** 0.5)
