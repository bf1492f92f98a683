"""Training pairs: what goes into the equalizer, and what comes out.

The network is never told what the effect is. All it gets are pairs of recordings, and the frames
drawn from them at random.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eqlib import frames
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, check_not_silent, check_same_shape, check_sample_rate
from eqlib.model import EQNetConfig

CLIPPED_SAMPLES = 16  # this many samples that stay at the peak: no waveform does that by itself
PLACE = 16  # samples; loudness is looked up on this grid


@dataclass(frozen=True, eq=False)
class Pairs:
    """Dry recordings and the same recordings after the effect, sample by sample.

    Make them with `pair`, or from recordings of your own: ``Pairs(dry, wet)``.

    Attributes:
        dry: the input clips.
        wet: the target clips; the same number, lengths and sample rate.
        target: what the effect was, as ``EQ.to_dict()`` gives it, where that is known.

    Raises:
        EqlibError: for different lengths or sample rates, silence, or a target that clips.
    """

    dry: Clips
    wet: Clips
    target: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        check_sample_rate("the target", self.wet.sample_rate, self.dry.sample_rate)
        check_same_shape("the target", self.wet.audio, "the input", self.dry.audio)
        for name, dry, clip in zip(self.dry.names, self.dry, self.wet, strict=True):
            check_same_shape(f"the target of {name}", clip, "the input", dry)
            check_not_silent(f"the input of {name}", dry)
            check_not_silent(f"the target of {name}", clip)
            clipped = _samples_at_peak(clip)
            if clipped >= CLIPPED_SAMPLES:
                raise EqlibError(
                    f"the target of {name} is clipped ({clipped} samples stay at its peak, "
                    f"{np.abs(clip).max():.3f})",
                    "a target that keeps its waveform",
                    "Lower the level before the effect, and record or compute the target again.",
                )

    def __len__(self) -> int:
        return len(self.dry)


def pair(clips: Clips, effect: Callable[[np.ndarray], np.ndarray]) -> Pairs:
    """Applies an effect to clips: the pairs to learn it from.

    Args:
        clips: the dry recordings.
        effect: an `eqlib.EQ`, or any function from (clips, samples) to the same shape.

    Raises:
        EqlibError: if the effect is an EQ for another sample rate, or `Pairs` refuses its output,
            as it does for an effect that clips.
    """
    rate = getattr(effect, "sample_rate", clips.sample_rate)
    check_sample_rate("the equalizer", rate, clips.sample_rate)
    target = effect.to_dict() if hasattr(effect, "to_dict") else None
    return Pairs(clips, clips.map(effect), target)


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


def _samples_at_peak(clip: np.ndarray) -> int:
    """How many samples stand at the clip's highest or lowest value in runs of three or more."""
    count = 0
    for side in (clip, -clip):  # each for itself: 16 bits reach from -32768 to 32767
        if side.max() > 0:
            at_peak = side >= side.max() * (1 - 1e-6)
            edges = np.flatnonzero(np.diff(at_peak.astype(np.int8), prepend=0, append=0))
            runs = edges[1::2] - edges[::2]
            count += int(runs[runs >= 3].sum())
    return count
