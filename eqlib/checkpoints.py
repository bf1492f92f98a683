"""Networks as files: weights in safetensors format, with all that is needed to use them again.

A checkpoint holds the weights and, as JSON in the file's header, the network's class and config,
what it was trained on (`EQNet.info`) and a hash of everything, so that a damaged file is refused.
Files are written beside their place and then renamed: a failure never costs the file that was
there. What is read is a copy: the file may be overwritten while the network is in use.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from eqlib.config import EQNetConfig
from eqlib.data.files import as_path
from eqlib.data.tensors import damaged
from eqlib.data.tensors import read as read
from eqlib.data.tensors import write as write
from eqlib.errors import EqlibError, checked
from eqlib.model import EQNet

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
"""What weights may be in a file."""

NETWORKS = {
    "EQNet": "eqlib.model",
    "FrozenEQNet": "eqlib.analysis.channels",
    "ConditionedEQNet": "eqlib.networks.conditioned",
}
"""The package's classes of network, and the module of each, imported when a file asks for it."""
_registered: dict[str, type[EQNet]] = {}


def register(kind: type[EQNet]) -> type[EQNet]:
    """Makes a class of network known by its name, so that its networks are saved and loaded.

    What such a class offers: it is made from `EQNet`; ``kind(config)`` makes a network; all that
    training or anybody else changed in it since is in its `state_dict` and its `info`; and its
    `config_type` is `EQNetConfig` or a dataclass made from it, if the config has more fields.

    Args:
        kind: the class. May be written as a decorator, and registered again, as by a cell of a
            notebook that is executed again.

    Returns:
        The class.

    Raises:
        EqlibError: if it is no such class, or has the name of one of the package's.
    """
    if not (isinstance(kind, type) and issubclass(kind, EQNet) and is_dataclass(kind.config_type)):
        raise EqlibError(
            f"{kind!r} cannot be registered",
            "a class made from EQNet, whose config_type is a dataclass",
            "Write class Mine(EQNet): ..., and register Mine itself, not a network of it.",
        )
    if kind.__name__ in NETWORKS:
        raise EqlibError(
            f"there is a class {kind.__name__} in eqlib",
            "a name of its own, for files are told apart by it",
            "Give the class another name.",
        )
    _registered[kind.__name__] = kind
    return kind


def save(net: EQNet, path: str | PathLike[str], *, dtype: torch.dtype = torch.float32) -> Path:
    """Writes a network to a file, with its class, its config and `EQNet.info`.

    Args:
        net: the network, an `EQNet` or of a class that `register` knows. One with weights that are
            not finite is refused: it answers any sound with NaN, and may be about to replace a
            file that does not.
        path: where to; by custom it ends in ".safetensors". A file that is there is replaced
            once the new one is complete.
        dtype: of the weights in the file; torch.float16 halves it. They are read as float32.

    Returns:
        The path.

    Raises:
        EqlibError: if the file cannot be written, `EQNet.info` is no JSON, the class is not known,
            or a weight is not finite or too large for `dtype`.
    """
    header = description(net)
    if not isinstance(dtype, torch.dtype) or dtype not in DTYPES:
        raise EqlibError(
            f"dtype is {dtype!r}",
            f"one of {', '.join(map(str, DTYPES))}",
            "Leave it out for float32, or give torch.float16 for a file of half the size.",
        )
    weights = {}
    for name, tensor in net.state_dict().items():
        if not tensor.is_floating_point():
            weights[name] = tensor.detach().clone()
            continue
        if not tensor.isfinite().all():
            raise EqlibError(
                f"{name} of the network has values that are NaN or infinite",
                "a network whose weights are finite numbers",
                "Load the last checkpoint that was good, or train again with a lower "
                "Recipe.learning_rate.",
            )
        # A copy, for safetensors refuses two names for one memory.
        weights[name] = tensor.detach().to(dtype, copy=True)
        if not weights[name].isfinite().all():
            raise EqlibError(
                f"{name} of the network reaches {tensor.abs().max().item():.6g}",
                f"at most {torch.finfo(dtype).max:.6g}, where {dtype} ends",
                "Save it with a dtype of a wider range: torch.float32, or torch.float64.",
            )
    return write(path, weights, header)


