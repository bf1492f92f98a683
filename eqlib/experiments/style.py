"""How far each method comes with an engineer's habit, on recordings that it has not heard.

`run` fits and trains what `style.json`, beside this file, does not hold yet, and adds each as it is
done; `python -m eqlib style` calls it.

Chapter: "The style of an engineer".
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from filelock import FileLock

from eqlib import checkpoints, metrics
from eqlib.audio import Process
from eqlib.data.files import replacing
from eqlib.data.pairs import Pairs
from eqlib.errors import EqlibError
from eqlib.experiments import habits, sets
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval, of_difference
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.results import machine
from eqlib.experiments.table import Table, decimals
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.spectral_metrics import log_spectral_distance_db

RESULTS = Path(__file__).resolve().parent / "style.json"
HABIT = RESULTS.parent / "engineer-habit.safetensors"
"""The weights of the network with the encoder from seed 0, in half precision."""
SEEDS = {"without encoder": (0,), "with encoder": (0, 1, 2)}
MEASURES = ("snr_db", "lsd_db")

log = logging.getLogger(__name__)


class Part(TypedDict):
    """Of a method: what each recording of each set scores, and what it cost.

    `scores` holds SNR and log-spectral distance in dB, by set and recording. `validation` has what
    was tried and the mean SNR in dB: of each choice of a rival, or of a training as it went on, by
    its step. `chosen` is the one of them that was taken.
    """

    scores: dict[str, dict[str, list[float]]]
    validation: dict[str, float]
    chosen: str
    seconds: float


def parts() -> list[str]:
    """Everything that is measured: rivals by their name, networks with their seed."""
    return [*habits.RIVALS, *(f"{name}, seed {s}" for name, of in SEEDS.items() for s in of)]


def judged(pairs: Pairs, process: Process) -> dict[str, list[float]]:
    """SNR and log-spectral distance in dB of each recording, by its name."""
    found = {}
    for name, dry, wet in zip(pairs.dry.names, pairs.dry, pairs.wet, strict=True):
        output = process(dry)
        both = metrics.snr_db(wet, output), log_spectral_distance_db(wet, output)
        found[name] = [round(float(each), 2) for each in both]
    return found


def settings() -> dict[str, object]:
    """All that decides the results, as JSON."""
    found = {
        "engineer": asdict(habits.ENGINEER),
        "recipe": asdict(habits.RECIPE),
        "steps": habits.STEPS | {"pretrain": habits.PRETRAIN_STEPS},
        "left_out": [*UNHEARD, *habits.LEFT_OUT],
        "recordings": sets.recordings_hash(),
    }
    content: dict[str, object] = json.loads(json.dumps(found))
    return content


def read(path: Path = RESULTS) -> dict[str, Part]:
    """The results that are current, by part.

    Raises:
        EqlibError: if the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        measured: dict[str, Part] = found["parts"]
        current = found["settings"] == settings()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EqlibError(
            f"{path} cannot be read ({error!r})",
            "the results that `python -m eqlib style` wrote",
            "Get the file again from version control, or move it away to start anew.",
        ) from error
    return measured if current else {}


