"""A set of recordings as one array: what data loaders return and training takes."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from eqlib.audio import Audio, check_audio, check_not_silent, check_same_shape
from eqlib.errors import EqlibError, check_integer, check_named, check_number, checked


@checked
@dataclass(frozen=True, eq=False)
class Clips:
    """A set of mono recordings in one array. `Clips.from_arrays` makes one of your arrays.

    ``len(clips)`` counts them. ``clips[3]`` and ``clips["piano/sal_A4_v08"]`` are one clip,
    (samples,), a copy without its padding. ``clips[:10]``, ``clips[[0, 4]]`` and
    ``clips[boolean_mask]`` are smaller `Clips`, padded to the longest clip that is left.
    Iterating gives one clip after the other.

    Attributes:
        audio: (clips, samples) float32, each clip zero-padded at its end to the longest.
        lengths: (clips,) samples of each clip before padding.
        names: a name for each clip.
        sample_rate: in Hz, the same for all.
        info: what is known of each clip: the index's row, or an empty dict.
    """

    audio: np.ndarray
    lengths: np.ndarray
    names: tuple[str, ...]
    sample_rate: int
    info: tuple[dict[str, Any], ...]

    @classmethod
    @checked
    def from_arrays(
        cls,
        arrays: Iterable[np.ndarray],
        *,
        sample_rate: int,
        names: Sequence[str] | None = None,
        info: Sequence[dict[str, Any]] | None = None,
    ) -> Clips:
        """Pads 1-D arrays to the longest and checks them.

        Args:
            arrays: one floating-point array, (samples,), for each clip; any lengths.
            sample_rate: of all clips, in Hz.
            names: one for each clip, all different; "clip 0", "clip 1", ... if left out.
            info: a dict for each clip; empty if left out.

        Raises:
            EqlibError: naming the clip if it is not 1-D, or is empty, integer, NaN or silent; if
                there is no clip; if the names do not fit the clips or one comes twice.
        """
        check_integer("sample_rate", sample_rate, at_least=1, cure="Give it as an integer.")
        clips = [np.asarray(clip) for clip in arrays]
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
                    f"{name} has shape {clip.shape}",
                    "a list of mono clips, each of shape (samples,)",
                    "Mix stereo to mono first (audio.mean over its channels), and put a single "
                    "clip into a list.",
                )
            check_audio(name, clip)
            check_not_silent(name, clip)
        lengths = np.array([len(clip) for clip in clips])
        audio = np.zeros((len(clips), lengths.max()), dtype=np.float32)
        for row, clip in zip(audio, clips, strict=True):
            row[: len(clip)] = clip
        return cls(audio, lengths, names, int(sample_rate), info)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))

    @checked
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
        except IndexError as error:
            raise EqlibError(
                f"clips[{key!r}] does not fit these {len(self)} clips ({error})",
                "a name, an integer, a slice, a list of integers or a mask with one truth value "
                "for each clip",
                f"Count from 0 to {len(self) - 1}.",
            ) from None
        if rows.ndim == 0:
            return self.audio[rows, : self.lengths[rows]].copy()
        if rows.size == 0:
            raise EqlibError(
                f"clips[{key!r}] leaves no clip", "at least one clip", "Widen the selection."
            )
        lengths = self.lengths[rows]
        return Clips(
            self.audio[rows, : lengths.max()],
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
        """Applies a function, such as an EQ, to the padded audio: the targets of these inputs.

        An EQ's ringing runs on into the padding and stays there in ``audio``, where training
        may use it; ``clips[i]`` cuts it off at the clip's own length.

        Args:
            function: takes (clips, samples) float32 and returns the same shape.

        Raises:
            EqlibError: if the result has another shape, or is not finite floating point.
        """
        audio = np.asarray(function(self.audio.copy()))
        check_same_shape("the function's input", self.audio, "its output", audio)
        check_audio("the function's output", audio)
        return Clips(
            audio.astype(np.float32), self.lengths, self.names, self.sample_rate, self.info
        )

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
    arrays = [s.detach().cpu() if isinstance(s, torch.Tensor) else s for s in signals.values()]
    return Clips.from_arrays(arrays, sample_rate=sample_rate, names=list(map(str, signals)))
