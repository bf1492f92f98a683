"""Frames to learn from, drawn at random from pairs of recordings.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eqlib import frames
from eqlib.data.pairs import Pairs
from eqlib.errors import check_sample_rate
from eqlib.model import EQNetConfig

PLACE = 16  # samples; loudness is looked up on this grid


class FrameSampler:
    """Draws windowed frames of random pairs.

    Every clip is heard equally often, and in a clip the places as often as their input is loud
    (RMS). Uniform places would spend most of the training on the silence after a short note.

    Args:
        pairs: where from.
        config: gives frame, hop and window; its sample rate must be the pairs'.
        device: where the frames are wanted.

    Attributes:
        frames_per_epoch: how many frames, a hop apart, the pairs hold.

    Raises:
        EqlibError: for another sample rate.
    """

    def __init__(self, pairs: Pairs, config: EQNetConfig, device: torch.device) -> None:
        check_sample_rate("the training audio", pairs.dry.sample_rate, config.sample_rate)
        self.frame, lengths = config.frame, pairs.dry.lengths
        self.window = frames.window(config.window, config.frame).float().to(device)
        self.frames_per_epoch = -(-int(pairs.dry.lengths.sum()) // config.hop)
        dry, wet = (
            _in_a_row(side.audio, side.lengths, config.frame) for side in (pairs.dry, pairs.wet)
        )
        self.dry, self.wet = torch.from_numpy(dry).to(device), torch.from_numpy(wet).to(device)

        # Each clip at a peak of 1: beside loud ones, a very quiet one would be lost in rounding.
        even = pairs.dry.audio / np.abs(pairs.dry.audio).max(-1, keepdims=True)
        even = _in_a_row(even, lengths, config.frame)
        energy = np.cumsum(np.r_[0.0, even.astype(np.float64) ** 2])
        starts = np.arange(0, len(dry) - config.frame - PLACE, PLACE)
        level = np.sqrt(np.maximum(0, energy[starts + config.frame] - energy[starts]))
        ends = np.cumsum(lengths + config.frame)
        clip = np.searchsorted(ends, starts, side="right")
        share = level / np.bincount(clip, level)[clip]
        total = np.cumsum(share)
        self.places = torch.from_numpy(total / total[-1])

    def draw(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Input frames and target frames, each (batch, 1, frame)."""
        chance = torch.rand(batch, dtype=torch.float64, generator=generator)
        starts = torch.searchsorted(self.places, chance) * PLACE
        starts += torch.randint(PLACE, (batch,), generator=generator)
        samples = starts.view(-1, 1, 1) + torch.arange(self.frame)
        samples = samples.to(self.dry.device)
        return self.dry[samples] * self.window, self.wet[samples] * self.window


def _in_a_row(audio: np.ndarray, lengths: np.ndarray, gap: int) -> np.ndarray:
    """All clips one after the other, between them a gap of silence, or of an effect's ringing.

    The gap is as long as a frame, so that no frame meets two clips.
    """
    padded = np.pad(audio, ((0, 0), (0, gap)))
    parts = (row[: length + gap] for row, length in zip(padded, lengths, strict=True))
    return np.concatenate([np.zeros(gap, audio.dtype), *parts])
