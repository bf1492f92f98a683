"""Which recordings an experiment hears, and which it is judged on.

Chapters: "Results", "What the network learned".
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Literal, get_args

from scipy.signal import resample_poly

from eqlib import data
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, checked
from eqlib.experiments.intervals import cluster_of

NOTES = ("note", "hit", "segment")
Met = Literal[
    "its pitch, on another instrument",
    "its pitch, on none",
    "other hits of its loop",
    "nothing of its kind",
]
MET: tuple[Met, ...] = get_args(Met)
B2_MIDI = 47
HIGHEST_MIDI = 96


@checked
def heard(split: str, left_out: tuple[str, ...]) -> Clips:
    """All notes of a split but those of the families that are left out."""
    clips = data.load(kind=NOTES, split=split)
    return clips[[row["family"] not in left_out for row in clips.info]]


@checked
def and_an_octave_up(clips: Clips) -> Clips:
    """The clips, and after them the same at double speed, but none that is held out.

    A note that is made in this way and has the pitch of another of its instrument's, kept for
    validation or test, is not used; nor is one that would leave the band.
    """
    held_out = {(r["instrument"], r["midi"]) for r in data.index() if r["split"] != "train"}
    rows = [
        i
        for i, row in enumerate(clips.info)
        if row["midi"] is None
        or (row["midi"] <= HIGHEST_MIDI and (row["instrument"], row["midi"] + 12) not in held_out)
    ]
    higher = [resample_poly(clips[i], 1, 2) for i in rows]
    return Clips.from_arrays(
        [*clips, *higher],
        sample_rate=clips.sample_rate,
        names=[*clips.names, *(f"{clips.names[i]}, an octave up" for i in rows)],
        info=[*clips.info, *(clips.info[i] for i in rows)],
    )


@checked
def to_judge_on(left_out: tuple[str, ...]) -> dict[str, Clips]:
    """What a network is judged on, none of it heard in training, by the name of the set.

    "piano": unseen pitches of the piano. "notes": unseen notes of the instruments it was trained
    on. "unheard": all notes of the left-out families. "phrases": phrases and mixes. "authors'
    kind": single notes among the unseen and unheard ones, within an octave of the note the paper's
    authors publish (B2).
    """
    notes, unheard = heard("test", left_out), data.load(kind=NOTES, family=left_out)
    sets = {
        "piano": data.load(instrument="piano", split="test"),
        "notes": notes,
        "unheard": unheard,
        "phrases": data.load(kind="phrase"),
    }
    rows = [*notes.info, *unheard.info]
    near = [r["file"] for r in rows if r["midi"] is not None and abs(r["midi"] - B2_MIDI) <= 12]
    both = data.load(kind=NOTES)
    sets["authors' kind"] = both[[row["file"] in near for row in both.info]]
    return sets


@checked
def met_before(name: str, left_out: tuple[str, ...]) -> Met:
    """What of an unseen note was in training all the same.

    Args:
        name: of the recording, such as "piano/sal_Fs4_v10".
        left_out: families that were not in training.

    Raises:
        EqlibError: for a recording that there is not.
    """
    rows = {str(row["file"]).removesuffix(".flac"): row for row in data.index()}
    if name not in rows:
        raise EqlibError(
            f"there is no recording {name!r}", "a name of the index", "See data.index."
        )
    heard = [
        (each, row)
        for each, row in rows.items()
        if row["split"] == "train" and row["kind"] in NOTES and row["family"] not in left_out
    ]
    midi = rows[name]["midi"]
    if midi is not None:
        known = midi in {row["midi"] for _, row in heard}
        return "its pitch, on another instrument" if known else "its pitch, on none"
    loops = {cluster_of(each) for each, _ in heard}
    return "other hits of its loop" if cluster_of(name) in loops else "nothing of its kind"


@functools.cache
def recordings_hash() -> str:
    """One hash of all recordings and of their split."""
    rows = sorted(json.dumps(row, sort_keys=True) for row in data.index())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
