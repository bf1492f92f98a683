"""`eqlib export`: a network as ONNX, or what the book's pages need to run and train networks."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from eqlib.cli.common import check_new, network
from eqlib.data.files import as_path
from eqlib.errors import EqlibError
from eqlib.networks import page_training
from eqlib.networks.onnx_export import export_onnx
from eqlib.networks.shipped import SHIPPED, pretrained


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    if options.pages is not None:
        if options.network or options.out:
            given = "a network and --pages are given"
            raise EqlibError(given, "one of them", "Leave the other out.")
        export(as_path(options.pages, name="--pages"))
        return 0
    if not options.network or not options.out:
        cure = "For example: eqlib export low-shelf low-shelf.onnx."
        raise EqlibError("NETWORK or OUT is missing", "both", cure)
    out = check_new(options.out, force=options.force)
    sys.stdout.write(f"{export_onnx(network(options.network), out, whole=options.whole)}\n")
    return 0


def export(folder: Path) -> None:
    """Writes the networks that ship, and what trains new ones, into two folders in a folder."""
    networks, training = folder / "networks", folder / "training"
    for each in (networks, training):
        each.mkdir(parents=True, exist_ok=True)
    for name in SHIPPED:
        logging.info("%s", export_onnx(pretrained(name), networks / f"{name}.onnx"))
    for path in page_training.write(training):
        logging.info("%s", path)
