"""The paper's two steps of training: what is drawn, what computes, and what judges.

The loop (`eqlib.training.loop.fit`) is the same for both. A stage of its own needs a name and
these three methods.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from eqlib import metrics
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.model import EQNet

if TYPE_CHECKING:
    from eqlib.training.run import Run


class Stage(Protocol):
    """A step of training, for the loop."""

    @property
    def name(self) -> str:
        """Begins the names of its checkpoints, and stands in `History.stage`."""
        ...

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """Inputs, (batch, 1, context + samples), and targets, (batch, 1, samples)."""
        ...

    def forward(self, net: EQNet, x: Tensor) -> Tensor:
        """Outputs, (batch, 1, samples)."""
        ...

    def check(self, net: EQNet, validation: Pairs) -> tuple[float, float]:
        """Mean absolute error and SNR in dB on whole recordings, to choose the best weights by."""
        ...


class Unsupervised:
    """Step one: front-end and back-end learn to return what they hear, dry or equalized."""

    name = "pretrain"

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """The same frames twice, half of them dry and half equalized."""
        dry, wet = run.sampler.draw(run.recipe.batch, run.generator)
        first = run.step % 2  # in turns, so that a batch of one hears both kinds as well
        either = torch.cat((dry[first::2], wet[1 - first :: 2]))
        return either, either[..., run.net.segment.context :]

    def forward(self, net: EQNet, x: Tensor) -> Tensor:
        """Through the two ends alone; the latent-space DNN takes no part."""
        return net.autoencode(x)

    def check(self, net: EQNet, validation: Pairs) -> tuple[float, float]:
        """How well dry recordings are returned."""
        return _scores(validation.dry, validation.dry, net.reconstruct)


class Supervised:
    """Step two: the whole network learns to turn dry frames into equalized ones."""

    name = "train"

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """Dry frames, and the same frames equalized."""
        dry, wet = run.sampler.draw(run.recipe.batch, run.generator)
        return dry, wet[..., run.net.segment.context :]

    def forward(self, net: EQNet, x: Tensor) -> Tensor:
        """Through the whole network."""
        return net.forward(x)

    def check(self, net: EQNet, validation: Pairs) -> tuple[float, float]:
        """How well dry recordings are equalized."""
        return _scores(validation.dry, validation.wet, net.process)


def _scores(
    inputs: Clips, targets: Clips, process: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float]:
    """Mean over clips of mae and of SNR in dB, on whole signals."""
    outputs = [process(clip) for clip in inputs]
    if not all(np.isfinite(output).all() for output in outputs):
        return math.nan, math.nan
    maes = [metrics.mae(*both) for both in zip(targets, outputs, strict=True)]
    snrs_db = [metrics.snr_db(*both) for both in zip(targets, outputs, strict=True)]
    return float(sum(maes)) / len(maes), float(sum(snrs_db)) / len(snrs_db)
