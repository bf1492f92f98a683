"""A trained network as an ONNX file: for the book's page, and for programs without PyTorch.

    from eqlib.networks.onnx_export import export_onnx

    export_onnx(eqlib.pretrained("low-shelf"), "low-shelf.onnx")

The file maps frames (any number, 1, frame), already under the window, to output frames of the same
shape. Cutting a signal and adding the frames up again stays with the caller, as in
`EQNet.process`: `eqlib/widgets/page/frames.js` does it in JavaScript. With ``whole=True`` the file
does that itself. Its metadata tells sample_rate, frame, hop, window, and the target as JSON. A
network with a "setting" controller has a second input: s, (any number, settings), what its
controller hears beside each frame.

It needs the packages onnx and onnxscript, which the extra "onnx" brings.

Chapters: "Results", "Does it generalize?".
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import fields
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from eqlib.analysis.channels import FrozenEQNet
from eqlib.config import EQNetConfig
from eqlib.data.files import as_path, replacing
from eqlib.errors import EqlibError, check_extra, checked_only
from eqlib.model import EQNet
from eqlib.networks import onnx_whole
from eqlib.networks.conditioned import PAST, ConditionedEQNet
from eqlib.networks.plain import PlainEQNet


@checked_only("whole")
def export_onnx(net: EQNet, path: str | PathLike[str], *, whole: bool = False) -> Path:
    """Writes a network as ONNX, in its plain form, complete or not at all.

    Args:
        net: the network, an `EQNet`, a `FrozenEQNet`, or a `ConditionedEQNet` whose controller
            hears a "setting" or a "spectrum"; unpooling must be "repeat". The file is in float32,
            whatever the network is in.
        path: where to; by custom it ends in ".onnx".
        whole: whether the file is to take whole signals, (channels, samples) of any length, and
            return what `EQNet.process` does, instead of frames.

    Returns:
        The path.

    Raises:
        EqlibError: if onnx or onnxscript is not installed, if it is no such network or unpools by
            position, for a whole signal through a network that hears either, or if the file
            cannot be written.
    """
    knobs = isinstance(net, ConditionedEQNet) and net.config.controller not in PAST
    if type(net) not in (EQNet, FrozenEQNet) and not (knobs and type(net) is ConditionedEQNet):
        raise EqlibError(
            f"net is a {type(net).__name__}",
            "an EQNet, a FrozenEQNet, or a ConditionedEQNet that hears a setting or a spectrum, "
            "whose layers the exported form has",
            "The network comes first and the path after it: export_onnx(net, path).",
        )
    if whole and isinstance(net, ConditionedEQNet):
        raise EqlibError(
            f"whole is True for a network that hears a {net.config.controller}",
            "whole=False, for what it hears is given beside each frame",
            "Cut the frames yourself, and give the file a row of numbers with each.",
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
        frames = {0: torch.export.Dim("frames", min=1, max=1 << 16)}
        x, form = torch.zeros(2, 1, net.config.frame), plain_form(copied)
        hears = copied.config.inputs if isinstance(copied, ConditionedEQNet) else None
        s = () if hears is None else (torch.zeros(2, hears),)
        torch.onnx.export(
            form.eval(),
            (x, *s),
            str(temporary),
            dynamo=True,
            external_data=False,
            input_names=["x", "s"][: 1 + len(s)],
            output_names=["y"],
            dynamic_shapes=(frames,) * (1 + len(s)),
        )
        if whole:
            onnx_whole.wrap(temporary, net)
        else:
            _describe(temporary, net)
    return path


def plain_form(net: EQNet) -> nn.Module:
    """A network in layers that the exporter knows, with the same weights."""
    config = EQNetConfig(**{of.name: getattr(net.config, of.name) for of in fields(EQNetConfig)})
    ends = EQNet(config).float()
    own = dict(net.named_parameters())
    ends.load_state_dict({name: own[name] for name in ends.state_dict()})
    plain = PlainEQNet(config).float().take(ends)
    # One product for all channels, where the plain form has 128; of this one object only.
    plain.latent = net.latent  # type: ignore[method-assign]
    return _Knobs(plain, net) if isinstance(net, ConditionedEQNet) else plain


class _Knobs(nn.Module):
    """A plain network whose faders a setting or a spectrum moves."""

    def __init__(self, plain: PlainEQNet, net: ConditionedEQNet) -> None:
        super().__init__()
        self.plain, self.net, latent = plain, net, plain.latent
        self.moved = torch.ones(1)
        plain.latent = lambda Z: latent(Z) * self.moved  # type: ignore[method-assign]

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """(frames, 1, frame) and (frames, inputs) to (frames, 1, frame)."""
        self.moved = self.net.factors(s).unsqueeze(-1)
        y: Tensor = self.plain(x)
        return x + (y - self.plain.deconv_bias) if self.net.config.change else y


def _describe(path: Path, net: EQNet) -> None:
    """Writes into the file what its user has to know: rate, frame, hop, window and target."""
    import onnx  # the extra that exports

    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, onnx_whole.facts(net))
    path.write_bytes(model.SerializeToString())


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
