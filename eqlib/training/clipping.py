"""Gradients that are longer than usual, cut to the usual length.

Source: P. Seetharaman et al., "AutoClip: adaptive gradient clipping for source separation
networks", MLSP 2020. Chapter: "Stage one, unsupervised".
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

NORMS = 500
"""How many of the latest gradients a new one is compared with, itself included."""


def clip_gradients(net: nn.Module, norms: list[float], quantile: float) -> None:
    """Shortens a gradient that is longer than most of the latest ones were.

    Args:
        net: the network, whose gradients are changed in place.
        norms: the lengths of the latest gradients, before they were cut; this one's is added, and
            the oldest goes once there are more than `NORMS`.
        quantile: the share of them that marks the limit; at 1 nothing is cut and nothing noted.
    """
    if quantile == 1:
        return
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm().item()
    norms.append(norm)
    del norms[:-NORMS]
    limit = np.quantile(norms, quantile).item()
    if norm > limit:
        for gradient in gradients:
            gradient.mul_(limit / norm)
