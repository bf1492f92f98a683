"""`EQNet` as a function of its weights, with its gradients written out: what a page trains with.

All weights are one row of numbers, in the order of `layout`. The backward half is written by hand,
in products of matrices (`eqlib.networks.page_layers`), so that a graph of it is an ordinary one.
The tests compare it with what PyTorch derives.

Chapter: "Making it fast".
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eqlib.config import EQNetConfig
from eqlib.model import EQNet
from eqlib.networks import page_layers

Stage = Literal["pretrain", "train"]


class Part(NamedTuple):
    """One parameter in the row of all weights."""

    name: str
    shape: tuple[int, ...]
    first: int  #: where it begins
    limit: float  #: new weights are uniform between -limit and limit

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return torch.Size(self.shape).numel()


def layout(config: EQNetConfig) -> list[Part]:
    """The parameters of a network in the order of its row of weights."""
    fans = {"conv": config.kernel, "conv_local": config.local_kernel}
    parts: list[Part] = []
    with torch.device("meta"):
        shapes = {name: tuple(p.shape) for name, p in EQNet(config).named_parameters()}
    for name, shape in shapes.items():
        layer, _, kind = name.partition(".")
        variance_3 = 3 / fans[layer] if layer in fans else 6 / (2 * config.units)
        first = parts[-1].first + parts[-1].size if parts else 0
        parts.append(Part(name, shape, first, variance_3**0.5 if kind == "weight" else 0.0))
    return parts


class Signals(NamedTuple):
    """What the backward half needs of the forward one; channels first, then the batch."""

    x: Tensor  #: (kernel, batch * frame) the frames, shifted
    X1: Tensor  #: (C, batch, units, pool)
    windows: Tensor  #: of the rectified X1, see `page_layers.local_windows`
    winners: Tensor  #: (C, batch, units, pool), 1 at the maximum of each pool, else 0
    ties: Tensor  #: (C, batch, units) how many samples share it
    top: Tensor  #: (C, batch, units) those maxima, before softplus
    Z: Tensor  #: (C, batch, units)
    hidden: Tensor  #: (C, batch, units) between the two dense layers
    Z_hat: Tensor  #: (C, batch, units)
    X1_hat: Tensor  #: (C, batch * frame)


class FlatEQNet(nn.Module):
    """`EQNet` as a function of its weights, which are one row of numbers.

    Args:
        config: its sizes.
        stage: "train" for the whole network, "pretrain" for the autoencoder of stage one.

    Shapes:
        weights (P,), frames (batch, 1, frame); output (batch, 1, frame).
    """

    def __init__(self, config: EQNetConfig, stage: Stage = "train") -> None:
        super().__init__()
        self.config, self.stage, self.parts = config, stage, layout(config)
        self.by_position = stage == "pretrain" or config.unpooling == "position"
        self.left = (config.kernel - 1) // 2
        self.local_left = (config.local_kernel - 1) // 2

    def forward(self, weights: Tensor, x: Tensor) -> Tensor:
        """The network's output."""
        return self.run(self.split(weights), x)[0].unsqueeze(1)

    def split(self, row: Tensor) -> dict[str, Tensor]:
        """The parameters in a row of weights, by their names and in their shapes."""
        return {p.name: row[p.first : p.first + p.size].reshape(p.shape) for p in self.parts}

    def run(self, w: dict[str, Tensor], x: Tensor) -> tuple[Tensor, Signals]:
        """Output frames (batch, frame), and all that was met on the way."""
        c = self.config
        shifted = page_layers.shifted(x[:, 0], c.kernel, self.left)
        X1 = w["conv.weight"] @ shifted + w["conv.bias"].unsqueeze(-1)
        rows = X1.reshape(c.filters, -1, c.frame)
        rectified = rows.abs() if c.rectifier == "abs" else rows * rows
        windows = page_layers.local_windows(rectified, c.local_kernel, self.local_left)
        local = page_layers.local_filters(windows, w["conv_local.weight"], c.frame)
        envelopes = local.reshape(c.filters, -1, c.units, c.pool)
        # The bias is the same for a whole channel: added to the maxima, it costs 1 / pool.
        top = envelopes.amax(-1)
        winners, ties = self._winners(envelopes, top)
        top = top + w["conv_local.bias"].reshape(-1, 1, 1)
        Z = page_layers.softplus(top)
        hidden, Z_hat = Z, Z
        if self.stage == "train":
            by_itself = Z @ w["dense_local.weight"] + w["dense_local.bias"].unsqueeze(1)
            hidden = page_layers.softplus(by_itself)
            Z_hat = page_layers.softplus(hidden @ w["dense.weight"].T + w["dense.bias"])
        X1 = X1.reshape(c.filters, -1, c.units, c.pool)
        at_maxima = X1 * winners if self.by_position else X1
        X1_hat = (at_maxima * Z_hat.unsqueeze(-1)).reshape(c.filters, -1)
        y = self._sum(X1_hat, w["conv.weight"]) + w["deconv.bias"]
        return y, Signals(shifted, X1, windows, winners, ties, top, Z, hidden, Z_hat, X1_hat)

    def _winners(self, envelopes: Tensor, top: Tensor) -> tuple[Tensor, Tensor]:
        winners = (envelopes == top.unsqueeze(-1)).float()
        if self.by_position:
            # The first of them. In floats: integers go from a GPU to the processor and back.
            order = winners * torch.arange(self.config.pool, 0, -1).float()
            winners = (order == order.amax(-1, keepdim=True)).float()
        # Where several samples share the maximum, so do they its gradient.
        return winners, winners.sum(-1)

    def _sum(self, X1_hat: Tensor, filters: Tensor) -> Tensor:
        """The synthesis: each channel through its filter once more, and all added up."""
        c = self.config
        left = self.left if c.orientation == "adjoint" else c.kernel - 1 - self.left
        products = self._back(filters).T @ X1_hat
        return page_layers.sum_along_diagonals(products, c.frame, left)

    def _back(self, filters: Tensor) -> Tensor:
        """The filters as the synthesis takes them, whose sum is along the adjoint's diagonals."""
        return filters if self.config.orientation == "adjoint" else filters.flip(-1)

    def gradients(self, w: dict[str, Tensor], s: Signals, slope: Tensor) -> Tensor:
        """The loss's gradient by all weights, as one row.

        Args:
            w: the weights.
            s: the signals of `run`.
            slope: (batch, frame), the loss's gradient by the output frames.
        """
        c = self.config
        g: dict[str, Tensor] = {"deconv.bias": slope.sum().reshape(1)}
        # Back through the synthesis: what each sample of X1_hat does to the output.
        if c.orientation == "adjoint":
            slopes = page_layers.shifted(slope, c.kernel, self.left)
        else:
            slopes = page_layers.shifted(slope, c.kernel, c.kernel - 1 - self.left)
        by_X1_hat = (self._back(w["conv.weight"]) @ slopes).reshape(s.X1.shape)
        filters = self._back(F.linear(s.X1_hat, slopes))
        # Through the product with the residual.
        if self.by_position:
            by_X1_hat = by_X1_hat * s.winners
        by_Z = (by_X1_hat * s.X1).sum(-1)
        by_X1 = by_X1_hat * s.Z_hat.unsqueeze(-1)
        if self.stage == "train":
            by_Z = self._latent_gradients(g, w, s, by_Z)
        # Through pooling and softplus, whose derivative is the sigmoid, and the envelopes.
        by_top = by_Z * s.top.sigmoid()
        g["conv_local.bias"] = by_top.sum((1, 2))
        by_local = s.winners * (by_top / s.ties).unsqueeze(-1)
        by_local = by_local.reshape(c.filters, -1, c.frame)
        g["conv_local.weight"] = page_layers.local_taps_gradient(
            s.windows, by_local, c.local_kernel
        )
        back = page_layers.local_windows(
            by_local, c.local_kernel, c.local_kernel - 1 - self.local_left
        )
        taps = w["conv_local.weight"].flip(-1)
        by_rectified = page_layers.local_filters(back, taps, c.frame).reshape(s.X1.shape)
        sign = page_layers.signs(s.X1) if c.rectifier == "abs" else 2 * s.X1
        by_X1 = (by_X1 + by_rectified * sign).reshape(c.filters, -1)
        # In two sums: down the columns first, where a page adds several at once.
        g["conv.bias"] = by_X1.reshape(c.filters, -1, c.units).sum(1).sum(-1)
        g["conv.weight"] = filters + F.linear(by_X1, s.x)
        # The parameters that this stage leaves alone have no gradient.
        rows = [g[name] if name in g else 0 * weight for name, weight in w.items()]
        return torch.cat([row.reshape(-1) for row in rows])

    def _latent_gradients(
        self, g: dict[str, Tensor], w: dict[str, Tensor], s: Signals, by_Z_hat: Tensor
    ) -> Tensor:
        """Back through the two dense layers, from Z_hat to Z; adds their gradients to g."""
        # The derivative of softplus, from its result: sigmoid(a) = 1 - exp(-softplus(a)).
        by_output = by_Z_hat * (1 - (-s.Z_hat).exp())
        flat, hidden = (t.reshape(-1, self.config.units) for t in (by_output, s.hidden))
        g["dense.weight"], g["dense.bias"] = flat.T @ hidden, flat.sum(0)
        by_hidden = (by_output @ w["dense.weight"]) * (1 - (-s.hidden).exp())
        g["dense_local.weight"] = s.Z.transpose(1, 2) @ by_hidden
        g["dense_local.bias"] = by_hidden.sum(1)
        return by_hidden @ w["dense_local.weight"].transpose(1, 2)
