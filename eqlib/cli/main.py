"""The command line: `eqlib`, or `python -m eqlib`, and a command.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from pathlib import Path

from eqlib import starting
from eqlib.errors import EqlibError

EXAMPLES = """\
examples:
  eqlib apply song.wav warmer.wav --network low-shelf --strength 0.5
  eqlib apply takes/ equalized/ --network mine.safetensors --processes 2
  eqlib train --eq "peaking 500 Hz +10 dB q 0.7" --out mine.safetensors
  eqlib train --dry takes/ --wet through_box/ --out box.safetensors
  eqlib inspect box.safetensors --picture response.png

exit codes: 0 done, 1 some files could not be done, 2 a mistake in what was given, 130 stopped
"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and where the help is."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Ends the program with code 2."""
        self.exit(2, f"{self.prog}: {message}. {self.prog} --help shows what there is.\n")


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    shape = argparse.RawDescriptionHelpFormatter
    version = importlib.import_module("eqlib").__version__
    top = Parser(
        prog="eqlib",
        description="Equalize sound with a neural network, and train one.",
        epilog=EXAMPLES,
        formatter_class=shape,
    )
    top.add_argument("--version", action="version", version=f"eqlib {version}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, about: str, example: str) -> argparse.ArgumentParser:
        text = f"examples:\n  {example}\n"
        return commands.add_parser(
            name, help=about, description=about, epilog=text, formatter_class=shape
        )

    one = command(
        "apply",
        "send sound files through a network: any rate, any channels",
        "eqlib apply song.wav warmer.wav --network low-shelf --strength 0.5\n"
        "  eqlib apply takes/ equalized/ --network mine.safetensors",
    )
    one.add_argument("source", metavar="IN", help="a sound file, or a folder of them")
    one.add_argument("target", metavar="OUT", help="a new file, or a folder for them")
    _network(one, "--network", required=True)
    one.add_argument("--strength", type=float, default=1.0, help="0 to 1, how much of it (1)")
    one.add_argument("--gain", type=float, default=0.0, metavar="DB", help="of the output (0)")
    one.add_argument(
        "--cut-above",
        action="store_true",
        help="cut what lies above half of the network's rate; else it stays as it is",
    )
    one.add_argument("--subtype", help="how samples are stored: PCM_16, PCM_24, FLOAT, ...")
    cores = os.cpu_count() or 1
    one.add_argument("--processes", type=int, default=cores, help=f"for a folder ({cores})")
    _usual(one)

    one = command(
        "inspect", "say what a network is, learned and does", "eqlib inspect mine.safetensors"
    )
    _network(one, "network")
    one.add_argument("--picture", metavar="OUT", help="write its response: a .png, .svg or .pdf")
    _usual(one)

    one = command(
        "train",
        "train a network for an equalizer, or for recordings of your own gear",
        'eqlib train --eq "low shelf 200 Hz +4 dB" --out warm.safetensors\n'
        "  eqlib train --dry takes/ --wet through_box/ --out box.safetensors --seconds 900\n"
        "  eqlib train --dry takes/ --wet through_box/ --out box.safetensors --sample-rate 48000\n"
        '  eqlib train --eq "low shelf 200 Hz +4 dB" --out warm.safetensors --steps 4000 --keep\n'
        '  eqlib train --eq "low shelf 200 Hz +4 dB" --out warm.safetensors --steps 8000 --resume',
    )
    _effect(one)
    one.add_argument("--out", required=True, metavar="FILE", help="the network's file")
    one.add_argument(
        "--sample-rate",
        type=int,
        default=16_000,
        help="of the network, in Hz (16000); another takes recordings of your own",
    )
    one.add_argument(
        "--loss",
        default="mae",
        help="mae, normalized_mae, error_to_signal_ratio (counts highs more) or "
        "multi_resolution_stft (mae)",
    )
    one.add_argument("--seconds", type=float, default=180, help="to train for (180)")
    one.add_argument("--steps", type=int, help="the same in steps of the optimizer")
    one.add_argument("--seed", type=int, default=0, help="of all that is random (0)")
    one.add_argument(
        "--resume", action="store_true", help="go on with a run that was stopped or kept"
    )
    one.add_argument(
        "--keep", action="store_true", help="keep the run: --resume with more steps goes on from it"
    )
    _usual(one)

    one = command(
        "evaluate", "measure a network against its target", "eqlib evaluate mine.safetensors"
    )
    _network(one, "network")
    _effect(one)
    one.add_argument("--json", action="store_true", help="all scores, for other programs")

    one = command(
        "make-signal",
        "write a signal to play through a box: clicks, sweep, noise, notes",
        "eqlib make-signal to_play.wav --minutes 3",
    )
    one.add_argument("out", metavar="OUT", help="a new sound file")
    one.add_argument("--sample-rate", type=int, default=48_000, help="in Hz (48000)")
    one.add_argument("--minutes", type=float, default=3.0, help="of all of it (3)")
    one.add_argument("--seed", type=int, default=0, help="of the noise and the order (0)")
    _usual(one)

    one = command(
        "export",
        "write a network as ONNX, or what the book's pages run",
        "eqlib export low-shelf low-shelf.onnx --whole\n  eqlib export --pages _onnx",
    )
    _network(one, "network", nargs="?")
    one.add_argument("out", nargs="?", metavar="OUT", help="the ONNX file")
    one.add_argument(
        "--whole", action="store_true", help="it takes whole signals, instead of frames"
    )
    one.add_argument("--pages", metavar="DIR", help="all that the pages run, into this folder")
    _usual(one)
    _of_the_book(command)
    return top


def _network(one: argparse.ArgumentParser, name: str, **more: object) -> None:
    text = "low-shelf or another that ships, or a file"
    one.add_argument(name, metavar="NETWORK", help=text, **more)  # type: ignore[arg-type]


def _effect(one: argparse.ArgumentParser) -> None:
    one.add_argument("--eq", metavar="TEXT", help='such as "peaking 500 Hz +10 dB q 0.7"')
    one.add_argument("--audio", metavar="DIR", help="your recordings, instead of those that ship")
    one.add_argument("--dry", metavar="DIR", help="recordings as they went in")
    one.add_argument("--wet", metavar="DIR", help="the same as they came out, names alike")


def _usual(one: argparse.ArgumentParser) -> None:
    one.add_argument("--force", action="store_true", help="replace what is there")
    one.add_argument("--quiet", action="store_true", help="no progress bar")


def _of_the_book(command) -> None:  # type: ignore[no-untyped-def]
    one = command(
        "reproduce",
        "train what is not current, and write eqlib/experiments/results.json",
        "eqlib reproduce --only low-shelf --quick",
    )
    one.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="experiments, or kinds of them"
    )
    one.add_argument(
        "--quick", action="store_true", help="a minute a network, into the folder of --work"
    )
    one.add_argument("--device", choices=("cpu", "cuda"), help="by default a GPU if there is one")
    one.add_argument(
        "--data-parallel",
        action="store_true",
        help="under torchrun: share each batch, instead of the list of experiments",
    )
    one.add_argument(
        "--work", type=Path, default=Path("_work"), metavar="DIR", help="for runs under way"
    )
    one = command(
        "effects",
        "fit and train for the effects of its chapter, into eqlib/experiments/effects.json",
        "eqlib effects compressor",
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="effects; all for none")
    one = command(
        "dynamic",
        "fit and train for an equalizer that listens, into eqlib/experiments/dynamic.json",
        'eqlib dynamic "dilated network"',
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="methods, by their beginning")
    one = command(
        "rates",
        "train at 16, 44.1 and 48 kHz, into eqlib/experiments/rates.json",
        "eqlib rates low-shelf",
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="targets, by their beginning")
    one = command(
        "sealed",
        "the scores on recordings that nothing was chosen on, or compute them anew",
        "eqlib sealed low-shelf\n  eqlib sealed --check low-shelf",
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="targets; all for none")
    how = one.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="compute them anew, and compare")
    how.add_argument(
        "--score", action="store_true", help="score a new release, all targets, once and for all"
    )
    one = command(
        "generalize",
        "measure networks outside their training, into eqlib/experiments/generalize.json",
        'eqlib generalize repaired\n  eqlib generalize "every peak"',
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="parts, by their beginning")
    one = command(
        "style",
        "fit and train for an engineer's habit, into eqlib/experiments/style.json",
        'eqlib style "ridge regression"\n  eqlib style "with encoder"',
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="methods, by their beginning")
    one = command(
        "ears",
        "judge by ear's measures, and train on one of them, into eqlib/experiments/ears.json",
        'eqlib ears low-shelf\n  eqlib ears "trained | spectrum"',
    )
    one.add_argument("names", nargs="*", metavar="NAME", help="parts, by their beginning")
    one = command(
        "claims",
        "list what the book claims, or compute one claim anew",
        "eqlib claims\n  eqlib claims low-shelf-notes",
    )
    one.add_argument("name", nargs="?", metavar="NAME", help="of the claim to compute")
    one = command(
        "compare",
        "the shipped networks beside the paper authors' published audio",
        "eqlib compare their_files/",
    )
    one.add_argument("folder", type=Path, metavar="DIR", help="their nine WAV files")


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = parser().parse_args(arguments)
    level = logging.WARNING if getattr(options, "quiet", False) else logging.INFO
    logging.basicConfig(format="%(message)s", level=level)
    try:
        module = importlib.import_module(f"eqlib.cli.{options.command.replace('-', '_')}")
        starting.usual_interrupt()
        return int(module.run(options) or 0)
    except EqlibError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        again = {"reproduce": " The same command goes on from here."}
        again["train"] = " The same command with --resume goes on from here."
        sys.stderr.write(f"Stopped.{again.get(options.command, '')}\n")
        return 130
    except BrokenPipeError:  # whoever reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
