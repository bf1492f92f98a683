"""The package's own recordings, as `Clips`.

The package carries 332 short mono recordings at 16 kHz, `audio/index.csv` (a row for each) and
`audio/LICENSES.md`. They were peak-scaled to -6 dBFS when they were collected; the gain is in the
index. Nothing here changes a level. `note` is the pitch that sounds: two trumpet files are
labeled an octave low at their source (C3 and A#3 for C4 and A#4).

The split into train, validation and test was fixed by this rule before anything was measured:

1. A recording of kind "phrase" (phrases, loops, mixes) is always test.
2. The others form groups within their instrument: all velocities of one MIDI pitch are a group,
   for they sound almost alike. Where the index gives no pitch, each file is a group, named by
   the file without its suffix; except that segments cut from one recording (kind "segment") are
   one group, named without their trailing number.
3. The instrument's groups are sorted, by pitch or else by name, and counted from 0. Group i is
   test if ``i % 8 == 3``, validation if ``i % 8 == 7``, else train.

Chapters: the tour (book/tour.ipynb), "About the recordings".
"""

from __future__ import annotations

import csv
import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypedDict, cast

from eqlib.data.clips import Clips
from eqlib.data.sound_files import SAMPLE_RATE, read
from eqlib.errors import EqlibError, checked

Column = Literal["instrument", "family", "kind", "split"]

AUDIO_FOLDER = Path(__file__).resolve().parent / "audio"


class Recording(TypedDict):
    """A row of `audio/index.csv`.

    Attributes:
        file: its path in the folder of recordings.
        kind: see `load`; so are instrument, family and split.
        note: the pitch by name, and midi by number; the latter is None where it is unknown.
        velocity: how hard it was struck, as its source tells.
        duration_s: in seconds.
        gain_db: of the peak scaling.
        rms_dbfs: the level.
        license: and attribution, its terms.
        source: and source_path, where it came from.
        sha256: of the FLAC file.
    """

    file: str
    kind: str
    instrument: str
    family: str
    note: str
    midi: int | None
    velocity: str
    duration_s: float
    gain_db: float
    rms_dbfs: float
    license: str
    attribution: str
    source: str
    source_path: str
    sha256: str
    split: str


def index() -> list[Recording]:
    """The package's recordings, a row each, as in `audio/index.csv`."""
    return [row.copy() for row in _index()]


@functools.cache
def _index() -> tuple[Recording, ...]:
    with open(AUDIO_FOLDER / "index.csv", newline="", encoding="utf-8") as file:
        rows = tuple(csv.DictReader(file))
    for row in rows:
        row["midi"] = int(row["midi"]) if row["midi"] else None
        row |= {name: float(row[name]) for name in ("duration_s", "gain_db", "rms_dbfs")}
    return cast(tuple[Recording, ...], rows)


@checked
def load(
    *,
    instrument: str | Sequence[str] | None = None,
    family: str | Sequence[str] | None = None,
    kind: str | Sequence[str] | None = "note",
    split: str | Sequence[str] | None = None,
) -> Clips:
    """Loads the package's recordings that fit all that is asked for; None asks for nothing.

    Args:
        instrument: "piano", "drums", "violin", ... (`index` lists them).
        family: "keys", "bass", "brass", ..., wider than the instrument.
        kind: "note", "hit" (a drum), "segment" (of singing), "phrase" (phrases and mixes).
        split: "train", "validation" or "test".

    Returns:
        Clips named by their file without ".flac", with the index's rows as `info`.

    Raises:
        EqlibError: for a value that does not exist, or a combination that no recording has.

    Chapter: the tour, book/tour.ipynb.
    """
    given: dict[Column, str | Sequence[str] | None] = {
        "instrument": instrument,
        "family": family,
        "kind": kind,
        "split": split,
    }
    asked = {
        name: [value] if isinstance(value, str) else list(value)
        for name, value in given.items()
        if value is not None
    }
    for name, values in asked.items():
        known = sorted({row[name] for row in _index()})
        for value in values:
            if value not in known:
                cure = f"Choose from: {', '.join(known)}."
                raise EqlibError(f"{name} is {value!r}", f"one of the index's {name} values", cure)

    def fits(row: Recording, *columns: Column) -> bool:
        return all(row[name] in asked[name] for name in columns if name in asked)

    rows = [row for row in index() if fits(row, *asked)]
    if not rows:
        near = [row for row in _index() if fits(row, "instrument")]
        there = Counter((row["family"], row["kind"], row["split"]) for row in near)
        raise EqlibError(
            f"no recording has all of {asked}",
            "a combination that exists (None leaves a choice open)",
            "For this instrument there are, as family/kind/split: "
            + ", ".join(f"{'/'.join(which)} ({n})" for which, n in sorted(there.items()))
            + ".",
        )
    return Clips.from_arrays(
        [read(AUDIO_FOLDER / row["file"]) for row in rows],
        sample_rate=SAMPLE_RATE,
        names=[row["file"].removesuffix(".flac") for row in rows],
        info=rows,
    )


def attributions() -> str:
    """Credits for the package's recordings: a line for each source, with its license."""
    counts = Counter((row["license"], row["attribution"]) for row in _index())
    return "\n".join(
        f"{terms} ({n} recording{'s' * (n > 1)}): {credit}" for (terms, credit), n in counts.items()
    )
