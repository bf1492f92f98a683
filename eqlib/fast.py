"""The layers' arithmetic, forward and backward, in forms that are fast on a CPU; and `kept` memory.

`eqlib.layers` says what each layer does; here is how it does it quickly. Each form equals the plain
one in numbers and gradients (the tests compare them).

A step allocates and frees dozens of tensors of several megabytes. glibc gives such memory back to
the kernel at once, and gets it back page by page, each page cleared anew. PyTorch's manual advises
another allocator for that; `kept` asks the one that is there to keep what it has, which makes a
training step on Linux about a third faster.

Chapter: "Making it fast".
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def windows(x: Tensor, kernel: int, left: int) -> Tensor:
    """(batch, time) -> (batch, kernel, time), contiguous: [b, k, n] = x[b, n + k - left]."""
    padded = F.pad(x, (left, kernel - 1 - left))
    return padded.unfold(-1, kernel, 1).transpose(1, 2).contiguous()


def for_each(matrix: Tensor, batch: int) -> Tensor:
    """The same matrix for each example: a batched product stays in cache, one example a time."""
    return matrix.expand(batch, *matrix.shape)


def sum_of_correlations(x: Tensor, weight: Tensor, left: int) -> Tensor:
    """(batch, C, time) and (C, K) -> (batch, time): each channel filtered, all channels added.

    One matrix product multiplies every sample by every tap; the filters' output is the sum along
    the diagonals of its (K, time) result. Read with rows one sample shorter than they are in
    memory, diagonals become columns, and a sum over rows adds them up.
    """
    (batch, _, time), kernel = x.shape, weight.shape[-1]
    # The taps are reversed: what belongs to one output lies one place further left in each row.
    products = torch.bmm(for_each(weight.flip(-1).t(), batch), x)
    rows = F.pad(products, (0, kernel)).flatten(1)[:, : kernel * (time + kernel - 1)]
    full: Tensor = rows.unflatten(1, (kernel, time + kernel - 1)).sum(1)
    return full[:, kernel - 1 - left :][:, :time]


class Context(Protocol):
    """What forward hands over to backward; torch makes it, and has no type for it."""

    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]
    left: int
    size: int
    kernel: int
    time: int

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class Function(torch.autograd.Function):
    """PyTorch's, with a type for what `apply` returns."""

    if TYPE_CHECKING:

        @classmethod
        def apply(cls, *args: Tensor | int) -> Tensor:
            """Runs forward, and notes what backward needs."""


