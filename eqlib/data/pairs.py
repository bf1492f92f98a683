"""Training pairs: what goes into the equalizer, and what comes out.

The network is never told what the effect is. All it gets are pairs of recordings.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eqlib.audio import check_not_silent, check_same_shape
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, check_sample_rate

CLIPPED_SAMPLES = 16  # this many samples that stay at the peak: no waveform does that by itself


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
