"""The book's recordings at the rate of their originals, for networks at 44.1 and 48 kHz.

The package ships its recordings at 16 kHz. Most of what they were cut from is at 44.1 or 48 kHz, in
packages of npm and of Debian that the index names, under the same free licenses. `make originals`
fetches these; nothing of them is stored here. Three sources are left out, whose recordings are not
files of their own or come another way: a SoundFont, two songs in stems, a package of Python.

All are made the same way: mono, from the first sample above -40 dB of the peak on, two seconds at
most, faded out, peak-scaled to -6 dBFS, at 48 kHz. What lower rates hear is resampled from that.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
import soundfile as sf
import soxr

from eqlib import data
from eqlib.data.clips import Clips
from eqlib.data.recordings import Recording
from eqlib.errors import EqlibError
from eqlib.experiments.plan import UNHEARD

FOLDER = Path("_work/originals")
"""Where `make originals` puts them: a folder for each source, by its name in the index."""

SOURCES = ("@audio-samples/", "tonejs-instrument-", "hydrogen-drumkits ", "sonic-pi-samples ")
RATE = 48_000
SECONDS = 2.0
FADE_SECONDS = 0.05
ONSET_DB = -40.0
PEAK = 0.5

Which: TypeAlias = Literal["train", "validation", "recordings", "instruments"]
"""Two splits of the instruments that are heard, what is kept of them for test, and the families
that no network is trained on."""
SETS: tuple[Which, ...] = get_args(Which)


def rows(which: Which) -> list[Recording]:
    """What the index has of these recordings, in its order."""
    split = {"recordings": "test"}.get(which, which)
    return [
        row
        for row in data.index()
        if row["source"].startswith(SOURCES)
        and (row["family"] in UNHEARD) == (which == "instruments")
        and (which == "instruments" or row["split"] == split)
    ]


def sources() -> list[str]:
    """The packages that hold them, each with its version, as the index names them."""
    return list(dict.fromkeys(row["source"] for which in SETS for row in rows(which)))


@functools.cache
def load(which: Which, *, sample_rate: int = RATE, folder: Path = FOLDER) -> Clips:
    """Recordings of a set, named as those of the package, with the index's rows as `info`.

    Raises:
        EqlibError: if a file is not in the folder.
    """
    if sample_rate != RATE:
        clips = load(which, folder=folder)
        arrays = [soxr.resample(clip, RATE, sample_rate, quality="VHQ") for clip in clips]
        return Clips.from_arrays(
            arrays, sample_rate=sample_rate, names=clips.names, info=clips.info
        )
    chosen = rows(which)
    return Clips.from_arrays(
        [prepared(*_read(row, folder)) for row in chosen],
        sample_rate=RATE,
        names=[row["file"].removesuffix(".flac") for row in chosen],
        info=chosen,
    )


def prepared(audio: np.ndarray, rate: int) -> np.ndarray:
    """Sound as it was recorded, (samples, channels) at `rate` Hz, as this experiment hears it.

    Returns:
        (samples,) float32 at 48 kHz.
    """
    mono = audio.mean(1)
    onset = int(np.argmax(np.abs(mono) > np.abs(mono).max() * 10 ** (ONSET_DB / 20)))
    mono = soxr.resample(mono[onset:], rate, RATE, quality="VHQ")[: round(SECONDS * RATE)]
    fade = min(round(FADE_SECONDS * RATE), len(mono))
    mono[-fade:] *= (1 + np.cos(np.pi * np.arange(1, fade + 1) / fade)) / 2
    made: np.ndarray = (PEAK * mono / np.abs(mono).max()).astype(np.float32)
    return made


def _read(row: Recording, folder: Path) -> tuple[np.ndarray, int]:
    found = next((folder / row["source"]).glob(f"**/{row['source_path']}"), None)
    if found is None:
        raise EqlibError(
            f"{row['source_path']} of {row['source']} is not in {folder}",
            "the packages that hold the originals",
            "Fetch them with `make originals`, which needs npm and apt.",
        )
    with sf.SoundFile(found) as file:
        rate = file.samplerate
        return file.read(int(2 * SECONDS * rate), always_2d=True), rate
