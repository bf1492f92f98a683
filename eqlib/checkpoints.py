"""Networks as files: weights in safetensors format, with all that is needed to use them again.

A checkpoint holds the weights and, as JSON in the file's header, the network's config, what it
was trained on (`EQNet.info`) and a hash of everything, so that a damaged file is refused. Files
are written beside their place and then renamed: a failure never costs the file that was there.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from eqlib.errors import EqlibError
from eqlib.model import EQNet, EQNetConfig


def save(net: EQNet, path: str | PathLike[str], *, dtype: torch.dtype = torch.float32) -> Path:
    """Writes a network to a file, with its config and `EQNet.info`.

    Args:
        net: the network.
        path: where to; by custom it ends in ".safetensors". A file that is there is replaced
            once the new one is complete.
        dtype: of the weights in the file; torch.float16 halves it. They are read as float32.

    Returns:
        The path.

    Raises:
        EqlibError: if the file cannot be written, or `EQNet.info` is no JSON.
    """
    weights = {name: tensor.detach().to(dtype) for name, tensor in net.state_dict().items()}
    return write(path, weights, {"config": asdict(net.config), "info": net.info})


def load(path: str | PathLike[str], *, config: EQNetConfig | None = None) -> EQNet:
    """Reads a network that `save` wrote, or that training kept as its best.

    Args:
        path: the file.
        config: if given, the config that the network must have.

    Returns:
        The network, on the CPU, with its `EQNet.info`.

    Raises:
        EqlibError: for a missing or damaged file, one that holds no network of this package, or
            one of another config than the one asked for.
    """
    tensors, header = read(path)
    if "settings" in header:
        raise EqlibError(
            f"{path} is the state of a training run",
            "a network by itself",
            "Load the file beside it that ends in -best, or go on training with resume=True.",
        )
    net = EQNet(config_of(path, header))
    if config is not None:
        check_same_config(str(path), net.config, config)
    load_weights(path, net, tensors)
    net.info = header.get("info", {})
    return net


def write(path: str | PathLike[str], tensors: dict[str, Tensor], header: dict[str, Any]) -> Path:
    """Writes tensors and a JSON header to a safetensors file, complete or not at all.

    Raises:
        EqlibError: if the file cannot be written, or the header cannot become JSON.
    """
    path = Path(path)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    try:
        header = json.loads(json.dumps(header))  # as it will be read again, and hashed then
    except (TypeError, ValueError) as error:
        raise EqlibError(
            f"{path} cannot be written, for net.info cannot become JSON ({error})",
            "an info of dicts, lists, strings, numbers, booleans and None",
            "Turn the other values of net.info into these, such as arrays by tolist().",
        ) from error
    header = {**header, "sha256": _fingerprint(tensors, header)}
    with replacing(path) as temporary:
        temporary.write_bytes(to_bytes(tensors, metadata={"eqlib": json.dumps(header)}))
    return path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place once the block is over.

    Raises:
        EqlibError: if it cannot be written. What was in the file before is then still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise EqlibError(
            f"{path} cannot be written ({error.strerror or error})",
            "a folder with free space that you may write to",
            "Choose another path; what was in the file before is still there.",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it is gone, or could never be made
            temporary.unlink()


def read(path: str | PathLike[str]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Reads what `write` wrote, and refuses it if a single bit has changed.

    Raises:
        EqlibError: for a missing, damaged or foreign file.
    """
    path = Path(path)
    if not path.is_file():
        raise EqlibError(f"there is no file {path}", "a checkpoint", "Check the path.")
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("eqlib", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(header, dict):
        raise EqlibError(
            f"{path} holds no eqlib header",
            "a file written by eqlib.save or a trainer",
            "Load other safetensors files with the program they were made for.",
        )
    if header.pop("sha256", None) != _fingerprint(tensors, header):
        raise _damaged(path, "its content does not match its hash")
    return tensors, header


def load_weights(path: str | PathLike[str], net: EQNet, tensors: dict[str, Tensor]) -> None:
    """Copies tensors into a network of the same config."""
    try:
        net.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise _damaged(path, str(error)) from error


def check_same_config(name: str, given: EQNetConfig, expected: EQNetConfig) -> None:
    """Raises `EqlibError` unless the two configs are equal, and names what differs."""
    wanted = asdict(expected)
    differs = {key: value for key, value in asdict(given).items() if value != wanted[key]}
    if differs:
        raise EqlibError(
            f"{name} is of a network with " + ", ".join(f"{k}={v!r}" for k, v in differs.items()),
            ", ".join(f"{k}={wanted[k]!r}" for k in differs),
            "Load it without asking for a config, or make the network with the file's config.",
        )


def config_of(path: str | PathLike[str], header: dict[str, Any]) -> EQNetConfig:
    """The config that a file's header describes."""
    try:
        return EQNetConfig(**header["config"])
    except (KeyError, TypeError) as error:
        raise EqlibError(
            f"{path} describes its network in a way this version does not know ({error})",
            "a config with the fields of EQNetConfig",
            "Use the version of eqlib that wrote it.",
        ) from error


def _fingerprint(tensors: dict[str, Tensor], header: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _damaged(path: str | PathLike[str], why: str) -> EqlibError:
    return EqlibError(
        f"{path} is damaged ({why})",
        "a complete safetensors file",
        "Copy or download it again, or train again: its folder may hold another checkpoint.",
    )
