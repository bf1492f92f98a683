"""The paper's two steps of training: what is drawn, what computes, and what judges.

The loop (`eqlib.training.loop.fit`) is the same for both. A stage of its own needs a name and
these three methods.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from eqlib import metrics
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.errors import EqlibError
from eqlib.model import EQNet
from eqlib.training import parallel

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


@runtime_checkable
class HearsClips(Protocol):
    """A network that may have to know the whole clip that a frame is from."""

    def of_clips(self, clips: Clips) -> Tensor | None:
        """What it has to know of each clip, (clips, numbers); None, if nothing."""
        ...

    def forward(self, x: Tensor, s: Tensor | None = None) -> Tensor:
        """Outputs, from frames and what is known of their clips, (batch, numbers)."""
        ...


class Supervised:
    """Step two: the whole network learns to turn dry frames into equalized ones."""

    name = "train"

    def __init__(self) -> None:
        self.of_clips: Tensor | None = None
        self.known: Tensor | None = None

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """Dry frames, and the same frames equalized."""
        if self.of_clips is None and isinstance(run.net, HearsClips):
            self.of_clips = run.net.of_clips(run.pairs.dry)
        dry, wet = run.sampler.draw(run.recipe.batch, run.generator)
        if self.of_clips is not None:
            known = self.of_clips[torch.from_numpy(run.sampler.drawn).to(self.of_clips.device)]
            self.known, _ = parallel.share(known, known)
        return dry, wet[..., run.net.segment.context :]

    def forward(self, net: EQNet, x: Tensor) -> Tensor:
        """Through the whole network."""
        if self.known is not None:
            return cast(HearsClips, net).forward(x, self.known)
        return net.forward(x)

    def check(self, net: EQNet, validation: Pairs) -> tuple[float, float]:
        """How well dry recordings are equalized."""
        return _scores(validation.dry, validation.wet, net.process)


def _scores(
    inputs: Clips, targets: Clips, process: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float]:
    """Mean over clips of mae and of SNR in dB, on whole signals."""
    try:
        outputs = [process(clip) for clip in inputs]
    except EqlibError:  # clips are checked, so that it is the network's output which is not finite
        return math.nan, math.nan
    maes = [metrics.mae(*both) for both in zip(targets, outputs, strict=True)]
    snrs_db = [metrics.snr_db(*both) for both in zip(targets, outputs, strict=True)]
    return float(sum(maes)) / len(maes), float(sum(snrs_db)) / len(snrs_db)