def load(path: str | PathLike[str], *, config: EQNetConfig | None = None) -> EQNet:
    """Reads a network that `save` wrote, or that training kept as its best.

    Args:
        path: the file.
        config: if given, the config that the network must have.

    Returns:
        The network, of the class that the file names, on the CPU and in float32, with its
        `EQNet.info`.

    Raises:
        EqlibError: for a missing, unreadable or damaged file, one that holds no network of this
            package or of a class that `register` was not told of, weights that are not finite, or
            another config than the one asked for.
    """
    if config is not None and not isinstance(config, EQNetConfig):
        raise EqlibError(
            f"config is a {type(config).__name__}",
            "an EQNetConfig, or None",
            "Leave it out: the file holds the config of its network.",
        )
    path = as_path(path)
    # Whatever mode is on around it, the network is one that can be trained.
    with torch.inference_mode(False), torch.device("cpu"):
        tensors, header = read(path)
        if "settings" in header:
            raise EqlibError(
                f"{path} is the state of a training run",
                "a network by itself",
                "Load the file beside it that ends in -best, or go on training with resume=True.",
            )
        kind = class_of(path, header)
        net = kind(config_of(path, header, kind)).float()
        if config is not None:
            check_same_config(str(path), net.config, config)
        load_weights(path, net, tensors)
    net.info = header.get("info", {})
    if not isinstance(net.info, dict):
        raise damaged(path, "what it says of the network is no list of facts")
    return net


@checked
def load_weights(path: str | PathLike[str], net: EQNet, tensors: Mapping[str, Tensor]) -> None:
    """Copies tensors into a network of the same class and config.

    Raises:
        EqlibError: if they do not fit, or are not finite as float32.
    """
    weights = {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise EqlibError(
                f"{name} in {path} has values that are NaN, infinite or too large for float32",
                "a network whose weights are finite numbers",
                "Load another checkpoint: the training that wrote this one had failed before.",
            )
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise damaged(path, str(error)) from error


def description(net: EQNet) -> dict[str, object]:
    """What a file's header says of a network: its class, config and info.

    Raises:
        EqlibError: if it is no network, or of a class that a file's name for it would not find.
    """
    if not isinstance(net, EQNet):
        raise EqlibError(
            f"net is a {type(net).__name__}",
            "a network, an EQNet",
            "The network comes first and the path after it: eqlib.save(net, path).",
        )
    name = type(net).__name__
    if _find(name) is not type(net):
        raise EqlibError(
            f"the network is of a class {name} that is not known here",
            f"one of {', '.join([*NETWORKS, *_registered])}",
            f"Call eqlib.checkpoints.register({name}) before it is saved, and before it is loaded.",
        )
    return {"network": name, "config": asdict(net.config), "info": net.info}


@checked
def class_of(path: str | PathLike[str], header: dict[str, object]) -> type[EQNet]:
    """The class of network that a file's header names; `EQNet` in files of before it did.

    Raises:
        EqlibError: for a name that is not known here.
    """
    name = header.get("network", "EQNet")
    kind = _find(name)
    if kind is None:
        raise EqlibError(
            f"{path} holds a network of the class {name!r}, which is not known here",
            f"one of {', '.join([*NETWORKS, *_registered])}",
            "If the class is yours, call eqlib.checkpoints.register with it before; else use the "
            "version of eqlib that wrote the file.",
        )
    return kind


def _find(name: object) -> type[EQNet] | None:
    if not isinstance(name, str):
        return None
    if name in NETWORKS:
        kind: type[EQNet] = getattr(importlib.import_module(NETWORKS[name]), name)
        return kind
    return _registered.get(name)


@checked
def check_same(path: str | PathLike[str], header: dict[str, object], net: EQNet) -> None:
    """Raises `EqlibError` unless a file is of a network of the same class and config."""
    kind = class_of(path, header)
    if kind is not type(net):
        raise EqlibError(
            f"{path} is of a network of the class {kind.__name__}",
            f"{type(net).__name__}, as the one that was given",
            "Give a network of the file's class, or choose another file or folder.",
        )
    check_same_config(str(path), config_of(path, header, kind), net.config)


@checked
def check_same_config(name: str, given: EQNetConfig, expected: EQNetConfig) -> None:
    """Raises `EqlibError` unless the two configs are equal, and names what differs."""
    found, wanted = asdict(given), asdict(expected)
    # A class of network may have fields that another lacks.
    differs = [key for key in found | wanted if found.get(key) != wanted.get(key)]
    if differs:
        raise EqlibError(
            f"{name} is of a network with " + ", ".join(f"{k}={found.get(k)!r}" for k in differs),
            ", ".join(f"{k}={wanted.get(k)!r}" for k in differs),
            "Load it without asking for a config, or make the network with the file's config.",
        )


@checked
def config_of(
    path: str | PathLike[str], header: dict[str, Any], kind: type[EQNet] = EQNet
) -> EQNetConfig:
    """The config that a file's header describes, for a class of network."""
    try:
        return kind.config_type(**header["config"])
    except (KeyError, TypeError) as error:
        raise EqlibError(
            f"{path} describes its network in a way this version does not know ({error})",
            f"a config with the fields of {kind.config_type.__name__}",
            "Use the version of eqlib that wrote it.",
        ) from error
