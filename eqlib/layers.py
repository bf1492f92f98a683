"""The network's layers, in the form that is fast on a CPU.

Four layers do what a plain `torch.nn` layer does, and give the same numbers and gradients (the
tests compare them), but many times faster. The chapter "Making it fast" derives each:

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

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from eqlib.errors import EqlibError

ORIENTATIONS = ("unreversed", "adjoint")


class Conv1D(nn.Module):
    """A bank of FIR filters on one channel, ``X1[c] = x * w[c] + b[c]``, 'same' length.

    Its weight is the filter bank that analysis and synthesis share: `DeConv1D` takes it again.

    Args:
        filters: number of filters C.
        kernel: taps K of each filter.

    Shapes:
        input (batch, 1, time), output (batch, C, time); weight (C, K), bias (C,).
    """

    def __init__(self, filters: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(filters, kernel))
        self.bias = nn.Parameter(torch.zeros(filters))
        lecun_uniform_(self.weight, fan_in=kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, time) -> (batch, C, time)."""
        return _FilterBank.apply(x, self.weight, self.bias)


class Conv1DLocal(nn.Module):
    """One FIR filter for each channel, applied to that channel only, 'same' length.

    Args:
        filters: number of channels C.
        kernel: taps K of each filter.

    Shapes:
        input and output (batch, C, time); weight (C, K), bias (C,).
    """

    def __init__(self, filters: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(filters, kernel))
        self.bias = nn.Parameter(torch.zeros(filters))
        lecun_uniform_(self.weight, fan_in=kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, C, time) -> (batch, C, time)."""
        return _LocalFilters.apply(x, self.weight, self.bias)


class LocallyConnectedDense(nn.Module):
    """A dense layer of its own for each channel: ``y[c] = x[c] @ weight[c] + bias[c]``.

    Args:
        channels: number of channels C.
        units: inputs and outputs of each channel's layer.

    Shapes:
        input and output (batch, C, units); weight (C, units, units), bias (C, units).
    """

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

    def __init__(self, orientation: str) -> None:
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
        return _SumOfFilters.apply(x, weight, left) + self.bias


def max_pool(x: Tensor, size: int) -> Tensor:
    """The maximum of every `size` samples: (batch, C, time) -> (batch, C, time / size).

    Where several samples share the maximum (silence), its gradient is shared among them.
    """
    return _MaxPool.apply(x, size)


def lecun_uniform_(weight: Tensor, *, fan_in: int) -> None:
    """Fills `weight` from U(-a, a) with a = sqrt(3 / fan_in): variance 1 / fan_in."""
    nn.init.uniform_(weight, -((3 / fan_in) ** 0.5), (3 / fan_in) ** 0.5)


def glorot_uniform_(weight: Tensor, *, fan_in: int, fan_out: int) -> None:
    """Fills `weight` from U(-a, a) with a = sqrt(6 / (fan_in + fan_out))."""
    nn.init.uniform_(weight, -((6 / (fan_in + fan_out)) ** 0.5), (6 / (fan_in + fan_out)) ** 0.5)


def _windows(x: Tensor, kernel: int, left: int) -> Tensor:
    """(batch, time) -> (batch, kernel, time), contiguous: [b, k, n] = x[b, n + k - left]."""
    padded = F.pad(x, (left, kernel - 1 - left))
    return padded.unfold(-1, kernel, 1).transpose(1, 2).contiguous()


def _for_each(matrix: Tensor, batch: int) -> Tensor:
    """The same matrix for each example: a batched product stays in cache, one example a time."""
    return matrix.expand(batch, *matrix.shape)


def _sum_of_correlations(x: Tensor, weight: Tensor, left: int) -> Tensor:
    """(batch, C, time) and (C, K) -> (batch, time): each channel filtered, all channels added.

    One matrix product multiplies every sample by every tap; the filters' output is the sum along
    the diagonals of its (K, time) result. Read with rows one sample shorter than they are in
    memory, diagonals become columns, and a sum over rows adds them up.
    """
    (batch, _, time), kernel = x.shape, weight.shape[-1]
    # The taps are reversed: what belongs to one output lies one place further left in each row.
    products = torch.bmm(_for_each(weight.flip(-1).t(), batch), x)
    rows = F.pad(products, (0, kernel)).flatten(1)[:, : kernel * (time + kernel - 1)]
    full = rows.unflatten(1, (kernel, time + kernel - 1)).sum(1)
    return full[:, kernel - 1 - left :][:, :time]


class _FilterBank(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.left = (weight.shape[-1] - 1) // 2
        windows = _windows(x[:, 0], weight.shape[-1], ctx.left)
        ctx.save_for_backward(windows, weight)
        return torch.baddbmm(bias.unsqueeze(-1), _for_each(weight, len(x)), windows)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        windows, weight = ctx.saved_tensors
        grad_x = None
        if ctx.needs_input_grad[0]:
            right = weight.shape[-1] - 1 - ctx.left
            grad_x = _sum_of_correlations(grad, weight.flip(-1), right).unsqueeze(1)
        grad_weight = torch.bmm(grad, windows.transpose(1, 2)).sum(0)
        return grad_x, grad_weight, grad.sum((0, 2))


class _SumOfFilters(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, left: int) -> Tensor:
        ctx.left = left
        ctx.save_for_backward(x, weight)
        return _sum_of_correlations(x, weight, left).unsqueeze(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        kernel = weight.shape[-1]
        windows = _windows(grad[:, 0], kernel, kernel - 1 - ctx.left)
        grad_x = torch.bmm(_for_each(weight.flip(-1), len(x)), windows)
        grad_weight = torch.bmm(x, windows.transpose(1, 2)).sum(0).flip(-1)
        return grad_x, grad_weight, None


class _LocalFilters(torch.autograd.Function):
    """Correlation as a product of spectra, on a circle long enough that nothing wraps around."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        time, kernel = x.shape[-1], weight.shape[-1]
        left, size = (kernel - 1) // 2, _fft_size(time + kernel - 1)
        # Tap k acts at lag k - left; on the circle, negative lags stand at its end.
        taps = F.pad(weight, (0, size - kernel)).roll(-left, -1)
        spectrum, response = torch.fft.rfft(x, size), torch.fft.rfft(taps)
        ctx.save_for_backward(spectrum, response)
        ctx.time, ctx.kernel, ctx.left, ctx.size = time, kernel, left, size
        product = spectrum * response.conj()
        product[..., 0] += bias * size  # a constant is the spectrum's value at frequency zero
        return torch.fft.irfft(product, size)[..., :time]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        spectrum, response = ctx.saved_tensors
        grad_spectrum = torch.fft.rfft(grad, ctx.size)
        grad_x = torch.fft.irfft(grad_spectrum * response, ctx.size)[..., : ctx.time]
        # In place: this runs on tensors of several megabytes, and new memory costs more than sums.
        cross_spectrum = grad_spectrum.conj_physical_().mul_(spectrum).sum(0)
        grad_lags = torch.fft.irfft(cross_spectrum, ctx.size)
        grad_weight = grad_lags.roll(ctx.left, -1)[:, : ctx.kernel]
        return grad_x, grad_weight, grad.sum((0, 2))


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, size: int) -> Tensor:
        y = F.max_pool1d(x, size)
        ctx.size = size
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = ctx.saved_tensors
        # 1 where x is the maximum, 0 elsewhere; in floats, because sums of booleans are slow.
        winners = (x.unflatten(-1, (-1, ctx.size)) - y.unsqueeze(-1)).sign_().add_(1)
        share = grad / winners.sum(-1)
        return winners.mul_(share.unsqueeze(-1)).flatten(-2), None


def _fft_size(at_least: int) -> int:
    """The next multiple of 32 with no prime factor above 5: sizes that FFTs are quick at."""
    size = -(-at_least // 32) * 32
    while True:
        rest = size
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return size
        size += 32