def run(names: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Fits and trains what the file of results does not hold.

    Args:
        names: of parts, or their beginnings; all for none.
        path: of the file.

    Raises:
        EqlibError: for a name that there is not, or a damaged file.
    """
    everything, wanted = parts(), list(names)
    for name in wanted:
        if not any(each.startswith(name) for each in everything):
            raise EqlibError(f"nothing is called {name!r}", f"one of {everything}", "Choose one.")
    for name in everything:
        if name in read(path) or (wanted and not any(name.startswith(each) for each in wanted)):
            continue
        part = _measured(name, path)
        means = {of: np.mean([*each.values()], 0).round(2) for of, each in part["scores"].items()}
        log.info("%s: %s", name, means)
        with FileLock(path.parent / f".{path.name}.lock"):
            content = {"machine": machine(), "settings": settings()}
            measured = read(path) | {name: part}
            ordered = {each: measured[each] for each in everything if each in measured}
            with replacing(path) as temporary:
                text = json.dumps(content | {"parts": ordered}, ensure_ascii=False)
                temporary.write_text(text.replace('}, "', '},\n "') + "\n", encoding="utf-8")


def _measured(name: str, path: Path) -> Part:
    began = time.perf_counter()
    both = habits.pairs_of("train"), habits.pairs_of("validation")
    if name in habits.RIVALS:
        fitted = habits.RIVALS[name](*both)
        process, tried, chosen = fitted.process, fitted.validation_db, fitted.chosen
    else:
        kind, seed = name.split(", seed ")
        net, history = habits.trained(kind, *both, seed=int(seed))
        scores = zip(history.steps, history.validation_snr_db, strict=True)
        tried = {str(step): round(snr_db, 2) for step, snr_db in scores}
        chosen = str(history.steps[int(np.argmin(history.validation_mae))])
        if name == "with encoder, seed 0":
            net = checkpoints.load(
                checkpoints.save(net, path.parent / HABIT.name, dtype=torch.float16)
            )
        process = net.process
    seconds = round(time.perf_counter() - began, 1)
    found = {which: judged(habits.pairs_of(which), process) for which in habits.SETS}
    return Part(scores=found, validation=tried, chosen=chosen, seconds=seconds)


def trained_network(path: Path = HABIT) -> ConditionedEQNet:
    """The network that ships: it has learned the engineer's habit.

    Raises:
        EqlibError: if the file holds another one.
    """
    net = checkpoints.load(path)
    if not isinstance(net, ConditionedEQNet):
        raise EqlibError(f"{path} holds another network", "a ConditionedEQNet", "Restore it.")
    return net


def interval(name: str, which: str, measure: str = "snr_db") -> Interval:
    """The mean of a method over recordings and, for a network, seeds; with its interval.

    Recordings are drawn by cluster (`eqlib.experiments.intervals`).

    Args:
        name: of a rival, or "with encoder" or "without encoder" for all of its seeds.
        which: "validation", "recordings" or "instruments".
        measure: "snr_db" or "lsd_db".

    Raises:
        EqlibError: for results that there are not, or another measure.
    """
    if measure not in MEASURES:
        expected = " or ".join(MEASURES)
        raise EqlibError(f"measure is {measure!r}", expected, "Choose one of them.")
    table = [of["scores"].get(which, {}) for of in _of(name)]
    if not table or not table[0]:
        cure = "Measure it: python -m eqlib style."
        raise EqlibError(f"there is no result for {name!r} on {which!r}", "one of parts()", cure)
    column = MEASURES.index(measure)
    values = [[row[each][column] for each in table[0]] for row in table]
    return mean_interval(np.array(values), [cluster_of(each) for each in table[0]])


def difference(ours: str, theirs: str, which: str) -> Interval:
    """By how many dB of SNR a method is ahead of another, on the same recordings.

    Args:
        ours: as of `interval`; each of its seeds counts.
        theirs: the mean of its seeds.
        which: as of `interval`.

    Raises:
        EqlibError: for results that there are not.
    """
    for name in (ours, theirs):
        interval(name, which)
    rows, others = ([of["scores"][which] for of in _of(name)] for name in (ours, theirs))
    mean = {each: float(np.mean([row[each][0] for row in others])) for each in others[0]}
    of_ours = [{each: pair[0] for each, pair in row.items()} for row in rows]
    return of_difference(of_ours, [mean] * len(of_ours))


def worst_db(name: str, which: str) -> float:
    """The lowest SNR in dB of any recording, from any seed."""
    return min(each[0] for of in _of(name) for each in of["scores"][which].values())


def _of(name: str) -> list[Part]:
    return [of for each, of in read().items() if each == name or each.startswith(f"{name}, seed")]


def table(measure: str = "snr_db") -> Table:
    """All methods: the mean over unheard recordings and instruments, with intervals.

    Args:
        measure: "snr_db" or "lsd_db".

    Raises:
        EqlibError: for another measure.
    """
    rows = []
    for name in [*habits.RIVALS, *SEEDS]:
        cells = [str(interval(name, which, measure)) for which in ("recordings", "instruments")]
        seeds = len(_of(name))
        of_seeds = f", {seeds} seeds" if seeds > 1 else ""
        worst = decimals(min(worst_db(name, which) for which in ("recordings", "instruments")))
        rows.append((name + of_seeds, *cells, *([worst] if measure == "snr_db" else [])))
    header = ("method", "unheard recordings", "unheard instruments")
    if measure == "snr_db":
        caption = "SNR in dB: the higher, the better. Mean, interval of 95 %, and the worst of all."
        return Table(caption, (*header, "worst"), tuple(rows))
    caption = "Log-spectral distance in dB: the smaller, the better. Mean and interval of 95 %."
    return Table(caption, header, tuple(rows))
