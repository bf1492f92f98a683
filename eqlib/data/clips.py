"""A set of recordings, one after the other in one array: what loaders return and training takes."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, overload

import numpy as np
import torch

from eqlib.audio import (
    Audio,
    check_not_silent,
    check_same_shape,
    peak_of,
    to_array,
    warn_if_integers,
)
from eqlib.errors import EqlibError, check_integer, check_named, check_number, checked

Info: TypeAlias = Mapping[str, Any]
"""What is known of a clip; whoever made the clips knows of which type it is."""


@checked
@dataclass(frozen=True, eq=False)
class Clips:
    """A set of mono recordings in one array. `Clips.from_arrays` makes one of your arrays.

    ``len(clips)`` counts them. ``clips[3]`` and ``clips["piano/sal_A4_v08"]`` are one clip,
    (samples,), a copy. ``clips[:10]``, ``clips[[0, 4]]`` and ``clips[boolean_mask]`` are smaller
    `Clips`, copies too. Iterating gives a copy of one clip after the other; `views` copies nothing.

    Attributes:
        samples: (samples,) float32, all clips one after the other, each at its own length.
        lengths: (clips,) samples of each clip.
        names: a name for each clip.
        sample_rate: in Hz, the same for all.
        info: what is known of each clip: the index's row, or an empty dict.
    """

    samples: np.ndarray
    lengths: np.ndarray
    names: tuple[str, ...]
    sample_rate: int
    info: tuple[Info, ...]

    @classmethod
    @checked
    def from_arrays(
        cls,
        arrays: Iterable[Audio],
        *,
        sample_rate: int,
        names: Sequence[str] | None = None,
        info: Sequence[Info] | None = None,
    ) -> Clips:
        """Puts 1-D arrays one after the other and checks them.

        Beside the arrays themselves this takes as much memory as their samples in float32.

        Args:
            arrays: one floating-point array or tensor, (samples,), for each clip; any lengths.
            sample_rate: of all clips, in Hz.
            names: one for each clip, all different; "clip 0", "clip 1", ... if left out.
            info: a dict for each clip; empty if left out.

        Raises:
            EqlibError: naming the clip if it is not 1-D, is empty, integer, NaN or silent, or too
                loud or too soft for float32; if there is no clip; if the names do not fit the clips
                or one comes twice.
        """
        check_integer("sample_rate", sample_rate, at_least=1, cure="Give it as an integer.")
        clips = [clip if isinstance(clip, torch.Tensor) else np.asarray(clip) for clip in arrays]
        if not clips:
            raise EqlibError("there is no clip", "at least one", "Add a recording to the list.")
        names = tuple(names) if names is not None else tuple(f"clip {i}" for i in range(len(clips)))
        info = tuple(info) if info is not None else tuple({} for _ in clips)
        if not len(clips) == len(names) == len(info):
            raise EqlibError(
                f"there are {len(clips)} clips, {len(names)} names and {len(info)} info dicts",
                "one name and one dict for each clip",
                "Give as many as there are clips, or leave both out.",
            )
        if len(set(names)) < len(names):
            raise EqlibError(
                f"the name {Counter(names).most_common(1)[0][0]!r} comes more than once",
                "a different name for each clip",
                "Rename the clips, or leave names out.",
            )
        for name, clip in zip(names, clips, strict=True):
            if clip.ndim != 1:
                raise EqlibError(
                    f"{name} has shape {tuple(clip.shape)}",
                    "a list of mono clips, each of shape (samples,)",
                    "Mix stereo to mono first (audio.mean over its channels), and put a single "
                    "clip into a list.",
                )
        lengths = np.array([len(clip) for clip in clips])
        samples = np.empty(lengths.sum(), np.float32)
        places = np.split(samples, np.cumsum(lengths)[:-1])
        for name, clip, place in zip(names, clips, places, strict=True):
            audio = to_array(name, clip)
            check_not_silent(name, audio)
            _put(name, audio, place)
            warn_if_integers(name, audio)
        return cls(samples, lengths, names, int(sample_rate), info)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each clip begins in `samples`: (clips,)."""
        starts: np.ndarray = np.cumsum(self.lengths) - self.lengths
        return starts

    def views(self) -> Iterator[np.ndarray]:
        """Each clip, (samples,), where it stands in `samples`; none can be written to."""
        for start, length in zip(self.starts, self.lengths, strict=True):
            view = self.samples[start : start + length]
            view.flags.writeable = False
            yield view

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (view.copy() for view in self.views())

    @overload
    def __getitem__(self, key: str | int | np.integer[Any]) -> np.ndarray: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | Sequence[bool] | np.ndarray) -> Clips: ...
    def __getitem__(self, key: Any) -> Any:
        """Takes out one clip, (samples,), or smaller `Clips`; the class says for which keys.

        Raises:
            EqlibError: for a name or number that is not there, or if no clip is left.
        """
        if isinstance(key, str):
            if key not in self.names:
                close = difflib.get_close_matches(key, self.names) or self.names[:3]
                raise EqlibError(
                    f"there is no clip named {key!r}",
                    "one of clips.names",
                    f"The nearest are {', '.join(close)}.",
                )
            key = self.names.index(key)
        try:
            rows = np.arange(len(self))[key]
            if rows.ndim > 1:
                raise IndexError("too many dimensions")
        except (IndexError, ValueError) as error:  # ValueError: a list of lists of other lengths
            raise EqlibError(
                f"clips[{key!r}] does not fit these {len(self)} clips ({error})",
                "a name, an integer, a slice, a list of integers or a mask with one truth value "
                "for each clip",
                f"Count from 0 to {len(self) - 1}.",
            ) from None
        if rows.size == 0:
            raise EqlibError(
                f"clips[{key!r}] leaves no clip", "at least one clip", "Widen the selection."
            )
        starts, lengths = self.starts[rows], self.lengths[rows]
        if rows.ndim == 0:
            return self.samples[starts : starts + lengths].copy()
        parts = [self.samples[at : at + n] for at, n in zip(starts, lengths, strict=True)]
        return Clips(
            np.concatenate(parts),
            lengths,
            tuple(self.names[i] for i in rows),
            self.sample_rate,
            tuple(self.info[i] for i in rows),
        )

    def __repr__(self) -> str:
        seconds = self.lengths.sum() / self.sample_rate
        return f"Clips({len(self)} clips, {seconds:.1f} s in all, {self.sample_rate} Hz)"

    @checked
    def map(self, function: Callable[[np.ndarray], np.ndarray]) -> Clips:
        """Applies a function, such as an EQ, to one clip after the other, each at its own length.

        What rings on after a clip's end is cut off there.

        Args:
            function: takes one clip, (samples,) float32, and returns the same shape.

        Raises:
            EqlibError: naming the clip, if the result has another shape, or is not finite floating
                point in float32.
        """
        samples = np.empty_like(self.samples)
        places = np.split(samples, self.starts[1:])
        for name, view, place in zip(self.names, self.views(), places, strict=True):
            what = f"the function's output for {name}"
            output = to_array(what, function(view.copy()))
            check_same_shape(name, view, what, output)
            _put(what, output, place)
        return Clips(samples, self.lengths, self.names, self.sample_rate, self.info)

    def split(self, *, validation: float = 0.1, seed: int = 0) -> tuple[Clips, Clips]:
        """Splits whole clips at random into (train, validation), each in the order they had.

        Two clips cut from one recording can end up on both sides: the validation then flatters.
        The package's own recordings come with a split that prevents this (`load`).

        Args:
            validation: share of the clips, above 0 and below 1; at least one clip on each side.
            seed: the same seed gives the same split.

        Raises:
            EqlibError: for another share or seed, or fewer than two clips.
        """
        share = check_number(
            "validation", validation, above=0, below=1, cure="Choose a share such as 0.1."
        )
        check_integer("seed", seed, at_least=0, cure="Give it as an integer.")
        if len(self) < 2:
            raise EqlibError("there is one clip", "at least two to split", "Add recordings.")
        count = min(max(1, round(share * len(self))), len(self) - 1)
        chosen = np.zeros(len(self), dtype=bool)
        chosen[np.random.default_rng(seed).permutation(len(self))[:count]] = True
        return self[~chosen], self[chosen]


