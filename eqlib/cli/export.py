"""`eqlib export`: what the book's pages need to run networks and to train them."""

from __future__ import annotations

import logging
from pathlib import Path

from eqlib.networks import page_training
from eqlib.networks.onnx_export import export_onnx
from eqlib.networks.shipped import SHIPPED, pretrained


def export(folder: Path) -> None:
    """Writes the networks that ship, and what trains new ones, into two folders in a folder."""
    networks, training = folder / "networks", folder / "training"
    for each in (networks, training):
        each.mkdir(parents=True, exist_ok=True)
    for name in SHIPPED:
        logging.info("%s", export_onnx(pretrained(name), networks / f"{name}.onnx"))
    for path in page_training.write(training):
        logging.info("%s", path)
