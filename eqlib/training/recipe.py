"""What drives a training run: the recipe of its optimizer, and its budget.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from eqlib.errors import EqlibError, check_integer, check_number
from eqlib.training.losses import Loss

Schedule: TypeAlias = Literal["cosine", "patience"]
Unit: TypeAlias = Literal["seconds", "steps", "epochs"]


MOST_FRAMES = 2**14
"""In one batch: a step on so many takes about 100 GB at the paper's sizes."""


@dataclass(frozen=True)
class Recipe:
    """How the optimizer, Adam, is driven.

    Attributes:
        learning_rate: the highest one.
        loss: "mae", the paper's mean absolute error of a frame, or "normalized_mae", the same
            divided by the RMS value of the target frame, so that soft frames count as much.
            "error_to_signal_ratio" is the energy of the error by that of the target, both after a
            pre-emphasis of 1 - 0.85 / z, so that highs count as much; source: A. Wright,
            V. Välimäki, "Perceptual loss function for neural modelling of audio systems",
            ICASSP 2020 (arXiv:1911.08922), whose recordings are at 44.1 kHz.
            "multi_resolution_stft" is `eqlib.spectral_metrics.multi_resolution_stft_error` with
            windows of a half, a quarter and an eighth of the frame: it does not hear the phase,
            and so leads to a lower SNR. The best weights are those with the lowest mae, always.
        batch: frames in one step.
        clip_quantile: a gradient that is longer than this share of the last 500 were is cut to
            the length that they did not exceed. It keeps single frames from upsetting what all
            the others taught; 1 for no such limit. Source: P. Seetharaman et al., "AutoClip:
            adaptive gradient clipping for source separation networks", MLSP 2020.
        warmup_steps: steps over which the learning rate rises from zero; 1 for no warm-up.
        schedule: "cosine" falls to zero at the end of the budget; where a run goes on with a larger
            one, the rate rises at once to where it is at that share of the larger budget (half of
            the highest, if it is twice as large), and falls again. "patience" keeps the rate until
            the validation has not improved `patience` times in a row, goes back to the best
            weights and on at a quarter of the rate, and the second time it stops, for good.
        patience: counted in validations; see schedule.
        validate_every: steps from one validation to the next.

    Raises:
        EqlibError: for a number that is out of range, or an unknown loss or schedule.
    """

    learning_rate: float = 2e-3
    loss: Loss = "mae"
    batch: int = 8
    clip_quantile: float = 0.5
    warmup_steps: int = 100
    schedule: Schedule = "cosine"
    patience: int = 25
    validate_every: int = 500

    def __post_init__(self) -> None:
        # NumPy's numbers become Python's, which a checkpoint can hold.
        cure = "Give learning_rate a positive number."
        rate = check_number("learning_rate", self.learning_rate, above=0, cure=cure)
        object.__setattr__(self, "learning_rate", rate)
        cure = "Give clip_quantile a share above 0, up to 1."
        share = check_number(
            "clip_quantile", self.clip_quantile, above=0, below=1 + 1e-9, cure=cure
        )
        object.__setattr__(self, "clip_quantile", min(share, 1.0))
        for name in ("batch", "warmup_steps", "patience", "validate_every"):
            cure = f"Give {name} a positive whole number."
            most = MOST_FRAMES if name == "batch" else None
            value = check_integer(name, getattr(self, name), at_least=1, at_most=most, cure=cure)
            object.__setattr__(self, name, value)
        for name, choices in (("loss", get_args(Loss)), ("schedule", get_args(Schedule))):
            chosen = getattr(self, name)
            if not isinstance(chosen, str) or chosen not in choices:
                given = f"{name} is {chosen!r}"
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

    unit: Unit
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
        return cls(cast(Unit, unit), check_number(unit, amount, above=0, cure=cure))

    def used(self, *, step: int, seconds: float, steps_per_epoch: int) -> float:
        """The share of the budget that is used, 1 or more once it is spent."""
        done = {"seconds": seconds, "steps": step, "epochs": step / steps_per_epoch}
        return done[self.unit] / self.amount
