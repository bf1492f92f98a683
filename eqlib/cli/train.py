"""`eqlib train`: a network for an equalizer in words, or for recordings through one's own gear.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from pathlib import Path

import numpy as np

from eqlib import metrics
from eqlib.audio import check_rate
from eqlib.checkpoints import save
from eqlib.cli import recordings
from eqlib.cli.common import check_new
from eqlib.config import EQNetConfig
from eqlib.data.files import kind_at
from eqlib.data.pairs import Pairs
from eqlib.errors import EqlibError, check_number
from eqlib.model import EQNet
from eqlib.training import lock, loop
from eqlib.training.recipe import Recipe

STAGES = (("pretrain", 1 / 3), ("train", 2 / 3))
"""What each stage gets of the budget."""


def run(options: argparse.Namespace) -> int:
    """Runs the command; returns 130 if it was stopped before its end."""
    out = check_new(options.out, force=options.force or options.resume)
    folder = out.with_name(f"{out.name}.run")
    under_way = kind_at(folder) == "folder"
    if under_way and not options.resume and not options.force:
        raise EqlibError(
            f"a training for {out} is under way or kept, in {folder}",
            "a new name, or a run to go on with",
            "Add --resume to go on with it, or --force to begin anew.",
        )
    if options.resume and not under_way and kind_at(out) == "file" and not options.force:
        raise EqlibError(
            f"{out} is finished, and its run was not kept",
            "a run that was stopped, or finished with --keep",
            "Train another with a new name, or anew with --force instead of --resume; with --keep "
            "too, it can go on afterwards.",
        )
    rate = check_rate("--sample-rate", options.sample_rate)
    config, recipe = EQNetConfig().at(sample_rate=rate), Recipe(loss=options.loss)
    pairs, validation = _pairs(options, config.sample_rate)
    budget = _budget(options)
    if under_way and not options.resume:
        _swept(folder)  # what was typed is right: only now is a run that was kept given up
    net, stopped = EQNet(config, seed=options.seed), False
    for (_, share), stage in zip(STAGES, (loop.pretrain, loop.train), strict=True):
        if stage is loop.pretrain and kind_at(folder / "train-last.safetensors") == "file":
            continue  # with a larger budget it would go on, to be overwritten by what train was at
        part = {unit: max(1, round(amount * share)) for unit, amount in budget.items()}
        history = stage(
            net,
            pairs,
            validation,
            **part,  # type: ignore[arg-type]
            recipe=recipe,
            seed=options.seed,
            folder=folder,
            resume=options.resume or stage is loop.train,
            progress=not options.quiet,
        )
        if stopped := history.interrupted:
            break
    if stopped:
        sys.stderr.write("Stopped. The same command with --resume goes on from here.\n")
        return 130
    save(net, out)
    if not options.keep:
        _swept(folder)
    sys.stdout.write(_score(net, validation) + f"{out}\n")
    return 0


def _pairs(options: argparse.Namespace, sample_rate: int) -> tuple[Pairs, Pairs]:
    if (options.eq is None) == (options.dry is None) or (options.dry is None) != (
        options.wet is None
    ):
        raise EqlibError(
            "what to learn is not clear",
            "either --eq, or both of --dry and --wet",
            'For example: --eq "peaking 500 Hz +10 dB q 0.7", or --dry takes --wet through_box.',
        )
    if options.eq is None:
        if options.audio is not None:
            raise EqlibError("--audio is given with --dry", "it with --eq", "Leave it out.")
        pairs = recordings.of_gear(options.dry, options.wet, sample_rate=sample_rate)
        return recordings.divided(pairs, seed=options.seed)
    if options.audio is None:
        train, validation = (
            recordings.of_equalizer(options.eq, None, sample_rate=sample_rate, split=split)
            for split in ("train", "validation")
        )
        return train, validation
    pairs = recordings.of_equalizer(options.eq, options.audio, sample_rate=sample_rate, split="")
    return recordings.divided(pairs, seed=options.seed)


def _budget(options: argparse.Namespace) -> dict[str, float]:
    unit = "steps" if options.steps is not None else "seconds"
    amount = getattr(options, unit)
    cure = "Give it a positive number."
    return {unit: check_number(f"--{unit}", amount, above=0, cure=cure)}


def _score(net: EQNet, validation: Pairs) -> str:
    """How well it does on recordings that it did not learn from, and what doing nothing gives."""
    both = list(zip(validation.dry.views(), validation.wet.views(), strict=True))
    ours = np.mean([metrics.snr_db(wet, net.process(dry)) for dry, wet in both])
    with np.errstate(divide="ignore"):
        nothing = np.mean([min(200.0, float(metrics.snr_db(wet, dry))) for dry, wet in both])
    return f"SNR on recordings it did not hear: {ours:.1f} dB (doing nothing: {nothing:.1f} dB)\n"


def _swept(folder: Path) -> None:
    """Takes away a run's folder, if it holds nothing but its checkpoints."""
    names = {f"{stage}-{which}.safetensors" for stage, _ in STAGES for which in ("best", "last")}
    names |= {lock.NAME, lock.HOLDER}
    with contextlib.suppress(OSError):
        if {path.name for path in folder.iterdir() if path.suffix != ".tmp"} <= names:
            shutil.rmtree(folder)
