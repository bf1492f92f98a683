"""Audio files of one's own: one of them, or a folder full.

Chapter: "About the recordings".
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
import soundfile as sf

from eqlib.audio import check_audio, check_not_silent
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, check_integer, check_sample_rate

SAMPLE_RATE = 16_000
"""The sample rate of the book's recordings and networks, in Hz."""
MIN_SAMPLES = 1024
"""The shortest file that is read: one frame of the network (64 ms at 16 kHz)."""
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


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
