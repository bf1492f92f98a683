"""Training pairs: what goes into the equalizer, and what comes out.

The network is never told what the effect is. All it gets are pairs of recordings.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, field
from pathlib import PurePosixPath

import numpy as np

from eqlib.audio import check_not_silent, check_same_shape
from eqlib.data.alignment import Alignment, alignment
from eqlib.data.clipping import clipped_samples
from eqlib.data.clips import Clips
from eqlib.data.sound_files import SUFFIXES
from eqlib.errors import EqlibError, check_sample_rate, checked


@checked
@dataclass(frozen=True, eq=False)
class Pairs:
    """Dry recordings and the same recordings after the effect, sample by sample.

    Make them with `pair`, or from recordings of your own: ``Pairs(dry, wet)``. These are checked
    to belong together, for a network learns from wrong partners without a word:

    - Names: unless one side's are automatic ("clip 0", ...), the names have to be the same in
      the same order, up to the suffix of an audio file. A folder with take1, take2, take10 is
      sorted otherwise than one with take01, take02, take10.
    - Likeness: if the targets resemble their inputs no more than other sounds would, they are
      refused. Filters, compressors, heavy distortion, reverberation and noise leave enough to
      tell; a ring modulator or a shift of pitch may not (give `computed`). A single clip may
      resemble another by chance, and another take of the same note does. Some targets that
      resemble the input of another clip are only warned of.
    - Lag and polarity: a warning says when the targets are late or early by 64 samples or more,
      or upside down; `aligned` puts it right. Smaller lags may be the effect's own. That a
      lowpass, highpass or bandpass is upside down cannot be told from its phase.

    Likeness, lag and polarity cost less than a second: the loudest parts of 256 clips are looked
    at, at most, and none shorter than 1024 samples (`eqlib.data.alignment`). Every clip is checked
    not to be silent, and every target not to be clipped (`eqlib.data.clipping`).

    Args:
        dry: the input clips.
        wet: the target clips; the same number, lengths and sample rate.
        target: what the effect was, as ``EQ.to_dict()`` gives it, where that is known.
        computed: True if the targets were computed from these inputs, as `pair` does. They belong
            together then, and are as late as the effect is: names, likeness, lag and polarity are
            not looked at.

    Attributes:
        dry, wet, target: as given.

    Raises:
        EqlibError: for different numbers, lengths or sample rates, silence, a target that clips,
            names that do not match, or targets that do not resemble their inputs.
    """

    dry: Clips
    wet: Clips
    target: dict[str, object] | None = None
    computed: InitVar[bool] = field(default=False, kw_only=True)

    def __post_init__(self, computed: bool) -> None:
        check_sample_rate("the target", self.wet.sample_rate, self.dry.sample_rate)
        if len(self.wet) != len(self.dry):
            raise EqlibError(
                f"there are {len(self.dry)} input clips and {len(self.wet)} target clips",
                "one target for each input",
                "Leave out what has no partner.",
            )
        if not computed:
            _check_names(self.dry.names, self.wet.names)
        both = zip(self.dry.names, self.dry.views(), self.wet.views(), strict=True)
        for name, dry, clip in both:
            check_same_shape(f"the target of {name}", clip, "the input", dry)
            check_not_silent(f"the input of {name}", dry)
            check_not_silent(f"the target of {name}", clip)
            _check_not_clipped(name, dry, clip)
        if not computed:
            for told in _misalignments(alignment(self.dry, self.wet), self.dry.sample_rate):
                warnings.warn(told, stacklevel=4)

    def __len__(self) -> int:
        return len(self.dry)

    def aligned(self) -> Pairs:
        """The pairs with their targets at the time and in the polarity of their inputs.

        The targets are moved by the whole number of samples that fits all clips best, and both
        sides are cut to what they share, so that no target has silence that it never had. They
        are turned over if they are upside down. What `Pairs` does not warn of is left as it is:
        a lag below 64 samples, which may be the equalizer's own, and all that is not certain.
        The lag is that of the highest peak of the effect's impulse response; where that lies some
        samples after its beginning, so do the aligned targets before theirs.

        Raises:
            EqlibError: if a clip is shorter than the lag, or has nothing but silence beside it.
        """
        found = alignment(self.dry, self.wet)
        lag, sign = found.lag_samples, -1 if found.inverted else 1
        if lag == 0 and sign == 1:
            return self
        for name, length in zip(self.dry.names, self.dry.lengths, strict=True):
            if length <= abs(lag):
                raise EqlibError(
                    f"{name} has {length} samples, and the targets are off by {abs(lag)}",
                    "clips longer than the lag",
                    "Leave out the short clips, or align the recordings before you cut them.",
                )
        early, late = max(-lag, 0), max(lag, 0)
        return Pairs(
            _changed(self.dry, [clip[early : len(clip) - late] for clip in self.dry.views()]),
            _changed(
                self.wet, [sign * clip[late : len(clip) - early] for clip in self.wet.views()]
            ),
            self.target,
        )


@checked
def pair(clips: Clips, effect: Callable[[np.ndarray], np.ndarray]) -> Pairs:
    """Applies an effect to clips: the pairs to learn it from.

    Args:
        clips: the dry recordings.
        effect: an `eqlib.EQ`, or any function from one clip, (samples,) float32, to the same shape.
            It hears each clip by itself, at its own length: one that normalizes, or that follows
            the level, is learned as it is applied. What rings on after a clip is cut off.

    Raises:
        EqlibError: if the effect is an EQ for another sample rate, or `Pairs` refuses its output,
            as it does for an effect that clips.
    """
    rate = getattr(effect, "sample_rate", clips.sample_rate)
    check_sample_rate("the equalizer", rate, clips.sample_rate)
    target = effect.to_dict() if hasattr(effect, "to_dict") else None
    return Pairs(clips, clips.map(effect), target, computed=True)


def _changed(clips: Clips, audio: Sequence[np.ndarray]) -> Clips:
    return Clips.from_arrays(
        audio, sample_rate=clips.sample_rate, names=clips.names, info=clips.info
    )


def _check_not_clipped(name: str, dry: np.ndarray, wet: np.ndarray) -> None:
    count = clipped_samples(wet)
    if not count:
        return
    cure = "Lower the level before the effect, and record or compute the target again."
    if clipped_samples(dry):
        cure = "Its input is clipped too: leave it out, or record it again at a lower level."
    raise EqlibError(
        f"the target of {name} is clipped ({count} samples stay at its peak, "
        f"{np.abs(wet).max():.3f})",
        "a target that keeps its waveform",
        cure,
    )


def _check_names(dry: Sequence[str], wet: Sequence[str]) -> None:
    """Raises `EqlibError` if both sides have names of their own and these do not match."""
    if any(all(re.fullmatch(r"clip \d+", name) for name in side) for side in (dry, wet)):
        return
    stems = [[_stem(name) for name in side] for side in (dry, wet)]
    differ = [(a, b) for a, b in zip(*stems, strict=True) if a != b]
    if not differ:
        return
    if sorted(dry) == sorted(wet):
        cure = (
            "The order is all that differs: take the targets in the inputs' order, "
            "wet[[wet.names.index(name) for name in dry.names]]."
        )
    else:
        cure = (
            "Rename the files so that both folders name them alike. If they are partners as they "
            "stand, say so: Clips.from_arrays([*wet], sample_rate=wet.sample_rate, "
            "names=dry.names)."
        )
    raise EqlibError(
        "the names of inputs and targets differ: "
        + ", ".join(f"{a} beside {b}" for a, b in differ[:3])
        + (f" and {len(differ) - 3} more" if len(differ) > 3 else ""),
        "the same names in the same order, but for the suffix",
        cure,
    )


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix.lower() in SUFFIXES else name


def _misalignments(found: Alignment, sample_rate: int) -> list[str]:
    """What to warn of.

    Raises:
        EqlibError: if no target resembles its input.
    """
    if not found.alike:
        raise EqlibError(
            "no target resembles its input",
            "recordings of the same sounds, in the same order, that begin together",
            "Listen to the first pair and check the order of the clips. If the effect leaves "
            "nothing of the waveform, say Pairs(dry, wet, computed=True).",
        )
    told = []
    if found.lag_samples:
        lag = abs(found.lag_samples)
        told.append(
            f"the targets are {'late' if found.lag_samples > 0 else 'early'} by {lag} samples "
            f"({1000 * lag / sample_rate:.1f} ms): pairs.aligned() cuts that off, unless it is "
            "the effect's own delay that is to be learned"
        )
    if found.inverted:
        told.append("the targets are upside down: pairs.aligned() turns them over")
    if found.swapped:
        told.append(
            "some targets seem to belong to other inputs: "
            + ", ".join(f"{target} resembles {other}" for target, other in found.swapped)
            + ". Check the order of the clips"
        )
    return told
