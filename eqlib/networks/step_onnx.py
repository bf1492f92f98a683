"""One step of training as an ONNX graph: weights in, weights out.

Forward, backward, clipping and Adam are one ordinary graph, which any onnxruntime runs, in a page
too: no runtime that can differentiate is needed. What changes from step to step and costs nothing
(the learning rate, the gradients' lengths so far) is worked out by the caller and goes in.

    export_step(EQNetConfig(filters=16), "train", "train-16.onnx")

All weights are one row of numbers, in the order of `eqlib.networks.flat.layout`; so are both of
Adam's moments.

It needs the packages onnx and onnxscript, which the extra "onnx" brings.

Chapter: "Making it fast".
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from eqlib.data.files import as_path, replacing
from eqlib.errors import check_extra, checked
from eqlib.model import EQNetConfig
from eqlib.networks.flat import FlatEQNet, Stage, layout
from eqlib.networks.onnx_export import ordinary, quiet
from eqlib.networks.page_layers import signs

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Step(nn.Module):
    """One step: loss, gradients, clipping, Adam.

    Args:
        config: the network's sizes.
        stage: "pretrain" or "train".
    """

    def __init__(self, config: EQNetConfig, stage: Stage) -> None:
        super().__init__()
        self.net = FlatEQNet(config, stage)

    def forward(
        self,
        weights: Tensor,
        mean: Tensor,
        square: Tensor,
        x: Tensor,
        y: Tensor,
        weight: Tensor,
        rate: Tensor,
        correction: Tensor,
        epsilon: Tensor,
        norms: Tensor,
        between: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The arguments are those of the graph; see `export_step`."""
        w = self.net.split(weights)
        output, signals = self.net.run(w, x)
        error = output - y[:, 0]
        mae = error.abs().mean()
        slope = signs(error) * weight.unsqueeze(-1) / (x.shape[0] * x.shape[2])
        gradient = self.net.gradients(w, signals, slope)
        norm = (gradient * gradient).sum().sqrt()
        # The quantile of the latest lengths, this one among them: wherever it stands in their
        # order, the two that the quantile lies between are these.
        lower = torch.minimum(torch.maximum(norm, norms[0]), norms[1])
        upper = torch.minimum(torch.maximum(norm, norms[1]), norms[2])
        limit = lower + (upper - lower) * between
        gradient = gradient * torch.where(norm > limit, limit / norm, torch.ones(()))
        mean = mean + (gradient - mean) * (1 - BETAS[0])
        square = square * BETAS[1] + gradient * gradient * (1 - BETAS[1])
        weights = weights - rate * mean / (square.sqrt() / correction + epsilon)
        return weights, mean, square, mae, norm


INPUTS = (
    "weights",
    "mean",
    "square",
    "x",
    "y",
    "weight",
    "rate",
    "correction",
    "epsilon",
    "norms",
    "between",
)
OUTPUTS = ("new_weights", "new_mean", "new_square", "mae", "norm")


@checked
def export_step(config: EQNetConfig, stage: Stage, path: str | PathLike[str]) -> Path:
    """Writes one step of training as ONNX, complete or not at all.

    Its inputs, all float32, P the number of weights:

    - weights, mean, square: (P,) each; the moments are zero before the first step.
    - x, y: (batch, 1, frame), input frames and target frames, of any number.
    - weight: (batch,) of each frame in the loss: 1 for the mean absolute error.
    - rate: () the learning rate of this step, divided by 1 - 0.9 ** t in step t = 1, 2, ...
    - correction: () the square root of 1 - 0.999 ** t.
    - epsilon: () Adam's, `EPSILON`. As a constant the exporter would take it for zero.
    - norms: (3,), between: (): where the limit of the gradient's length lies. Of n lengths, this
      step's and the n - 1 before it, the limit is the quantile q at place h = q (n - 1). With i the
      whole part of h: norms are numbers i - 1, i and i + 1 (from 0) of the n - 1 before, sorted,
      minus and plus infinity (as finite numbers) beyond the ends; between is the rest, h - i.

    Its outputs are the first three anew (new_weights, ...), the mean absolute error mae, and the
    length norm that the gradient had.

    Args:
        config: sizes of the network.
        stage: "pretrain", where the latent-space DNN takes no part and keeps its weights, or
            "train".
        path: where to.

    Returns:
        The path.

    Raises:
        EqlibError: if onnx or onnxscript is not installed, or the file cannot be written.
    """
    count = sum(part.size for part in layout(config))
    shapes = [(count,)] * 3 + [(2, 1, config.frame)] * 2 + [(2,), (), (), (), (3,), ()]
    # Each a tensor of its own, for the exporter takes one that comes twice for one input.
    inputs = tuple(torch.ones(shape) for shape in shapes)
    batch = {0: torch.export.Dim("frames", min=1, max=1024)}
    dynamic = [batch if name in ("x", "y", "weight") else None for name in INPUTS]
    return _write(Step(config, stage), inputs, dynamic, path, INPUTS, OUTPUTS)


@checked
def export_forward(config: EQNetConfig, stage: Stage, path: str | PathLike[str]) -> Path:
    """Writes a network without its weights, which are an input.

    Inputs weights, (P,), and x, (batch, 1, frame); output y, as x. The rest is as in `export_step`.
    """
    row = torch.zeros(sum(part.size for part in layout(config)))
    frames = torch.zeros(2, 1, config.frame)
    dynamic = [None, {0: torch.export.Dim("frames", min=1, max=1024)}]
    return _write(FlatEQNet(config, stage), (row, frames), dynamic, path, ("weights", "x"), ("y",))


def _write(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    dynamic: list[dict[int, torch.export.Dim] | None],
    path: str | PathLike[str],
    names_in: tuple[str, ...],
    names_out: tuple[str, ...],
) -> Path:
    path = as_path(path)
    check_extra("onnx", "onnx", "onnxscript")
    with replacing(path) as temporary, ordinary(), quiet():
        torch.onnx.export(
            module.eval(),
            inputs,
            str(temporary),
            dynamo=True,
            external_data=False,
            input_names=list(names_in),
            output_names=list(names_out),
            dynamic_shapes=tuple(dynamic),
        )
    return path
