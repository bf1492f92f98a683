"""Recordings: the package's own, a folder of yours, or NSynth's, all as one `Clips`.

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
import json
from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from eqlib.data.clips import Clips
from eqlib.errors import (
    EqlibError,
    check_audio,
    check_integer,
    check_not_silent,
    check_sample_rate,
)

SAMPLE_RATE = 16_000
"""The sample rate of the book's recordings and networks, in Hz."""

MIN_SAMPLES = 1024
"""The shortest file that is read: one frame of the network (64 ms at 16 kHz)."""

AUDIO_FOLDER = Path(__file__).resolve().parent / "audio"
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


def index() -> list[dict[str, Any]]:
    """The package's recordings, a row each, as in `audio/index.csv`.

    A row holds file, kind, instrument, family, note, midi (int, or None where unknown), velocity,
    duration_s, gain_db (the gain of the peak scaling), rms_dbfs, license, attribution, source and
    source_path (where the recording came from), sha256 (of the FLAC file) and split.
    """
    return [dict(row) for row in _index()]


@functools.cache
def _index() -> tuple[dict[str, Any], ...]:
    with open(AUDIO_FOLDER / "index.csv", newline="", encoding="utf-8") as file:
        rows = tuple(csv.DictReader(file))
    for row in rows:
        row["midi"] = int(row["midi"]) if row["midi"] else None
        row |= {name: float(row[name]) for name in ("duration_s", "gain_db", "rms_dbfs")}
    return rows


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
    asked = {"instrument": instrument, "family": family, "kind": kind, "split": split}
    asked = {name: np.atleast_1d(v).tolist() for name, v in asked.items() if v is not None}
    for name, values in asked.items():
        known = sorted({row[name] for row in _index()})
        for value in values:
            if value not in known:
                cure = f"Choose from: {', '.join(known)}."
                raise EqlibError(f"{name} is {value!r}", f"one of the index's {name} values", cure)

    def fits(row: dict[str, Any], *columns: str) -> bool:
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


def read(
    path: str | PathLike[str],
    *,
    sample_rate: int = SAMPLE_RATE,
    mix_to_mono: bool = False,
    resample: bool = False,
) -> np.ndarray:
    """Reads one audio file (WAV, FLAC, OGG, MP3) at the level it has.

    Args:
        path: the file.
        sample_rate: the rate that is wanted, in Hz.
        mix_to_mono: whether to take the mean of a file's channels; else they are refused.
        resample: whether to resample a file of another rate; else it is refused.

    Returns:
        (samples,) float32, full scale at 1.0.

    Raises:
        EqlibError: naming the file if it is missing, unreadable, of several channels or another
            rate without the switch for it, empty, NaN, silent, or shorter than `MIN_SAMPLES`.
    """
    check_integer("sample_rate", sample_rate, at_least=1, cure="Give it as an integer.")
    path = Path(path)
    if not path.is_file():
        raise EqlibError(
            f"{path} is not a file", "an audio file", "Check that it is there, and its spelling."
        )
    try:
        audio, file_rate = sf.read(path, dtype="float32", always_2d=True)
    except (sf.SoundFileError, OSError) as error:
        raise EqlibError(
            f"{path} cannot be read ({error})",
            "an undamaged WAV, FLAC, OGG or MP3 file",
            "Play it elsewhere to see if it is whole, and export it again as WAV.",
        ) from error
    channels = audio.shape[1]
    if channels > 1 and not mix_to_mono:
        raise EqlibError(
            f"{path} has {channels} channels",
            "one (mono)",
            "Pass mix_to_mono=True to take their mean, or export the one channel you want.",
        )
    check_audio(str(path), audio.T)
    mono = audio.mean(axis=1)
    check_not_silent(str(path), mono)
    if resample and file_rate != sample_rate:
        import librosa  # here, because it takes long to import and most sessions never need it

        mono = librosa.resample(mono, orig_sr=file_rate, target_sr=sample_rate)
    else:
        check_sample_rate(str(path), file_rate, sample_rate)
    check_audio(str(path), mono, min_samples=MIN_SAMPLES)
    return mono


