"""Steps of training as an ONNX graph: weights in, weights out.

Forward, backward, clipping and Adam are one ordinary graph, which any onnxruntime runs, in a page
too: no runtime that can differentiate is needed. What changes from step to step and costs nothing
(the learning rate, where the limit of the gradient's length lies) is worked out by the caller.

    export_steps(EQNetConfig(filters=16), "train", "train-16.onnx")

All weights are one row of numbers, in the order of `eqlib.networks.flat.layout`; so are both of
Adam's moments. A page copies these rows into its runtime and out of it in each run, which takes
longer than many a layer: so one run takes several steps. A GPU keeps the rows; for it there is
`export_step`.

It needs the packages onnx and onnxscript, which the extra "onnx" brings.

Chapter: "Making it fast".
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eqlib.config import EQNetConfig
from eqlib.data.files import as_path, replacing
from eqlib.errors import check_extra, checked
from eqlib.networks.flat import FlatEQNet, Stage, layout
from eqlib.networks.onnx_export import ordinary, quiet
from eqlib.networks.page_layers import signs

if TYPE_CHECKING:
    from onnx import ValueInfoProto

BETAS = (0.9, 0.999)
EPSILON = 1e-8
NORMS = 500
"""How many lengths of gradients a new one is compared with, itself included."""
ENDLESS = 3e38
"""Longer than any gradient."""


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
        norms: Tensor,
        x: Tensor,
        y: Tensor,
        weight: Tensor,
        rate: Tensor,
        correction: Tensor,
        place: Tensor,
        leaving: Tensor,
        epsilon: Tensor,
    ) -> tuple[Tensor, ...]:
        """The arguments are those of the graph; see `export_step`."""
        w = self.net.split(weights)
        output, signals = self.net.run(w, x)
        error = output - y[:, 0]
        mae = error.abs().mean()
        slope = signs(error) * weight.unsqueeze(-1) / (x.shape[0] * x.shape[2])
        gradient = self.net.gradients(w, signals, slope)
        norm = (gradient * gradient).sum().sqrt()
        limit, norms = _clipping(norms, norm, place, leaving)
        gradient = gradient * torch.where(norm > limit, limit / norm, torch.ones(()))
        mean = mean + (gradient - mean) * (1 - BETAS[0])
        square = square * BETAS[1] + gradient * gradient * (1 - BETAS[1])
        weights = weights - rate * mean / (square.sqrt() / correction + epsilon)
        return weights, mean, square, norms, mae, norm


def _clipping(norms: Tensor, norm: Tensor, place: Tensor, leaving: Tensor) -> tuple[Tensor, Tensor]:
    """The limit of a gradient's length, and the sorted lengths that the next step begins with."""
    # A new one among sorted ones: each stays, or is the new one, or is the one below.
    norms = torch.minimum(norms, torch.maximum(norm, F.pad(norms[:-1], (1, 0))))
    near = F.relu(1 - (torch.arange(NORMS).float() - place).abs())
    above = F.pad(norms[1:], (0, 1), value=ENDLESS)
    return (norms * near).sum(), torch.where(norms < leaving, norms, above)


STATE = ("weights", "mean", "square", "norms")
GIVEN = ("x", "y", "weight", "rate", "correction", "place", "leaving")
OUTPUTS = ("new_weights", "new_mean", "new_square", "new_norms", "mae", "norm")


@checked
def export_step(config: EQNetConfig, stage: Stage, path: str | PathLike[str]) -> Path:
    """Writes one step of training as ONNX, complete or not at all.

    Its inputs, all float32, P the number of weights:

    - weights, mean, square: (P,) each; the moments are zero before the first step.
    - norms: (`NORMS`,) the lengths that the latest gradients had, sorted, and `ENDLESS` in the
      places that are left; before the first step it has nothing else.
    - x, y: (batch, 1, frame), input frames and target frames, of any number.
    - weight: (batch,) of each frame in the loss: 1 for the mean absolute error.
    - rate: () the learning rate of this step, divided by 1 - 0.9 ** t in step t = 1, 2, ...
    - correction: () the square root of 1 - 0.999 ** t.
    - place: () where the limit of the gradient's length lies among the sorted lengths, this step's
      one of them: the quantile q of n lengths is at q (n - 1), between two of them if need be.
    - leaving: () which length is too old for the next step, or `ENDLESS` if none is: norms may
      have one less than `NORMS`.
    - epsilon: () Adam's, `EPSILON`. As a constant the exporter would take it for zero.

    Its outputs are the first four anew (new_weights, ...), the mean absolute error mae, and the
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
    frames = (2, 1, config.frame)
    shapes = [(count,)] * 3 + [(NORMS,), frames, frames, (2,), (), (), (), (), ()]
    # Each a tensor of its own, for the exporter takes one that comes twice for one input.
    inputs = tuple(torch.ones(shape) for shape in shapes)
    batch = {0: torch.export.Dim("frames", min=1, max=1024)}
    names = (*STATE, *GIVEN, "epsilon")
    dynamic = [batch if name in ("x", "y", "weight") else None for name in names]
    return _write(Step(config, stage), inputs, dynamic, path, names, OUTPUTS)


@checked
def export_steps(
    config: EQNetConfig,
    stage: Stage,
    path: str | PathLike[str],
    *,
    one: str | PathLike[str] | None = None,
) -> Path:
    """Writes any number of steps, one after the other, as ONNX.

    What `export_step` is given anew for each step (x, y, weight, rate, correction, place, leaving)
    has one more axis here, the first, with as many entries as there are steps; so have mae, norm.

    Args:
        config: sizes of the network.
        stage: "pretrain" or "train".
        path: where to.
        one: where to write the graph of one step, too, if anywhere.

    Returns:
        The path.

    Raises:
        EqlibError: if onnx or onnxscript is not installed, or a file cannot be written.
    """
    path = as_path(path)
    with replacing(path) as temporary:
        step = export_step(config, stage, temporary if one is None else as_path(one, name="one"))
        temporary.write_bytes(_repeated(step))
    return path


def _repeated(step: Path) -> bytes:
    """The graph of one step in an operator Scan, which hands on what a step leaves."""
    import onnx  # the extra that exports
    from onnx import compose, helper

    model = onnx.load(str(step))
    several = (*GIVEN, "mae", "norm")
    inputs, outputs = (
        [_rows(value) if value.name in several else value for value in values]
        for values in (model.graph.input, model.graph.output)
    )
    # Names of the inner graph must not be those of the outer one.
    body = compose.add_prefix_graph(model.graph, "step_")
    epsilon = body.input.pop()
    nodes = [
        helper.make_node("Identity", ["epsilon"], [epsilon.name]),
        helper.make_node(
            "Scan", [*STATE, *GIVEN], [*OUTPUTS], body=body, num_scan_inputs=len(GIVEN)
        ),
    ]
    model.graph.CopyFrom(helper.make_graph(nodes, "steps", inputs, outputs))
    content: bytes = model.SerializeToString()
    return content


def _rows(value: ValueInfoProto) -> ValueInfoProto:
    """The same with one more axis, the first."""
    from onnx import helper

    kind = value.type.tensor_type
    sizes = [size.dim_param or size.dim_value for size in kind.shape.dim]
    return helper.make_tensor_value_info(value.name, kind.elem_type, ["steps", *sizes])


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
