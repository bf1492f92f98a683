"""The same network written plainly in PyTorch: what eqlib's fast layers are judged by.

Nothing here is shared with eqlib but the names of the weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eqlib import EQNet, EQNetConfig


class PlainEQNet(nn.Module):
    """Layer by layer what the paper's table says, in the order it says it."""

    def __init__(self, config: EQNetConfig) -> None:
        super().__init__()
        channels, units = config.filters, config.frame // config.pool
        self.config = config
        self.conv = nn.Conv1d(1, channels, config.kernel)
        self.conv_local = nn.Conv1d(channels, channels, config.local_kernel, groups=channels)
        self.dense_local = nn.ModuleList(nn.Linear(units, units) for _ in range(channels))
        self.dense = nn.Linear(units, units)
        self.deconv_bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, *, autoencode: bool = False) -> Tensor:
        X1 = self.conv(self.same(x, self.config.kernel))
        rectified = X1**2 if self.config.rectifier == "square" else X1.abs()
        X2 = F.softplus(self.conv_local(self.same(rectified, self.config.local_kernel)))
        Z, positions = F.max_pool1d(X2, self.config.pool, return_indices=True)
        if not autoencode:
            local = [dense(Z[:, channel]) for channel, dense in enumerate(self.dense_local)]
            Z = F.softplus(self.dense(F.softplus(torch.stack(local, 1))))
        if autoencode or self.config.unpooling == "position":
            X2_hat = F.max_unpool1d(Z, positions, self.config.pool)
        else:
            X2_hat = Z.repeat_interleave(self.config.pool, -1)
        return self.deconv(X1 * X2_hat)

    def deconv(self, x: Tensor) -> Tensor:
        if self.config.orientation == "adjoint":
            full = F.conv_transpose1d(x, self.conv.weight)
            left = (self.config.kernel - 1) // 2
            return full[..., left : left + x.shape[-1]] + self.deconv_bias
        unreversed = self.conv.weight.transpose(0, 1)
        return F.conv1d(self.same(x, self.config.kernel), unreversed) + self.deconv_bias

    @staticmethod
    def same(x: Tensor, kernel: int) -> Tensor:
        return F.pad(x, ((kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2))

    def take(self, net: EQNet) -> PlainEQNet:
        """Copies the weights of an EQNet."""
        with torch.no_grad():
            self.conv.weight.copy_(net.conv.weight.unsqueeze(1))
            self.conv.bias.copy_(net.conv.bias)
            self.conv_local.weight.copy_(net.conv_local.weight.unsqueeze(1))
            self.conv_local.bias.copy_(net.conv_local.bias)
            for channel, dense in enumerate(self.dense_local):
                dense.weight.copy_(net.dense_local.weight[channel].T)
                dense.bias.copy_(net.dense_local.bias[channel])
            self.dense.load_state_dict(net.dense.state_dict())
            self.deconv_bias.copy_(net.deconv.bias)
        return self

    def gradients(self) -> dict[str, Tensor]:
        """Gradients under the names and shapes of EQNet's parameters; zero where there are none."""

        def of(parameter: Tensor) -> Tensor:
            return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad

        return {
            "conv.weight": of(self.conv.weight)[:, 0],
            "conv.bias": of(self.conv.bias),
            "conv_local.weight": of(self.conv_local.weight)[:, 0],
            "conv_local.bias": of(self.conv_local.bias),
            "dense_local.weight": torch.stack([of(d.weight).T for d in self.dense_local]),
            "dense_local.bias": torch.stack([of(d.bias) for d in self.dense_local]),
            "dense.weight": of(self.dense.weight),
            "dense.bias": of(self.dense.bias),
            "deconv.bias": of(self.deconv_bias),
        }
