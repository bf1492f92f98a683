"""`eqlib export`: the networks that the book's pages run, as ONNX."""

from __future__ import annotations

import logging
from pathlib import Path

from eqlib.networks.onnx_export import export_onnx
from eqlib.networks.shipped import SHIPPED, pretrained


def export(folder: Path) -> None:
    """Writes the networks that ship into a folder."""
    for name in SHIPPED:
        logging.info("%s", export_onnx(pretrained(name), folder / f"{name}.onnx"))
