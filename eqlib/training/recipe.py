"""What drives a training run and what it leaves: recipe, budget, history, a way to stop."""

from __future__ import annotations

import math
import signal
import threading
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from eqlib.errors import EqlibError, check_integer, check_number

if TYPE_CHECKING:
    from eqlib.model import EQNet

LOSSES = ("mae", "normalized_mae")
SCHEDULES = ("cosine", "patience")


@dataclass(frozen=True)
class Recipe:
    """How the optimizer, Adam, is driven.

    Attributes:
        learning_rate: the highest one.
        loss: "mae", the paper's mean absolute error of a frame, or "normalized_mae", the same
            divided by the RMS value of the target frame, so that soft frames count as much.
        batch: frames in one step.
        clip_quantile: a gradient that is longer than this share of the last 500 were is cut to
            the length that they did not exceed. It keeps single frames from upsetting what all
            the others taught; 1 for no such limit. Source: P. Seetharaman et al., "AutoClip:
            adaptive gradient clipping for source separation networks", MLSP 2020.
        warmup_steps: steps over which the learning rate rises from zero; 1 for no warm-up.
        schedule: "cosine" falls to zero at the end of the budget. "patience" keeps the rate until
            the validation has not improved `patience` times in a row, goes back to the best
            weights and on at a quarter of the rate, and the second time it stops.
        patience: counted in validations; see schedule.
        validate_every: steps from one validation to the next.

    Raises:
        EqlibError: for a number that is out of range, or an unknown loss or schedule.
    """

    learning_rate: float = 2e-3
    loss: str = "mae"
    batch: int = 8
    clip_quantile: float = 0.5
    warmup_steps: int = 100
    schedule: str = "cosine"
    patience: int = 25
    validate_every: int = 500

    def __post_init__(self) -> None:
        cure = "Give learning_rate a positive number."
        check_number("learning_rate", self.learning_rate, above=0, cure=cure)
        cure = "Give clip_quantile a share above 0, up to 1."
        check_number("clip_quantile", self.clip_quantile, above=0, below=1 + 1e-9, cure=cure)
        for name in ("batch", "warmup_steps", "patience", "validate_every"):
            cure = f"Give {name} a positive whole number."
            value = check_integer(name, getattr(self, name), at_least=1, cure=cure)
            object.__setattr__(self, name, value)  # NumPy's integers become Python's
        for name, choices in (("loss", LOSSES), ("schedule", SCHEDULES)):
            if getattr(self, name) not in choices:
                given = f"{name} is {getattr(self, name)!r}"
                raise EqlibError(given, " or ".join(choices), "Choose one of them.")

    def rate(self, step: int, used: float) -> float:
        """The learning rate of a step, when `used` (0 to 1) of the budget is spent."""
        rate = self.learning_rate * min(1.0, (step + 1) / self.warmup_steps)
        return rate if self.schedule == "patience" else rate * (1 + math.cos(math.pi * used)) / 2


PAPER = Recipe(learning_rate=1e-4, clip_quantile=1, warmup_steps=1, schedule="patience")
"""Rate, patience and the second round at a quarter of the rate are those of the authors' released
code; the batch, and the steps between validations, are this project's. It needs hours where the
default needs minutes: give it a budget to match, such as ``seconds=4 * 3600``."""


@dataclass(frozen=True)
class Budget:
    """How long to train: an amount of "seconds", "steps" or "epochs"."""

    unit: str
    amount: float

    @classmethod
    def choose(cls, default_seconds: float, **given: float | None) -> Budget:
        """The one budget that was given among seconds, steps and epochs, or the default.

        Raises:
            EqlibError: if more than one is given, or one that is not a positive number.
        """
        chosen = {unit: amount for unit, amount in given.items() if amount is not None}
        if len(chosen) > 1:
            raise EqlibError(
                "the budget is " + " and ".join(f"{unit}={n!r}" for unit, n in chosen.items()),
                "only one of seconds, steps and epochs",
                "Leave the others out.",
            )
        unit, amount = next(iter(chosen.items()), ("seconds", default_seconds))
        cure = f"Give {unit} a positive number."
        return cls(unit, check_number(unit, amount, above=0, cure=cure))

    def used(self, *, step: int, seconds: float, steps_per_epoch: int) -> float:
        """The share of the budget that is used, 1 or more once it is spent."""
        done = {"seconds": seconds, "steps": step, "epochs": step / steps_per_epoch}
        return done[self.unit] / self.amount


@dataclass
class History:
    """What was measured while a network trained; every list has one entry for each validation.

    Attributes:
        stage: "pretrain" or "train".
        steps: optimizer steps so far.
        seconds: time so far, validations included.
        train_mae: mean absolute error of the training frames since the validation before.
        validation_mae: mean over the validation clips, whole signals.
        validation_snr_db: mean SNR over the validation clips, in dB.
        best: index of the validation whose weights were kept, the one with the lowest mae.
        interrupted: whether the run was stopped before its budget was spent.
    """

    stage: str
    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    train_mae: list[float] = field(default_factory=list)
    validation_mae: list[float] = field(default_factory=list)
    validation_snr_db: list[float] = field(default_factory=list)
    best: int = 0
    interrupted: bool = False

    def add(self, **measured: Any) -> bool:
        """Adds one validation's numbers; returns whether it is the best so far."""
        for name, value in measured.items():
            getattr(self, name).append(value)
        last = len(self.steps) - 1
        if last == 0 or self.validation_mae[last] < self.validation_mae[self.best]:
            self.best = last
            return True
        return False

    def scores(self) -> dict[str, float]:
        """The numbers of the validation whose weights were kept."""
        return {
            name: getattr(self, name)[self.best]
            for name in ("steps", "seconds", "validation_mae", "validation_snr_db")
        }


class Watcher(Protocol):
    """Whoever follows a run from its loop, such as `eqlib.widgets.monitor.TrainingMonitor`."""

    def stepped(self, stage: str, *, step: int, seconds: float, used: float, mae: float) -> bool:
        """Called after every step, with its loss; True ends the run there and keeps the best."""

    def validated(self, history: History, net: EQNet) -> None:
        """Called after every validation, with the network as it is then."""

    def ended(self, history: History, net: EQNet) -> None:
        """Called once, when the network has its best weights."""


class StopRequest:
    """Turns Ctrl-C, or a notebook's interrupt, into a wish that is granted between two steps.

    So a stop never falls in the middle of an update of the weights. A second one is not patient
    and raises KeyboardInterrupt at once. Outside of the main thread, where Python delivers no
    signals, nothing changes.
    """

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> StopRequest:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._main and self._before is not None:  # None: set by a program that is not Python
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
