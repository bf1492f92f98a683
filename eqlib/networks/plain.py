"""The network written plainly, with PyTorch's own layers: what `eqlib.model` must equal.

Nobody trains with it. It is here to be read beside the paper's table, and for the fast layers
(`eqlib.layers`) to be compared with. Chapter: "Making it fast" (book/fast.ipynb).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eqlib.config import EQNetConfig
from eqlib.errors import EqlibError
from eqlib.model import EQNet


class PlainEQNet(nn.Module):
    """Layer by layer what the paper's table says, in the order it says it.

    Args:
        config: as of `EQNet`; the paper's by default.

    Shapes:
        input and output: frames (batch, 1, frame).

    Example:
        >>> plain = PlainEQNet(net.config).take(net)  # the same function as net
    """

    def __init__(self, config: EQNetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or EQNetConfig()
        C, units = config.filters, config.units
        self.conv = nn.Conv1d(1, C, config.kernel)
        self.conv_local = nn.Conv1d(C, C, config.local_kernel, groups=C)
        self.dense_local = nn.ModuleList(nn.Linear(units, units) for _ in range(C))
        self.dense = nn.Linear(units, units)
        self.deconv_bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, *, autoencode: bool = False) -> Tensor:
        """The network as in step two, or without its latent-space DNN as in step one."""
        X1 = self.conv(self.same(x, self.config.kernel))
        rectified = X1.square() if self.config.rectifier == "square" else X1.abs()
        X2 = F.softplus(self.conv_local(self.same(rectified, self.config.local_kernel)))
        Z, positions = F.max_pool1d(X2, self.config.pool, return_indices=True)
        Z_hat = Z if autoencode else self.latent(Z)
        if autoencode or self.config.unpooling == "position":
            X2_hat = F.max_unpool1d(Z_hat, positions, (self.config.pool,))
        else:
            X2_hat = Z_hat.repeat_interleave(self.config.pool, -1)
        return self.deconv(X1 * X2_hat)

    def latent(self, Z: Tensor) -> Tensor:
        """Z -> Z_hat, both (batch, C, units), one channel after the other."""
        local = [dense(Z[:, channel]) for channel, dense in enumerate(self.dense_local)]
        return F.softplus(self.dense(F.softplus(torch.stack(local, 1))))

    def deconv(self, X1_hat: Tensor) -> Tensor:
        """(batch, C, frame) -> (batch, 1, frame), with the filters of the front-end."""
        if self.config.orientation == "adjoint":
            full = F.conv_transpose1d(X1_hat, self.conv.weight)
            left = (self.config.kernel - 1) // 2
            return full[..., left : left + X1_hat.shape[-1]] + self.deconv_bias
        filters = self.conv.weight.transpose(0, 1)
        return F.conv1d(self.same(X1_hat, self.config.kernel), filters) + self.deconv_bias

    @staticmethod
    def same(x: Tensor, kernel: int) -> Tensor:
        """Zeros at both ends, so that a convolution returns as many samples as it got."""
        return F.pad(x, ((kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2))

    def take(self, net: EQNet) -> PlainEQNet:
        """Copies the weights of an `EQNet` of the same sizes, and returns itself.

        Raises:
            EqlibError: for a network of another class, even one made from `EQNet`: what it does
                beyond these layers would be lost; and for one of another config.
        """
        if type(net) is not EQNet:
            raise EqlibError(
                f"net is a {type(net).__name__}",
                "an EQNet itself: the plain network has no more than the paper's layers",
                "Take the EQNet that it was made of.",
            )
        if net.config != self.config:
            raise EqlibError(
                f"net has {net.config}",
                f"the plain network's own, {self.config}",
                "Make the plain one with it: PlainEQNet(net.config).take(net).",
            )
        ours = dict(self.named_parameters())
        with torch.no_grad():
            for name, values in self._by_name(dict(net.named_parameters())).items():
                ours[name].copy_(values)
        return self

    def gradients(self) -> dict[str, Tensor]:
        """Its gradients, under the names and in the shapes of `EQNet`'s parameters."""
        of = {
            name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for name, parameter in self.named_parameters()
        }
        local = [f"dense_local.{channel}" for channel in range(self.config.filters)]
        return {
            "conv.weight": of["conv.weight"][:, 0],
            "conv.bias": of["conv.bias"],
            "conv_local.weight": of["conv_local.weight"][:, 0],
            "conv_local.bias": of["conv_local.bias"],
            "dense_local.weight": torch.stack([of[f"{name}.weight"].T for name in local]),
            "dense_local.bias": torch.stack([of[f"{name}.bias"] for name in local]),
            "dense.weight": of["dense.weight"],
            "dense.bias": of["dense.bias"],
            "deconv.bias": of["deconv_bias"],
        }

    @staticmethod
    def _by_name(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
        """EQNet's parameters under the names, and in the shapes, of this class."""
        renamed = {
            "conv.weight": theirs["conv.weight"].unsqueeze(1),
            "conv.bias": theirs["conv.bias"],
            "conv_local.weight": theirs["conv_local.weight"].unsqueeze(1),
            "conv_local.bias": theirs["conv_local.bias"],
            "dense.weight": theirs["dense.weight"],
            "dense.bias": theirs["dense.bias"],
            "deconv_bias": theirs["deconv.bias"],
        }
        for channel, weight in enumerate(theirs["dense_local.weight"]):
            renamed[f"dense_local.{channel}.weight"] = weight.T
            renamed[f"dense_local.{channel}.bias"] = theirs["dense_local.bias"][channel]
        return renamed
