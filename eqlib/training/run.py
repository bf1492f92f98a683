"""The state of a training run, and its checkpoints: what the loop in `training` works on."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from eqlib import checkpoints
from eqlib.data.pairs import Pairs
from eqlib.errors import EqlibError, check_integer, check_sample_rate
from eqlib.model import EQNet
from eqlib.training import parallel
from eqlib.training.history import History, Watcher
from eqlib.training.recipe import Budget, Recipe
from eqlib.training.sampler import FrameSampler
from eqlib.training.snapshot import fingerprint

COUNTERS = ("step", "rounds", "waited", "losses", "norms")
NORMS = 500


class Run:
    """The state of a run: all that its last checkpoint needs to go on as if never stopped."""

    def __init__(
        self,
        stage: str,
        net: EQNet,
        pairs: Pairs,
        validation: Pairs,
        recipe: Recipe | None,
        seed: int,
        budget: Budget,
        folder: str | PathLike[str] | None,
        resume: bool,
        watch: Watcher | None = None,
    ) -> None:
        check_sample_rate(
            "the validation audio", validation.dry.sample_rate, net.config.sample_rate
        )
        if validation.target != pairs.target:
            raise EqlibError(
                "the validation pairs are of another effect than the training pairs",
                "the same effect for both",
                "Make both with the same equalizer: eqlib.pair(clips, equalizer).",
            )
        self.home = next(net.parameters()).device
        device = torch.device("cuda") if torch.cuda.is_available() else self.home
        self.net, self.recipe, self.budget = net.to(device), recipe or Recipe(), budget
        parallel.prepare(self.net, self.recipe.batch)
        self.seed = check_integer("seed", seed, at_least=0, cure="Give it as an integer.")
        self.sampler = FrameSampler(pairs, net.config, device)
        self.generator = torch.Generator().manual_seed(self.seed)
        self.optimizer = self._adam()
        self.history = History(stage)
        self.watch = watch
        self.best = _weights(net)
        self.step = self.rounds = self.waited = 0
        self.losses: list[float] = []
        self.norms: list[float] = []  # of the latest gradients
        settings = {
            "stage": stage,
            "seed": self.seed,
            "recipe": asdict(self.recipe),
            "budget": asdict(budget),
            "target": pairs.target,
            "audio": fingerprint(pairs),
            "validation": fingerprint(validation),
        }
        # As they will be read again, tuples as lists, to be compared when a run is resumed.
        self.settings = json.loads(json.dumps(settings))
        self.began = time.perf_counter()
        self.folder = None if folder is None else Path(folder)
        self.writes = bool(self.folder) and parallel.is_first()
        if resume and not self.folder:
            raise EqlibError(
                "resume is True without a folder",
                "the folder that the run's checkpoints are in",
                "Pass folder=... to both the run and its continuation.",
            )
        there = [bool(self.folder) and self.path(which).exists() for which in ("best", "last")]
        parallel.wait()  # all look before the first one writes
        if resume and there[1]:
            self._restore()
        elif any(there):
            raise EqlibError(
                f"{self.folder} already holds a run of {self.history.stage}",
                "an empty folder, or resume=True",
                "Pass resume=True to go on with that run, or choose another folder.",
            )
        else:
            self.save_last()  # now, to find out whether it can, and not after 500 steps

    def path(self, which: str) -> Path:
        """The file of the "best" or "last" checkpoint."""
        return self.folder / f"{self.history.stage}-{which}.safetensors"

    def seconds(self) -> float:
        """Time spent on the run so far, before interruptions too."""
        return time.perf_counter() - self.began

    def used(self) -> float:
        """The share of the budget that is spent."""
        steps_per_epoch = -(-self.sampler.frames_per_epoch // self.recipe.batch)
        return self.budget.used(
            step=self.step, seconds=self.seconds(), steps_per_epoch=steps_per_epoch
        )

    def validate(self, mae: float, snr_db: float, *, save: bool = True) -> None:
        """Notes a validation; keeps the weights if it is the best one."""
        self.check_finite(mae)
        improved = self.history.add(
            steps=self.step,
            seconds=self.seconds(),
            train_mae=sum(self.losses) / len(self.losses) if self.losses else math.nan,
            validation_mae=mae,
            validation_snr_db=snr_db,
        )
        self.losses.clear()
        self.waited = 0 if improved else self.waited + 1
        if improved:
            self.best = _weights(self.net)
            self._describe()
            if self.writes:
                checkpoints.save(self.net, self.path("best"))
        if self.watch:  # once the best is kept, whatever happens there
            self.watch.validated(self.history, self.net)
        if self.recipe.schedule == "patience" and self.waited >= self.recipe.patience:
            self.rounds, self.waited = self.rounds + 1, 0
            self.net.load_state_dict(self.best)
            self.optimizer = self._adam()
        if save:
            self.save_last()

    def save_last(self) -> None:
        """Writes everything that a resumed run needs, if there is a folder for it."""
        if not self.writes:
            return
        tensors = {f"net.{name}": tensor for name, tensor in self.net.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{index}.{name}": tensor for name, tensor in moments.items()}
        tensors["generator"] = self.generator.get_state()
        counters = {name: getattr(self, name) for name in COUNTERS}
        header = {"config": asdict(self.net.config), "info": self.net.info} | counters
        header |= {"history": asdict(self.history), "seconds": self.seconds()}
        header |= {"settings": self.settings}
        checkpoints.write(self.path("last"), tensors, header)

    def _restore(self) -> None:
        path = self.path("last")
        tensors, header = checkpoints.read(path)
        if "settings" not in header:
            raise EqlibError(
                f"{path} is a network by itself",
                "the state of a training run",
                "Move it elsewhere: files of this name are a run's own.",
            )
        config = checkpoints.config_of(path, header)
        checkpoints.check_same_config(str(path), config, self.net.config)
        before = header["settings"]
        changed = [name for name, value in self.settings.items() if before.get(name) != value]
        if changed:
            raise EqlibError(
                f"{path} is of a run with " + ", ".join(f"another {name}" for name in changed),
                "the settings it was started with",
                "Give the same ones to go on with it, or choose another folder to start anew.",
            )
        parts: dict[str, dict[str, Any]] = {"net": {}, "best": {}, "adam": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(".")
            if part != "generator":
                parts[part][rest] = tensor
        self.net.load_state_dict(parts["net"])
        self.best = parts["best"]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in parts["adam"].items():
            index, _, moment = name.partition(".")
            moments.setdefault(int(index), {})[moment] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self.generator.set_state(tensors["generator"])
        for name in COUNTERS:
            setattr(self, name, header[name])
        self.history = History(**header["history"])
        self.net.info = header["info"]
        self.began = time.perf_counter() - header["seconds"]

    def restore_best(self) -> None:
        """Leaves the network with its best weights, on the device it came from."""
        self.net.load_state_dict(self.best)
        self.net.to(self.home)
        if self.watch:
            self.watch.ended(self.history, self.net)

    def finish(self) -> None:
        """Notes what the weights are, in the network and in its file."""
        self._describe()
        if self.writes:
            checkpoints.save(self.net, self.path("best"))
        parallel.wait()  # so that every process finds the files

    def clip_gradients(self) -> None:
        """Shortens a gradient that is longer than most of the latest ones were."""
        if self.recipe.clip_quantile == 1:
            return
        gradients = [p.grad for p in self.net.parameters() if p.grad is not None]
        norm = torch.stack([gradient.norm() for gradient in gradients]).norm().item()
        self.norms = [*self.norms[1 - NORMS :], norm]
        limit = np.quantile(self.norms, self.recipe.clip_quantile)
        if norm > limit:
            for gradient in gradients:
                gradient.mul_(limit / norm)

    def check_finite(self, error: float) -> None:
        """Ends the run if an error is not a number, for that is never the audio's fault here."""
        if not math.isfinite(error):
            raise EqlibError(
                f"the loss became {error} at step {self.step + 1} "
                f"(learning rate {self.optimizer.param_groups[0]['lr']:.3g})",
                "a finite loss; the audio is finite, so the steps were too large",
                "Lower Recipe.learning_rate. The network has its best weights from before.",
            )

    def progress_bar(self, wanted: bool) -> tqdm:
        """A bar over the budget, for `show`, unless somebody watches who shows more."""
        return tqdm(
            total=self.budget.amount,
            disable=not wanted or self.watch is not None or not parallel.is_first(),
            bar_format="{desc}: {percentage:3.0f}%|{bar:20}| {n:.0f}/{total:.0f} {unit}{postfix}",
            desc=self.history.stage,
            unit=self.budget.unit,
        )

    def show(self, bar: tqdm, mae: float | None = None) -> bool:
        """Brings the bar and whoever watches up to date; returns whether the run should end."""
        figures = {"step": self.step}
        if self.losses:
            figures["train mae"] = f"{sum(self.losses) / len(self.losses):.5f}"
        if self.history.steps:
            figures["mae"] = f"{self.history.validation_mae[-1]:.5f}"
            figures["SNR"] = f"{self.history.validation_snr_db[-1]:.1f} dB"
        bar.set_postfix(figures, refresh=False)
        bar.update(min(1.0, self.used()) * self.budget.amount - bar.n)
        if mae is None or not self.watch:
            return False
        now = {"step": self.step, "seconds": self.seconds(), "used": self.used()}
        return self.watch.stepped(self.history.stage, mae=mae, **now)

    def _adam(self) -> torch.optim.Adam:
        return torch.optim.Adam(self.net.parameters(), fused=True)

    def _describe(self) -> None:
        self.net.info["target"] = self.settings["target"]
        self.net.info[self.history.stage] = {
            "seed": self.seed,
            "recipe": asdict(self.recipe),
            "budget": asdict(self.budget),
            **self.history.scores(),
            "device": str(self.sampler.dry.device),
            "torch": torch.__version__,
        }


def _weights(net: EQNet) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}
