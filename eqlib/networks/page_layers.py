"""The layers' arithmetic, forward and backward, in forms that a page's runtime is fast at.

onnxruntime-web has no FFT worth its name and no gradients, but a good product of matrices. Here
every layer, and the gradient of each, is one product of matrices with copies around it. The batch
stands behind the channels, as (C, batch, time), so that no product needs a transposed copy.
Natively the FFT of `eqlib.fast` stays ahead; both give the same numbers (the tests compare them).

Chapter: "Making it fast".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 32
"""Samples that one row of `local_windows` yields; of 16, 32, 64 the fastest in a page."""


STEEP = 1e30
"""What makes a number large that is not as good as zero."""


def signs(x: Tensor) -> Tensor:
    """-1, 0 or 1 of each number: without the operator Sign, which onnxruntime's WebGPU lacks.

    There it would send a whole layer from the GPU to the processor and back in each step. To a
    number that is large, 1 adds nothing; and a page is quicker to divide than to clip.
    """
    steep = x * STEEP
    return steep / (steep.abs() + 1)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), from operators that a page has vectors for, as it has none for Softplus."""
    return F.relu(x) + ((-x.abs()).exp() + 1).log()


def shifted(x: Tensor, kernel: int, left: int) -> Tensor:
    """(batch, time) -> (kernel, batch * time): [k, (b, n)] = x[b, n + k - left], zeros outside.

    All frames stand in one row, with zeros between them; as many copies of it, read with rows one
    sample longer than they are, are each one sample further on. One copy more fills the last row.
    """
    time = x.shape[1]
    row = F.pad(x, (left, kernel - left)).reshape(1, -1)[:, :-1]
    copies = row.expand(kernel + 1, -1).reshape(1, -1)[:, : kernel * (row.shape[1] + 1)]
    return copies.reshape(kernel, -1, time + kernel)[:, :, :time].reshape(kernel, -1)


def sum_along_diagonals(products: Tensor, time: int, left: int) -> Tensor:
    """The adjoint of `shifted`: (kernel, batch * time) -> (batch, time).

    result[b, m] = sum_k products[k, (b, m - k + left)]. Rows that are read one sample shorter than
    they are move right, each by one sample more.
    """
    kernel = products.shape[0]
    rows = F.pad(products.reshape(kernel, -1, time), (0, kernel)).reshape(1, -1)
    full = rows[:, :-kernel].reshape(kernel, -1).sum(0)
    return F.pad(full, (0, 1)).reshape(-1, time + kernel)[:, left : left + time]


def local_windows(x: Tensor, kernel: int, left: int) -> Tensor:
    """(C, batch, time) -> (C, batch * blocks, width): what each block of `BLOCK` outputs needs.

    Row r is x[r * BLOCK - left : r * BLOCK - left + width], with width = kernel - 1 + BLOCK
    rounded up to blocks.
    """
    channels, _, time = x.shape
    blocks, wide = -(-time // BLOCK), _blocks_in_window(kernel)
    padded = F.pad(x, (left, (blocks + wide - 1) * BLOCK - time - left))
    parts = padded.reshape(-1, blocks + wide - 1, BLOCK)
    index = (torch.arange(blocks).unsqueeze(1) + torch.arange(wide)).flatten()
    return parts.index_select(1, index).reshape(channels, -1, wide * BLOCK)


def toeplitz(taps: Tensor) -> Tensor:
    """(C, kernel) -> (C, BLOCK, width): row s is the taps moved right by s.

    Each row of taps, as often as there are rows, is read with rows one sample shorter.
    """
    channels, kernel = taps.shape
    width = _blocks_in_window(kernel) * BLOCK
    rows = F.pad(taps, (0, width + 1 - kernel)).unsqueeze(1).expand(-1, BLOCK, -1)
    return rows.reshape(channels, -1)[:, : BLOCK * width].reshape(channels, BLOCK, width)


def sum_of_taps(matrices: Tensor, kernel: int) -> Tensor:
    """The adjoint of `toeplitz`: (C, BLOCK, width) -> (C, kernel), sums along diagonals."""
    channels, _, width = matrices.shape
    flat = F.pad(matrices.reshape(channels, -1), (0, BLOCK))
    return flat.reshape(channels, BLOCK, width + 1).sum(1)[:, :kernel]


def local_filters(windows: Tensor, taps: Tensor, time: int) -> Tensor:
    """Every channel's `local_windows` and its own taps (C, kernel) -> (C, batch, time)."""
    blocks = -(-time // BLOCK) * BLOCK
    filtered = windows @ toeplitz(taps).transpose(1, 2)
    return filtered.reshape(taps.shape[0], -1, blocks)[:, :, :time]


def local_taps_gradient(windows: Tensor, gradient: Tensor, kernel: int) -> Tensor:
    """From `local_windows` and the gradient (C, batch, time) of their result -> (C, kernel)."""
    channels, _, time = gradient.shape
    rows = F.pad(gradient, (0, -time % BLOCK)).reshape(channels, -1, BLOCK)
    return sum_of_taps(rows.transpose(1, 2) @ windows, kernel)


def _blocks_in_window(kernel: int) -> int:
    return -(-(kernel - 1) // BLOCK) + 1
