"""The command line: `python -m eqlib` and reproduce, compare DIR or export DIR."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from eqlib.cli import export, reproduce
from eqlib.errors import EqlibError
from eqlib.experiments import authors


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns 0, 2 for a user's mistake, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m eqlib")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "reproduce", help="train what is not current, and write eqlib/experiments/results.json"
    )
    train.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="experiments, or kinds of them"
    )
    train.add_argument(
        "--quick", action="store_true", help="a minute a network, into the folder of --work"
    )
    train.add_argument("--device", choices=("cpu", "cuda"), help="by default a GPU if there is one")
    train.add_argument(
        "--data-parallel",
        action="store_true",
        help="under torchrun: share each batch, instead of the list of experiments",
    )
    train.add_argument(
        "--work", type=Path, default=Path("_work"), metavar="DIR", help="for runs under way"
    )
    against = commands.add_parser(
        "compare", help="the shipped networks beside the paper authors' published audio"
    )
    against.add_argument("folder", type=Path, metavar="DIR", help="their nine WAV files")
    page = commands.add_parser("export", help="what the book's pages run, as ONNX")
    page.add_argument("folder", type=Path, metavar="DIR", help="where the files go")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        if options.command == "compare":
            sys.stdout.write(authors.as_text(authors.compare(options.folder)))
        elif options.command == "export":
            export.export(options.folder)
        else:
            reproduce.run(options)
    except EqlibError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command goes on from here.\n")
        return 130
    return 0