def from_folder(
    folder: str | PathLike[str],
    *,
    sample_rate: int = SAMPLE_RATE,
    mix_to_mono: bool = False,
    resample: bool = False,
) -> Clips:
    """Reads all WAV, FLAC, OGG and MP3 files of a folder and its subfolders, sorted by name.

    All clips are padded to the longest: cut a long recording into pieces before you mix it with
    short ones. Hidden files and folders (their names start with a dot) are left out.

    Args:
        folder: the folder.
        sample_rate: the rate that is wanted, in Hz.
        mix_to_mono: as in `read`.
        resample: as in `read`.

    Returns:
        Clips named by their path within the folder, with empty `info`.

    Raises:
        EqlibError: if there is no such folder or no audio in it, and as in `read` for a file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise EqlibError(
            f"{folder} is not a folder",
            "a folder of audio files",
            "Check the path's spelling; for a single file use eqlib.data.read.",
        )
    inside = [path.relative_to(folder) for path in folder.rglob("*")]
    names = sorted(
        path.as_posix()
        for path in inside
        if path.suffix.lower() in SUFFIXES and not any(p.startswith(".") for p in path.parts)
    )
    if not names:
        raise EqlibError(
            f"{folder} holds no audio file",
            f"files that end in {', '.join(SUFFIXES)}",
            "Choose the folder that holds them, or export your audio as WAV.",
        )
    clips = [
        read(folder / name, sample_rate=sample_rate, mix_to_mono=mix_to_mono, resample=resample)
        for name in names
    ]
    return Clips.from_arrays(clips, sample_rate=sample_rate, names=names)


def from_nsynth(
    folder: str | PathLike[str],
    *,
    families: str | Sequence[str] | None = None,
    pitches: int | Sequence[int] | None = None,
    limit: int | None = None,
) -> Clips:
    """Reads notes of the NSynth dataset (16 kHz, 4 s each) from a folder as it is unpacked.

    Source: J. Engel et al., "Neural audio synthesis of musical notes with WaveNet autoencoders",
    ICML 2017. The dataset is not part of this package.

    Args:
        folder: holds `examples.json` and `audio/`, as nsynth-train, nsynth-valid, nsynth-test do.
        families: of instruments ("bass", "keyboard", "string", ...); None for all.
        pitches: MIDI numbers, such as ``range(48, 72)``; None for all.
        limit: the most notes to read, spread evenly over those that fit, sorted by name.

    Returns:
        Clips named by their note_str, with their entry of `examples.json` as `info`.

    Raises:
        EqlibError: if `examples.json` is missing, damaged or of another layout, if no note fits,
            and as in `read` for a note's WAV file.
    """
    path = Path(folder) / "examples.json"
    layout = "NSynth's examples.json: for each note a dict with pitch and instrument_family_str"
    cure = "Choose the folder of one unpacked NSynth set, such as nsynth-valid."
    if not path.is_file():
        raise EqlibError(f"{path} is missing", layout, cure)
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
        facts = {
            name: (notes[name]["instrument_family_str"], notes[name]["pitch"]) for name in notes
        }
    except (ValueError, TypeError, KeyError) as error:
        raise EqlibError(f"{path} is damaged ({error!r})", layout, cure) from error
    keep_families = None if families is None else np.atleast_1d(families).tolist()
    keep_pitches = None if pitches is None else np.atleast_1d(pitches).tolist()
    names = sorted(
        name
        for name, (family, pitch) in facts.items()
        if (keep_families is None or family in keep_families)
        and (keep_pitches is None or pitch in keep_pitches)
    )
    if not names:
        raise EqlibError(
            f"no note of {path} has families={families!r} and pitches={pitches!r}",
            "a family and a pitch that occur together",
            f"The families there are: {', '.join(sorted({family for family, _ in facts.values()}))}"
            "; pitches are MIDI numbers, middle C is 60.",
        )
    if limit is not None:
        check_integer("limit", limit, at_least=1, cure="Give it as an integer.")
        count = min(limit, len(names))
        names = [names[i * len(names) // count] for i in range(count)]
    return Clips.from_arrays(
        [read(Path(folder) / "audio" / f"{name}.wav") for name in names],
        sample_rate=SAMPLE_RATE,
        names=names,
        info=[notes[name] for name in names],
    )
