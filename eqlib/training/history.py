"""What a run of training leaves, and who may follow it.

Chapter: "Stage one, unsupervised".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from eqlib.model import EQNet


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
        interrupted: whether somebody stopped the run, be it in its last step or validation.
    """

    stage: str
    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    train_mae: list[float] = field(default_factory=list)
    validation_mae: list[float] = field(default_factory=list)
    validation_snr_db: list[float] = field(default_factory=list)
    best: int = 0
    interrupted: bool = False

    def add(
        self,
        *,
        steps: int,
        seconds: float,
        train_mae: float,
        validation_mae: float,
        validation_snr_db: float,
    ) -> bool:
        """Adds one validation's numbers; returns whether it is the best so far."""
        self.steps.append(steps)
        self.seconds.append(seconds)
        self.train_mae.append(train_mae)
        self.validation_mae.append(validation_mae)
        self.validation_snr_db.append(validation_snr_db)
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
