"""Tensors and what is to be known of them in one file: complete, and checked to the last bit.

The files are safetensors files; their header, JSON, also holds a hash of everything in them.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor

from eqlib.data.files import as_path, content_of, replacing
from eqlib.errors import EqlibError, checked, checked_only


@checked_only("tensors", "header")
def write(
    path: str | PathLike[str], tensors: Mapping[str, Tensor], header: Mapping[str, object]
) -> Path:
    """Writes tensors and a JSON header to a safetensors file, complete or not at all.

    Raises:
        EqlibError: if the file cannot be written, or the header cannot become JSON.
    """
    path = as_path(path)
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


def read(path: str | PathLike[str]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Reads what `write` wrote, and refuses it if a single bit has changed.

    Raises:
        EqlibError: for a missing, unreadable, damaged or foreign file.
    """
    path = as_path(path)
    content = content_of(path, expected="a checkpoint", cure="Check the path.")
    try:
        tensors = from_bytes(content)
        # Eight bytes that say how long the JSON after them is; then the tensors.
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
        header = json.loads(metadata.get("eqlib", "null"))
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(header, dict):
        raise EqlibError(
            f"{path} holds no eqlib header",
            "a file written by eqlib.save or a trainer",
            "Load other safetensors files with the program they were made for.",
        )
    if header.pop("sha256", None) != _fingerprint(tensors, header):
        raise damaged(path, "its content does not match its hash")
    return tensors, header


@checked
def damaged(path: str | PathLike[str], why: str) -> EqlibError:
    """What is said of a file that is not as it was written."""
    return EqlibError(
        f"{path} is damaged ({why})",
        "a complete safetensors file",
        "Copy or download it again, or train again: its folder may hold another checkpoint.",
    )


def _fingerprint(tensors: dict[str, Tensor], header: Mapping[str, object]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        if tensor.numel():
            digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
