"""Frames to learn from, drawn at random from pairs of recordings.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from eqlib import frames
from eqlib.data.pairs import Pairs
from eqlib.errors import check_sample_rate
from eqlib.model import EQNet

PLACE = 16  # samples; loudness is looked up on this grid


class FrameSampler:
    """Draws windowed frames of random pairs.

    Every clip is heard equally often, and in a clip the places as often as their input is loud
    (RMS). Uniform places would spend most of the training on the silence after a short note.

    A frame may begin before its clip, where both sides are silent. It ends within the clip, for
    what an effect makes of the silence after it is not in the recording. Only a clip shorter than
    a frame has zeros after it.

    Nothing is copied: the frames are read where the pairs' samples are, unless that is needed on
    another device.

    Args:
        pairs: where from.
        net: whom the frames are for. Its `segment` says how long they are and under which window;
            they come on its device and in the dtype of its weights.

    Attributes:
        frames_per_epoch: how many frames, a hop apart, the pairs hold.
        drawn: the numbers of the clips that the last frames are from, (batch,).

    Raises:
        EqlibError: for pairs at another sample rate than the network's.
    """

    def __init__(self, pairs: Pairs, net: EQNet) -> None:
        check_sample_rate("the training audio", pairs.dry.sample_rate, net.config.sample_rate)
        segment, weights = net.segment, next(net.parameters())
        self.size = segment.context + segment.samples
        shape = frames.window(segment.window, segment.samples).to(weights)
        self.window = torch.cat((shape.new_ones(segment.context), shape))
        self.dry, self.wet = (
            _pieces(torch.from_numpy(side.samples).to(weights.device), self.size)
            for side in (pairs.dry, pairs.wet)
        )
        self.starts, self.lengths = pairs.dry.starts, pairs.dry.lengths
        self.frames_per_epoch = -(-int(self.lengths.sum()) // segment.hop)

        self.drawn = np.zeros(0, np.int64)
        # The last place at which a frame ends, and the steps of the grid up to there.
        self.last = np.maximum(self.lengths, segment.samples)
        steps = -(-self.last // PLACE)
        self.first_steps = np.cumsum(steps) - steps
        self.places = np.empty(steps.sum())
        reach = -(-segment.samples // PLACE)
        for i, clip in enumerate(pairs.dry.views()):
            share = np.cumsum(_loudness(clip, int(steps[i]), reach))
            places = self.places[self.first_steps[i] :][: steps[i]]
            places[:] = (i + share / share[-1]) / len(pairs)

    def draw(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Input frames and target frames, each (batch, 1, context + samples)."""
        chance = torch.rand(batch, dtype=torch.float64, generator=generator).numpy()
        within = torch.randint(PLACE, (batch,), generator=generator).numpy()
        steps = self.places.searchsorted(chance)
        self.drawn = clips = self.first_steps.searchsorted(steps, side="right") - 1
        ends = (steps - self.first_steps[clips]) * PLACE + within + 1
        starts = np.minimum(ends, self.last[clips]) - self.size
        wanted, lengths = self.starts[clips] + starts, self.lengths[clips]
        # Before the first sample of all, and after the last one, there is no piece to read.
        there = np.minimum(np.maximum(wanted, 0), len(self.dry) - 1)
        places = torch.from_numpy(there).to(self.window.device)
        both = [side.index_select(0, places) for side in (self.dry, self.wet)]
        heads, tails = -starts, lengths - starts
        for i in np.flatnonzero((heads > 0) | (tails < self.size)).tolist():
            # These have met the neighbors of their clip, where silence belongs.
            head, tail, moved = int(heads[i]), int(tails[i]), int(there[i] - wanted[i])
            for side in both:
                if moved:
                    side[i] = side[i].roll(moved)
                if head > 0:
                    side[i, :head] = 0
                if tail < self.size:
                    side[i, tail:] = 0
        dry, wet = ((side * self.window).unsqueeze(1) for side in both)
        return dry, wet


def _pieces(samples: Tensor, size: int) -> Tensor:
    """Every piece of so many samples, where it stands: (places, size)."""
    if len(samples) < size:
        samples = F.pad(samples, (0, size - len(samples)))
    return samples.unfold(0, size, 1)


def _loudness(clip: np.ndarray, steps: int, reach: int) -> np.ndarray:
    """How loud a clip is where a frame ends at each step of the grid, up to a factor: (steps,).

    Args:
        clip: (samples,).
        steps: of `PLACE` samples; beyond the clip it is silent.
        reach: the length of a frame in steps, rounded up.
    """
    whole = len(clip) // PLACE
    blocks, rest = clip[: whole * PLACE].reshape(-1, PLACE), clip[whole * PLACE :]
    energy = np.zeros(steps)
    np.einsum("ij,ij->i", blocks, blocks, out=energy[:whole], dtype=np.float64)
    energy[whole : whole + 1] = np.square(rest, dtype=np.float64).sum()
    total = np.cumsum(energy)
    energy[:] = total
    energy[reach:] -= total[:-reach]
    return np.sqrt(np.maximum(energy, 0))
