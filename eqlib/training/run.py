"""The state of a training run: what the loop in `eqlib.training.loop` works on."""

from __future__ import annotations

import json
import logging
import math
import time
from contextlib import ExitStack
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from types import TracebackType

import torch
from torch import Tensor

from eqlib import checkpoints
from eqlib.data.files import as_path
from eqlib.data.pairs import Pairs
from eqlib.equalizers.settings import as_written_today
from eqlib.errors import EqlibError
from eqlib.model import EQNet
from eqlib.training import checks, lock, parallel, snapshot
from eqlib.training.history import History, Watcher
from eqlib.training.recipe import Budget, Recipe
from eqlib.training.sampler import FrameSampler


class Run:
    """The state of a run: all that its last checkpoint needs to go on as if never stopped.

    Making one checks everything and changes nothing. Within ``with run`` the network is on its
    device; however that ends, it has its best weights, and is back where it came from.

    Raises:
        EqlibError: for whatever `eqlib.pretrain` refuses.
    """

    def __init__(
        self,
        stage: str,
        net: EQNet,
        pairs: Pairs,
        validation: Pairs,
        *,
        recipe: Recipe | None,
        seed: int,
        budget: Budget,
        folder: str | PathLike[str] | None,
        resume: bool,
        watch: Watcher | None,
        device: str | torch.device | None,
    ) -> None:
        checks.check_pairs(pairs, validation, sample_rate=net.config.sample_rate)
        checks.check_recipe(recipe)
        checks.check_watcher(watch)
        self.net, self.pairs, self.validation = net, pairs, validation
        self.recipe, self.budget, self.watch = recipe or Recipe(), budget, watch
        self.seed = checks.check_seed(seed)
        checks.check_resume(resume, folder)
        self.folder = None if folder is None else as_path(folder, name="folder")
        self.home = next(net.parameters()).device
        self.device = checks.choose_device(device, self.home)
        parallel.check_batch(self.recipe.batch)

        self.history = History(stage)
        self.step = self.rounds = self.waited = 0
        self.losses: list[float] = []
        self.norms: list[float] = []  # of the latest gradients
        settings = {
            "stage": stage,
            "seed": self.seed,
            "recipe": asdict(self.recipe),
            "budget": asdict(budget),
            "target": as_written_today(pairs.target),
            "audio": snapshot.fingerprint(pairs),
            "validation": snapshot.fingerprint(validation),
        }
        # As they will be read again, tuples as lists, to be compared when a run is resumed.
        self.settings = json.loads(json.dumps(settings))
        self.resume = resume
        self._find()

    def _find(self) -> snapshot.Snapshot | None:
        """What there is to go on from, or an error if it must not be overwritten."""
        files = [self.path(which) for which in ("best", "last")] if self.folder else []
        return snapshot.find(files, self.net, self.settings, resume=self.resume)

    def __enter__(self) -> Run:
        with ExitStack() as locked, ExitStack() as undo:
            if self.folder and parallel.is_first():
                locked.enter_context(lock.only_one(self.folder))
            before = self._find()  # again: until the lock was ours, others may have written
            undo.callback(self.net.to, self.home)
            self.net.to(self.device)
            self.device = next(self.net.parameters()).device  # "cuda" has become "cuda:0"
            # Under autocast the products would be made in half precision, which FFTs do not have,
            # and small gradients would vanish in.
            for kind in {"cpu", self.device.type}:
                undo.enter_context(torch.autocast(kind, enabled=False))
            undo.enter_context(torch.enable_grad())
            parallel.share_weights(self.net)
            self.sampler = FrameSampler(self.pairs, self.net)
            self.generator = torch.Generator().manual_seed(self.seed)
            self.optimizer = self._adam()
            self.best = _weights(self.net)
            self.began = time.perf_counter()
            if before:
                snapshot.restore(before, self)
            else:
                self.save_last()  # now, to find out whether it can, and not after 500 steps
            self._undo, self._lock = undo.pop_all(), locked.pop_all()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.history.interrupted = True
        with self._lock:
            with self._undo:
                self.net.load_state_dict(self.best)
            try:
                if self.watch:
                    self.watch.ended(self.history, self.net)
            except Exception as failed:
                if error is None:
                    raise
                # What ended the run is what the user has to know.
                logging.getLogger(__name__).error("the watcher failed too", exc_info=failed)
            if error is None and self.history.steps:  # none: SIGTERM came before any validation
                self._keep_best()
        if error is None:
            parallel.wait()  # so that every process finds the files

    def path(self, which: str) -> Path:
        """The file of the "best" or "last" checkpoint."""
        return (self.folder or Path()) / f"{self.history.stage}-{which}.safetensors"

    def seconds(self) -> float:
        """Time spent on the run so far, before interruptions too."""
        return time.perf_counter() - self.began

    def used(self) -> float:
        """The share of the budget that is spent."""
        per_epoch = -(-self.sampler.frames_per_epoch // self.recipe.batch)
        return self.budget.used(step=self.step, seconds=self.seconds(), steps_per_epoch=per_epoch)

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
            self._keep_best()
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
        if self.folder and parallel.is_first():
            snapshot.save(self.path("last"), self)

    def check_finite(self, error: float) -> None:
        """Ends the run if an error is not a number, for that is never the audio's fault here."""
        if not math.isfinite(error):
            raise EqlibError(
                f"the loss became {error} at step {self.step + 1} "
                f"(learning rate {self.optimizer.param_groups[0]['lr']:.3g})",
                "a finite loss; the audio is finite, so the steps were too large",
                "Lower Recipe.learning_rate. The network has its best weights from before.",
            )

    def _adam(self) -> torch.optim.Adam:
        return torch.optim.Adam(self.net.parameters(), fused=True)

    def _keep_best(self) -> None:
        """Notes what the weights are, in the network and in its file."""
        self.net.info["target"] = self.settings["target"]
        self.net.info[self.history.stage] = {
            "seed": self.seed,
            "recipe": asdict(self.recipe),
            "budget": asdict(self.budget),
            **self.history.scores(),
            "device": str(self.device),
            "torch": torch.__version__,
        }
        if self.folder and parallel.is_first():
            checkpoints.save(self.net, self.path("best"))


def _weights(net: EQNet) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}
