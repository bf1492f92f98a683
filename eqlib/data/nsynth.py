"""Notes of the NSynth dataset, from a folder as it is unpacked.

Chapter: "About the recordings".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike

import numpy as np

from eqlib.data.clips import Clips
from eqlib.data.files import as_path, content_of
from eqlib.data.sound_files import SAMPLE_RATE, read
from eqlib.errors import EqlibError, check_integer, checked_only


@checked_only("families", "pitches")
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
        EqlibError: if `examples.json` is missing, damaged, of another layout, or names files that
            lie elsewhere; if no note fits; and as in `read` for a note's WAV file.
    """
    folder = as_path(folder, name="folder")
    path = folder / "examples.json"
    layout = "NSynth's examples.json: for each note a dict with pitch and instrument_family_str"
    cure = "Choose the folder of one unpacked NSynth set, such as nsynth-valid."
    content = content_of(path, expected=layout, cure=cure)
    try:
        notes = json.loads(content)
        facts = {
            name: (notes[name]["instrument_family_str"], notes[name]["pitch"]) for name in notes
        }
        for name, (family, pitch) in facts.items():
            if not isinstance(family, str) or not isinstance(pitch, int):
                raise TypeError(f"{name!r} has the family {family!r} and the pitch {pitch!r}")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise EqlibError(f"{path} is damaged ({error!r})", layout, cure) from error
    outside = [name for name in notes if name in ("", ".", "..") or set(name) & set("/\\\0:")]
    if outside:
        raise EqlibError(
            f"{path} has a note called {outside[0]!r}",
            "names of files in the folder audio beside it, and of none elsewhere",
            "Unpack the dataset again from where you have it; this index is not as it was made.",
        )
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
        [read(folder / "audio" / f"{name}.wav") for name in names],
        sample_rate=SAMPLE_RATE,
        names=names,
        info=[notes[name] for name in names],
    )