@checked
def as_clips(what: str, signals: Mapping[str, Audio], *, sample_rate: int) -> Clips:
    """Named mono signals, numpy or torch, as `Clips`.

    Args:
        what: the argument's name, for messages.
        signals: name -> (samples,), floating point; the lengths may differ.
        sample_rate: of all of them, in Hz.

    Raises:
        EqlibError: for no signal at all; for a sample rate below 4000 Hz; and, naming the signal,
            for one that is not mono, or is empty, integer, NaN, infinite or silent.
    """
    check_named(what, signals)
    cure = "Give the audio's sample rate in Hz, such as 16_000."
    check_integer("sample_rate", sample_rate, at_least=4_000, cure=cure)
    names = list(map(str, signals))
    return Clips.from_arrays(signals.values(), sample_rate=sample_rate, names=names)


def _put(name: str, audio: np.ndarray, place: np.ndarray) -> None:
    """Writes audio to its place in float32.

    Raises:
        EqlibError: if it is beyond float32, or so soft that nothing is left of it.
    """
    with np.errstate(over="ignore", under="ignore"):
        place[:] = audio
    if audio.dtype == np.float32:
        return
    peak = peak_of(audio)
    if peak > float(np.finfo(np.float32).max) or (peak > 0 and not place.any()):
        raise EqlibError(
            f"{name} has a peak of {peak:.3g}",
            "a peak that float32 holds, between 1e-45 and 3.4e38; full scale is 1.0",
            "Find the step that made it so, or divide by the peak: audio / abs(audio).max().",
        )