class FilterBank(Function):
    """A bank of FIR filters on one channel: one matrix product over all windows of the signal."""

    @staticmethod
    def forward(ctx: Context, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.left = (weight.shape[-1] - 1) // 2
        cut = windows(x[:, 0], weight.shape[-1], ctx.left)
        ctx.save_for_backward(cut, weight)
        return torch.baddbmm(bias.unsqueeze(-1), for_each(weight, len(x)), cut)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> tuple[Tensor | None, ...]:
        cut, weight = ctx.saved_tensors
        grad_x = None
        if ctx.needs_input_grad[0]:
            right = weight.shape[-1] - 1 - ctx.left
            grad_x = sum_of_correlations(grad, weight.flip(-1), right).unsqueeze(1)
        grad_weight = torch.bmm(grad, cut.transpose(1, 2)).sum(0)
        return grad_x, grad_weight, grad.sum((0, 2))


class SumOfFilters(Function):
    """Each channel filtered and all added up, as `sum_of_correlations`."""

    @staticmethod
    def forward(ctx: Context, x: Tensor, weight: Tensor, left: int) -> Tensor:
        ctx.left = left
        ctx.save_for_backward(x, weight)
        return sum_of_correlations(x, weight, left).unsqueeze(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        kernel = weight.shape[-1]
        cut = windows(grad[:, 0], kernel, kernel - 1 - ctx.left)
        grad_x = torch.bmm(for_each(weight.flip(-1), len(x)), cut)
        grad_weight = torch.bmm(x, cut.transpose(1, 2)).sum(0).flip(-1)
        return grad_x, grad_weight, None


class LocalFilters(Function):
    """Correlation as a product of spectra, on a circle long enough that nothing wraps around."""

    @staticmethod
    def forward(ctx: Context, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        time, kernel = x.shape[-1], weight.shape[-1]
        response, left, size = response_on_circle(weight, time)
        spectrum = torch.fft.rfft(x, size)
        ctx.save_for_backward(spectrum, response)
        ctx.time, ctx.kernel, ctx.left, ctx.size = time, kernel, left, size
        product = spectrum * response.conj()
        product[..., 0] += bias * size  # a constant is the spectrum's value at frequency zero
        y: Tensor = torch.fft.irfft(product, size)[..., :time]
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> tuple[Tensor | None, ...]:
        spectrum, response = ctx.saved_tensors
        grad_spectrum = torch.fft.rfft(grad, ctx.size)
        grad_x = torch.fft.irfft(grad_spectrum * response, ctx.size)[..., : ctx.time]
        # In place: this runs on tensors of several megabytes, and new memory costs more than sums.
        cross_spectrum = grad_spectrum.conj_physical_().mul_(spectrum).sum(0)
        grad_lags = torch.fft.irfft(cross_spectrum, ctx.size)
        grad_weight = grad_lags.roll(ctx.left, -1)[:, : ctx.kernel]
        return grad_x, grad_weight, grad.sum((0, 2))


def response_on_circle(weight: Tensor, time: int) -> tuple[Tensor, int, int]:
    """Spectra of filters (C, K) for signals of so many samples, taps before lag 0, and FFT size."""
    kernel = weight.shape[-1]
    left, size = (kernel - 1) // 2, fft_size(time + kernel - 1)
    # Tap k acts at lag k - left; on the circle, negative lags stand at its end.
    taps = F.pad(weight, (0, size - kernel)).roll(-left, -1)
    return torch.fft.rfft(taps), left, size


def local_filters(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The same numbers as `LocalFilters`, without gradients, in a fraction of its memory.

    One example at a time: its spectra stay in the cache, and are never there for all.
    """
    response, _, size = response_on_circle(weight, x.shape[-1])
    conjugate, constant = response.conj().resolve_conj(), bias * size
    y = torch.empty_like(x)
    for one, out in zip(x, y, strict=True):
        product = torch.fft.rfft(one, size).mul_(conjugate)
        product[..., 0] += constant
        out.copy_(torch.fft.irfft(product, size)[..., : x.shape[-1]])
    return y


def filter_bank(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The same numbers as `FilterBank`, without gradients: nothing of it needs the windows again.

    PyTorch's own convolution then cuts them in the cache, and never stores them.
    """
    kernel = weight.shape[-1]
    left = (kernel - 1) // 2
    y: Tensor = F.conv1d(F.pad(x, (left, kernel - 1 - left)), weight.unsqueeze(1), bias)
    return y


class MaxPool(Function):
    """The maximum of every few samples, and a gradient without bookkeeping of places."""

    @staticmethod
    def forward(ctx: Context, x: Tensor, size: int) -> Tensor:
        y = F.max_pool1d(x, size)
        ctx.size = size
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = ctx.saved_tensors
        # 1 where x is the maximum, 0 elsewhere; in floats, because sums of booleans are slow.
        winners = (x.unflatten(-1, (-1, ctx.size)) - y.unsqueeze(-1)).sign_().add_(1)
        share = grad / winners.sum(-1)
        return winners.mul_(share.unsqueeze(-1)).flatten(-2), None


def fft_size(at_least: int) -> int:
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


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from malloc.h
KEEP_BYTES = 2**30
# Where glibc's own adjustment of these two ends, at the latest.
USUAL_TRIM_BYTES, USUAL_MMAP_BYTES = 2**26, 2**25
_depth = 0  # training holds on to memory while its validations ask for the same


@contextmanager
def kept() -> Iterator[None]:
    """Within it, freed memory stays with the process, up to a gigabyte; afterwards, up to 64 MB.

    Does nothing where the C library is not glibc.
    """
    global _depth
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "gnu_get_libc_version"):
        yield
        return
    if _depth == 0:
        if not libc.mallopt(M_MMAP_THRESHOLD, KEEP_BYTES):
            libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES)  # more than this, older ones refuse
        libc.mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES)
            libc.mallopt(M_TRIM_THRESHOLD, USUAL_TRIM_BYTES)
