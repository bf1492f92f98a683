"""A trained network as an ONNX file: for the book's page, and for programs without PyTorch.

    from eqlib.onnx_export import export_onnx

    export_onnx(eqlib.pretrained("low-shelf"), "low-shelf.onnx")

The file maps frames (any number, 1, frame), already under the window, to output frames of the same
shape. Cutting a signal and adding the frames up again stays with the caller, as in
`EQNet.process`: `eqlib/page/frames.js` does it in JavaScript.

It needs the packages onnx and onnxscript: ``pip install "eqlib[onnx]"``. Chapter: "Results".
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import os
import warnings
from os import PathLike
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eqlib.errors import EqlibError
from eqlib.model import EQNet


class DirectForm(nn.Module):
    """The network in torch's own operations, which every runtime knows, with the same weights."""

    def __init__(self, net: EQNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, frame), both ways, as `EQNet.forward`."""
        net, config = self.net, self.net.config
        left = (config.kernel - 1) // 2
        X1 = F.conv1d(_padded(x, config.kernel, left), net.conv.weight.unsqueeze(1), net.conv.bias)
        rectified = _padded(net.rectify(X1), config.local_kernel, (config.local_kernel - 1) // 2)
        taps, bias = net.conv_local.weight.unsqueeze(1), net.conv_local.bias
        envelopes = F.conv1d(rectified, taps, bias, groups=config.filters)
        Z_hat = net.latent(F.softplus(F.max_pool1d(envelopes, config.pool)))
        X1_hat = (X1.unflatten(-1, (-1, config.pool)) * Z_hat.unsqueeze(-1)).flatten(-2)
        weight = net.conv.weight
        if config.orientation == "adjoint":
            weight, left = weight.flip(-1), config.kernel - 1 - left
        return F.conv1d(_padded(X1_hat, config.kernel, left), weight.unsqueeze(0), net.deconv.bias)


def export_onnx(net: EQNet, path: str | PathLike[str]) -> Path:
    """Writes a network as ONNX, complete or not at all.

    Args:
        net: the network; unpooling must be "repeat".
        path: where to; by custom it ends in ".onnx".

    Returns:
        The path.

    Raises:
        EqlibError: if onnx or onnxscript is not installed, if the network unpools by position, or
            if the file cannot be written.
    """
    path = Path(path)
    missing = [name for name in ("onnx", "onnxscript") if importlib.util.find_spec(name) is None]
    if missing:
        raise EqlibError(
            f"{' and '.join(missing)} cannot be imported",
            "the packages that torch exports with",
            'Install them: pip install "eqlib[onnx]".',
        )
    if net.config.unpooling != "repeat":
        raise EqlibError(
            f"unpooling is {net.config.unpooling!r}",
            "'repeat', the only one that the exported form has",
            "Train a network with EQNetConfig(unpooling='repeat').",
        )
    example = torch.zeros(2, 1, net.config.frame)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _quiet():
            torch.onnx.export(
                DirectForm(net).eval(),
                (example,),
                str(temporary),
                dynamo=True,
                external_data=False,
                input_names=["x"],
                output_names=["y"],
                dynamic_shapes=({0: torch.export.Dim("frames", min=1, max=1 << 16)},),
            )
        os.replace(temporary, path)
    except OSError as error:
        raise EqlibError(
            f"{path} cannot be written ({error.strerror or error})",
            "a folder with free space that you may write to",
            "Choose another path; what was in the file before is still there.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return path


def _padded(x: Tensor, kernel: int, left: int) -> Tensor:
    return F.pad(x, (left, kernel - 1 - left))


@contextlib.contextmanager
def _quiet():
    """The exporter tells of packages that it would use if they were there, and of its own steps."""
    level = logging.getLogger("torch.onnx").level
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        try:
            yield
        finally:
            logging.getLogger("torch.onnx").setLevel(level)
