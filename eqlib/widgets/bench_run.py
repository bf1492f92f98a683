"""A run of the workbench in the kernel: trains, and tells of it as the page's own trainer does.

Chapter: "Train one yourself".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from eqlib.analysis.systems import sweep_response
from eqlib.audio import db
from eqlib.data.pairs import Pairs
from eqlib.metrics import snr_db
from eqlib.model import EQNet
from eqlib.training.history import History
from eqlib.training.loop import pretrain, train
from eqlib.training.recipe import Recipe

POINTS = 90  # of a response
BINS = 65  # of a filter's spectrum
MOMENTS = 40  # of a run, whose weights are kept
SECONDS = 0.1  # between two messages about progress
VALIDATIONS = 8  # of a stage

Tell = Callable[..., None]


class BenchRun:
    """Trains a network in one or two stages, and keeps its weights at log-spaced moments.

    Args:
        net: the network; it is changed in place, and ends with the best weights.
        pairs: what it learns from.
        validation: what its best weights are chosen by.
        test: notes that it never meets, for the score at the end.
        tell: called as ``tell(event, detail, **arrays)``; events are those of page/trainer.js.

    Attributes:
        snapshots: step -> weights then.
        step: steps so far, of both stages.
        stop: set it to True, from any thread, to end the run after the step under way.
    """

    def __init__(
        self, net: EQNet, *, pairs: Pairs, validation: Pairs, test: Pairs, tell: Tell
    ) -> None:
        self.net, self.pairs, self.validation, self.test = net, pairs, validation, test
        self.tell = tell
        self.snapshots: dict[int, dict[str, torch.Tensor]] = {}
        self.step = self._before = self._of = 0
        self.stop = False
        self._moments: set[int] = set()
        self._losses: list[list[float]] = []
        self._sent = 0.0

    def go(self, *, steps: int, pretrain_steps: int, learning_rate: float, seed: int) -> None:
        """Trains, for the first time or once more, and tells how it ended."""
        began = time.monotonic()
        self._of = self.step + steps + pretrain_steps
        spaced = np.geomspace(1, steps + pretrain_steps, MOMENTS - 1).round().astype(int)
        self._moments = {self.step + int(step) for step in spaced}
        dry_db = _mean_snr_db(self.validation, lambda audio: audio)
        self.tell("started", {"of": self._of, "snrDryDb": dry_db})
        if not self.snapshots:
            self._snapshot("pretrain" if pretrain_steps else "train")
        stages = [(pretrain, pretrain_steps)] if pretrain_steps else []
        for fit, amount in [*stages, (train, steps)]:
            recipe = Recipe(
                learning_rate=learning_rate,
                batch=4,
                warmup_steps=30,
                validate_every=max(1, round(amount / VALIDATIONS)),
            )
            self._before = self.step
            history = fit(
                self.net,
                self.pairs,
                self.validation,
                steps=amount,
                recipe=recipe,
                seed=seed,
                watch=self,
            )
            if history.interrupted:
                break
        self.tell("ended", self._ending(history, time.monotonic() - began))

    def at(self, step: int | None) -> EQNet:
        """The network with its weights after a step; with its best for None."""
        if step is None or step not in self.snapshots:
            return self.net
        net = EQNet(self.net.config)
        net.load_state_dict(self.snapshots[step])
        return net

    # --- what training calls: see eqlib.training.history.Watcher

    def stepped(self, stage: str, *, step: int, seconds: float, used: float, mae: float) -> bool:
        """Notes a step's loss, and the weights at a moment that is kept."""
        self.step = self._before + step
        self._losses.append([self.step, float(f"{mae:.4g}")])
        if self.step in self._moments:
            self._snapshot(stage)
        now = time.monotonic()
        if now - self._sent > SECONDS:
            self._sent = now
            per_step = seconds / step
            progress = {"step": self.step, "of": self._of, "stage": stage, "loss": mae}
            progress |= {"losses": self._losses, "secondsLeft": (self._of - self.step) * per_step}
            self.tell("progress", progress)
            self._losses = []
        return self.stop

    def validated(self, history: History, net: EQNet) -> None:
        """Tells of a validation."""
        detail = {
            "step": self._before + history.steps[-1],
            "stage": history.stage,
            "mae": history.validation_mae[-1],
            "snrDb": history.validation_snr_db[-1],
            "best": history.best == len(history.steps) - 1,
        }
        self.tell("validated", detail)

    def ended(self, history: History, net: EQNet) -> None:
        """Nothing: the end of both stages is told by `go`."""

    def _ending(self, history: History, seconds: float) -> dict[str, Any]:
        best = None
        if history.stage == "train" and history.steps:
            best = {
                "step": self._before + history.steps[history.best],
                "mae": history.validation_mae[history.best],
                "snrDb": history.validation_snr_db[history.best],
                "testSnrDb": _mean_snr_db(self.test, self.net.process),
                "testSnrDryDb": _mean_snr_db(self.test, lambda audio: audio),
            }
        reason = "stopped" if history.interrupted else "done"
        return {"reason": reason, "step": self.step, "seconds": seconds, "best": best}

    def _snapshot(self, stage: str) -> None:
        net = self.net
        self.snapshots[self.step] = {n: w.detach().clone() for n, w in net.state_dict().items()}
        process = net.reconstruct if stage == "pretrain" else net.process
        found = sweep_response(process, points=POINTS, sample_rate=net.config.sample_rate)
        response_db = db(np.abs(found.response), floor=1e-6)
        self.tell(
            "snapshot",
            {"step": self.step, "stage": stage},
            response_db=response_db,
            bank_db=bank_db(net),
        )


def bank_db(net: EQNet) -> np.ndarray:
    """The spectra of a network's filters in dB, (filters, 65), from 0 to half the sample rate."""
    taps = net.conv.weight.detach().cpu().numpy()
    return db(np.abs(np.fft.rfft(taps, 2 * (BINS - 1))), floor=1e-6)


def frequencies_hz(sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The frequencies of responses, and those of `bank_db`, in Hz."""
    found = sweep_response(lambda audio: audio, points=POINTS, sample_rate=sample_rate)
    return found.frequencies_hz, np.linspace(0, sample_rate / 2, BINS)


def _mean_snr_db(pairs: Pairs, process: Callable[[np.ndarray], np.ndarray]) -> float:
    both = zip(pairs.dry, pairs.wet, strict=True)
    return float(np.mean([float(snr_db(wet, process(dry))) for dry, wet in both]))
