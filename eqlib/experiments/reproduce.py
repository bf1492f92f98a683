"""Trains every network of the book from its seed, scores it, and keeps one file of results.

It can be stopped at any moment and started again: what is finished is not done twice, and what was
under way goes on from its last checkpoint. Several processes may run it at once, on one machine or
on several that share the folder: each takes the next experiment that nobody has taken.

Chapter: "Results".
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout

from eqlib import checkpoints, metrics
from eqlib.analysis import timing
from eqlib.data.files import writing_in
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE
from eqlib.experiments import scores
from eqlib.experiments import sets as sets_of
from eqlib.experiments.entries import Entry, Weights
from eqlib.experiments.plan import Experiment
from eqlib.experiments.results import RESULTS, add, file_hash, machine, read_results, rounded
from eqlib.experiments.settings import full
from eqlib.model import EQNet
from eqlib.networks.shipped import WEIGHTS_FOLDER
from eqlib.training import loop, parallel
from eqlib.training.history import History

QUICK_SECONDS = (15.0, 45.0)
HALF_PRECISION_LIMIT_DB = 0.1

log = logging.getLogger(__name__)


def reproduce(
    chosen: Sequence[Experiment],
    *,
    results: Path = RESULTS,
    weights: Path = WEIGHTS_FOLDER,
    work: Path = Path("_work"),
    quick: bool = False,
    progress: bool = True,
) -> None:
    """Trains and scores the experiments whose results are not current.

    Args:
        chosen: the experiments, from `eqlib.experiments.plan`.
        results: the file that each entry is added to as soon as it is known.
        weights: where the networks of the targets go.
        work: where runs under way keep their checkpoints.
        quick: give each network a minute, whatever its steps are.
        progress: show a bar for each run; the plan and the time left go to `logging`.

    Raises:
        EqlibError: if the results file is damaged, or something cannot be written.
        KeyboardInterrupt: after Ctrl-C, when the run under way has saved its state.
    """
    todo = [e for e in chosen if not is_current(e, results=results, weights=weights, quick=quick)]
    log.info("%d of %d experiments are current", len(chosen) - len(todo), len(chosen))
    began, done = time.perf_counter(), 0
    for number, experiment in enumerate(todo):
        left = _time_left(time.perf_counter() - began, done, sum(map(_steps, todo[number:])))
        log.info("%s (%d of %d)%s", experiment.name, number + 1, len(todo), left)
        folder = work / _folder_name(experiment, quick)
        with _Claim(folder) as claim:
            stale = claim.ours and not is_current(
                experiment, results=results, weights=weights, quick=quick
            )
            if parallel.highest(stale):
                _one(experiment, folder, results, weights, quick, progress)
                done += _steps(experiment)
    parallel.wait()
    undone = [e for e in todo if not is_current(e, results=results, weights=weights, quick=quick)]
    if undone:
        names = ", ".join(experiment.name for experiment in undone)
        log.warning("in the hands of other processes, and not done: %s", names)


def is_current(experiment: Experiment, *, results: Path, weights: Path, quick: bool) -> bool:
    """Whether the results file holds this experiment as it is now, and its weights are there."""
    entry: Entry = read_results(results)["networks"].get(experiment.name, {})
    if not _same_settings(experiment, entry, quick):
        return False
    if _lacks_baselines(experiment, entry) or _lacks_heard(experiment, entry):
        return False
    return experiment.kind != "target" or _weights_match(experiment, entry, weights)


def _one(
    experiment: Experiment,
    folder: Path,
    results: Path,
    weights: Path,
    quick: bool,
    progress: bool,
) -> None:
    """Trains, scores and writes one experiment."""
    pairs = pair(experiment.train_clips(), experiment.eq)
    validation = pair(experiment.validation_clips(), experiment.eq)
    before: Entry = read_results(results)["networks"].get(experiment.name, {})
    trained = _same_settings(experiment, before, quick) and (
        experiment.kind != "target" or _weights_match(experiment, before, weights)
    )
    # Where it is trained, only its baselines are of another time.
    made = None if trained else _train(experiment, pairs, validation, folder, quick, progress)
    if not parallel.is_first():
        return
    entry = before
    sets = {name: pair(c, experiment.eq) for name, c in experiment.test_clips().items()}
    if made:
        net, histories = made
        entry = _describe(experiment, net, histories, quick)
        if experiment.kind == "target":
            path = weights / f"{experiment.name}.safetensors"
            entry["weights"] = _ship(net, validation, path)
            net = checkpoints.load(path)  # the scores are of the file that ships
        entry["run_seconds"] = timing.seconds_for_one(net.process, net.config.sample_rate)
        entry["scores"] = scores.on(sets, net.process)
    if _lacks_heard(experiment, entry):
        process = checkpoints.load(weights / f"{experiment.name}.safetensors").process
        heard = pair(sets_of.heard("train", experiment.left_out), experiment.eq)
        entry["scores"] |= scores.on({"heard": heard}, process)
    if _lacks_baselines(experiment, entry):
        methods = scores.baselines(pairs, validation, sets)
        entry["baselines"] = {"version": scores.BASELINES_VERSION, "methods": methods}
    add(results, experiment.name, entry)
    shutil.rmtree(folder, ignore_errors=True)
    snr = {name: f"{of['snr_db']:.1f}" for name, of in entry["scores"].items()}
    log.info("%s: SNR in dB %s", experiment.name, snr)


def _train(
    experiment: Experiment,
    pairs: Pairs,
    validation: Pairs,
    folder: Path,
    quick: bool,
    progress: bool,
) -> tuple[EQNet, list[History]]:
    """Both steps of training, or their continuation."""
    net, histories = EQNet(experiment.config, seed=experiment.seed), []
    steps = (experiment.pretrain_steps, experiment.train_steps)
    for run, count, seconds in zip((loop.pretrain, loop.train), steps, QUICK_SECONDS, strict=True):
        if count:
            history = run(
                net,
                pairs,
                validation,
                steps=None if quick else count,
                seconds=seconds if quick else None,
                recipe=experiment.recipe,
                seed=experiment.seed,
                folder=folder,
                resume=True,
                progress=progress,
            )
            if history.interrupted:
                raise KeyboardInterrupt
            histories.append(history)
    return net, histories


def _describe(experiment: Experiment, net: EQNet, histories: list[History], quick: bool) -> Entry:
    entry: Entry = {
        "kind": experiment.kind,
        "target": experiment.target,
        "equalizer": experiment.eq.describe(),
        "label": experiment.label,
        "seed": experiment.seed,
        "parameters": sum(p.numel() for p in net.parameters()),
        "steps": sum(history.steps[-1] for history in histories),
        "seconds": round(sum(history.seconds[-1] for history in histories), 1),
        "processes": parallel.processes(),
        "threads": torch.get_num_threads(),
        "machine": machine(),
        "torch": torch.__version__,
        "settings": _settings(experiment, quick),
    }
    if experiment.kind != "seed":  # there are many, and no figure draws theirs
        entry["history"] = {history.stage: rounded(asdict(history)) for history in histories}
    return entry


def _ship(net: EQNet, validation: Pairs, path: Path) -> Weights:
    """Writes the weights, in half precision if that costs no more than 0.1 dB."""

    def snr_db(network: EQNet) -> float:
        outputs = map(network.process, validation.dry)
        return float(
            np.mean([metrics.snr_db(*b) for b in zip(validation.wet, outputs, strict=True)])
        )

    checkpoints.save(net, path, dtype=torch.float16)
    cost_db = snr_db(net) - snr_db(checkpoints.load(path))
    half = cost_db < HALF_PRECISION_LIMIT_DB
    if not half:
        checkpoints.save(net, path)
    return {
        "file": path.name,
        "sha256": file_hash(path),
        "precision": "half" if half else "single",
        "half_precision_costs_db": round(cost_db, 4),
    }


def _lacks_baselines(experiment: Experiment, entry: Entry) -> bool:
    wanted = experiment.kind in ("target", "left-out")  # the others' are the target's
    return wanted and entry.get("baselines", {}).get("version") != scores.BASELINES_VERSION


def _lacks_heard(experiment: Experiment, entry: Entry) -> bool:
    """Whether the notes that it learned from are still to be scored: those of four targets are."""
    wanted = experiment.kind == "target" and experiment.name in REFERENCE
    return wanted and "heard" not in entry.get("scores", {})


def _weights_match(experiment: Experiment, entry: Entry, weights: Path) -> bool:
    path = weights / f"{experiment.name}.safetensors"
    return path.exists() and file_hash(path) == entry.get("weights", {}).get("sha256")


def _settings(experiment: Experiment, quick: bool) -> dict[str, object]:
    return experiment.settings() | ({"quick_seconds": list(QUICK_SECONDS)} if quick else {})


def _same_settings(experiment: Experiment, entry: Entry, quick: bool) -> bool:
    """By their meaning: older entries hold all settings, newer ones those that are not usual."""
    return full(entry.get("settings", {})) == full(_settings(experiment, quick))


def _folder_name(experiment: Experiment, quick: bool) -> str:
    """Another one for other settings, so that a run never goes on from what does not fit."""
    text = json.dumps(_settings(experiment, quick), sort_keys=True)
    name = "".join(c if c.isalnum() else "-" for c in experiment.name)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _steps(experiment: Experiment) -> int:
    return experiment.pretrain_steps + experiment.train_steps


def _time_left(seconds: float, done: int, left: int) -> str:
    """From what this process has trained so far, and how many share what is left."""
    if not done:
        return ""
    sharing = parallel.told("WORLD_SIZE", usually=1) / parallel.processes()
    return f", about {seconds / done * left / sharing / 60:.0f} min left"


class _Claim:
    """Takes an experiment, unless another process has it; a killed process lets go of it."""

    def __init__(self, folder: Path) -> None:
        self.lock = None
        if parallel.is_first():
            self.lock = FileLock(folder.with_name(folder.name + ".lock"), timeout=0)

    def __enter__(self) -> _Claim:
        self.ours = self.lock is not None
        if self.lock:
            with writing_in(Path(self.lock.lock_file).parent):
                try:
                    self.lock.acquire()
                except Timeout:  # an OSError too
                    self.ours = False
        return self

    def __exit__(self, *_: object) -> None:
        if self.lock and self.ours:
            self.lock.release()
