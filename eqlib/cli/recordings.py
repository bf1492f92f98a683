"""Recordings for `eqlib train` and `eqlib evaluate`: folders, made into pairs that fit.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import logging
import warnings

from eqlib.cli.common import equalizer
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.data.recordings import load
from eqlib.data.sound_files import from_folder
from eqlib.errors import EqlibError

GAP_S = 1.0
"""Between what is learned from and what is judged by, where one recording holds both."""
FEW = 8
"""With fewer recordings than this, each is cut in time."""


def clips(folder: str, *, sample_rate: int) -> Clips:
    """The recordings of a folder, mixed to mono and at this rate."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = from_folder(folder, sample_rate=sample_rate, mix_to_mono=True, resample=True)
    for each in told:
        logging.warning("%s", each.message)
    seconds = found.lengths.sum() / sample_rate
    logging.info(
        "%s: %d recordings, %.0f s, as mono at %d Hz", folder, len(found), seconds, sample_rate
    )
    return found


def of_gear(dry: str, wet: str, *, sample_rate: int) -> Pairs:
    """Pairs of two folders, at the time and in the polarity of each other.

    Raises:
        EqlibError: for recordings that do not belong together, or are not in step and cannot be
            brought into it.
    """
    inputs, targets = (clips(folder, sample_rate=sample_rate) for folder in (dry, wet))
    pairs, told = _checked(inputs, targets)
    if not told:
        return pairs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moved = pairs.aligned()
    again, still = _checked(moved.dry, moved.wet)
    if still:
        raise EqlibError(
            f"the recordings do not fit: {'; '.join(still)}",
            "takes that are in step with their inputs",
            "Record them again in one take, or align them in an audio editor.",
        )
    for each in told:
        logging.warning("%s They were brought into step.", each)
    return again


def _checked(dry: Clips, wet: Clips) -> tuple[Pairs, list[str]]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pairs = Pairs(dry, wet)
    return pairs, [str(each.message) for each in told]


def of_equalizer(text: str, folder: str | None, *, sample_rate: int, split: str) -> Pairs:
    """Pairs of an equalizer in words, on a folder's recordings or on the package's own."""
    eq = equalizer(text, sample_rate=sample_rate)
    if folder is not None:
        return pair(clips(folder, sample_rate=sample_rate), eq)
    if sample_rate != 16_000:
        raise EqlibError(
            f"the network's sample rate is {sample_rate} Hz, and no --audio is given",
            "16000 Hz, that of the recordings that ship",
            "Give a folder of your own recordings: --audio DIR.",
        )
    return pair(load(split=split), eq)


def divided(pairs: Pairs, *, seed: int) -> tuple[Pairs, Pairs]:
    """Pairs to learn from, and pairs to judge by: whole recordings, or of few, their last eighth.

    Raises:
        EqlibError: if a recording is too short to be cut.
    """
    if len(pairs) >= FEW:
        judged = set(pairs.dry.split(seed=seed)[1].names)
        mask = [name in judged for name in pairs.dry.names]
        sides = ([not each for each in mask], mask)
        return tuple(  # type: ignore[return-value]
            Pairs(pairs.dry[side], pairs.wet[side], pairs.target, computed=True) for side in sides
        )
    rate = pairs.dry.sample_rate
    gap = round(GAP_S * rate)
    for name, length in zip(pairs.dry.names, pairs.dry.lengths, strict=True):
        if length < 8 * gap:
            raise EqlibError(
                f"{name} has {length / rate:.1f} s, and there are only {len(pairs)} recordings",
                f"{FEW} recordings or more, or {8 * GAP_S:.0f} s of each",
                "Record more: minutes are better than seconds.",
            )

    def cut(of: Clips, *, last: bool) -> Clips:
        cuts = [len(clip) * 7 // 8 for clip in of.views()]
        parts = [
            clip[at:] if last else clip[: at - gap]
            for clip, at in zip(of.views(), cuts, strict=True)
        ]
        return Clips.from_arrays(parts, sample_rate=rate, names=of.names, info=of.info)

    return tuple(  # type: ignore[return-value]
        Pairs(cut(pairs.dry, last=side), cut(pairs.wet, last=side), pairs.target, computed=True)
        for side in (False, True)
    )
