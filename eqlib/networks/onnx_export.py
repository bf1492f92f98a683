"""A trained network as an ONNX file: for the book's page, and for programs without PyTorch.

    from eqlib.networks.onnx_export import export_onnx

    export_onnx(eqlib.pretrained("low-shelf"), "low-shelf.onnx")

The file maps frames (any number, 1, frame), already under the window, to output frames of the same
shape. Cutting a signal and adding the frames up again stays with the caller, as in
`EQNet.process`: `eqlib/widgets/page/frames.js` does it in JavaScript.

It needs the packages onnx and onnxscript, which the extra "onnx" brings.

Chapter: "Results".
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import torch

from eqlib.analysis.channels import FrozenEQNet
from eqlib.data.files import as_path, replacing
from eqlib.errors import EqlibError, check_extra
from eqlib.model import EQNet
from eqlib.networks.plain import PlainEQNet


def export_onnx(net: EQNet, path: str | PathLike[str]) -> Path:
    """Writes a network as ONNX, in its plain form, complete or not at all.

    Args:
        net: the network, an `EQNet` or a `FrozenEQNet`; unpooling must be "repeat". The file is in
            float32, whatever the network is in.
        path: where to; by custom it ends in ".onnx".

    Returns:
        The path.

    Raises:
        EqlibError: if onnx or onnxscript is not installed, if it is no such network or unpools by
            position, or if the file cannot be written.
    """
    if type(net) not in (EQNet, FrozenEQNet):
        raise EqlibError(
            f"net is a {type(net).__name__}",
            "an EQNet or a FrozenEQNet, whose layers the exported form has",
            "The network comes first and the path after it: export_onnx(net, path).",
        )
    path = as_path(path)
    check_extra("onnx", "onnx", "onnxscript")
    if net.config.unpooling != "repeat":
        raise EqlibError(
            f"unpooling is {net.config.unpooling!r}",
            "'repeat', the only one that the exported form has",
            "Train a network with EQNetConfig(unpooling='repeat').",
        )
    with replacing(path) as temporary, ordinary(), quiet():
        copied = type(net)(net.config).float()
        copied.load_state_dict(net.state_dict())
        ends = EQNet(net.config).float()
        ends.load_state_dict(dict(copied.named_parameters()))
        plain = PlainEQNet(net.config).float().take(ends)
        # One product for all channels, where the plain form has 128; of this one object only.
        plain.latent = copied.latent  # type: ignore[method-assign]
        torch.onnx.export(
            plain.eval(),
            (torch.zeros(2, 1, net.config.frame),),
            str(temporary),
            dynamo=True,
            external_data=False,
            input_names=["x"],
            output_names=["y"],
            dynamic_shapes=({0: torch.export.Dim("frames", min=1, max=1 << 16)},),
        )
    return path


@contextlib.contextmanager
def ordinary() -> Iterator[None]:
    """Torch as it starts: the exporter stumbles over other modes, or writes them into the file."""
    dtype = torch.get_default_dtype()
    with torch.autocast("cpu", enabled=False), torch.device("cpu"):
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The exporter tells of packages that it would use if they were there, and of its own steps."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnx_ir", "onnxscript")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
