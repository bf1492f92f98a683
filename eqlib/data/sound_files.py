"""Recordings of one's own as files: one or a folder full to read, and one to write.

Chapters: "About the recordings", "Use it on your own sound".
"""

from __future__ import annotations

import os
import unicodedata
import warnings
from os import PathLike
from pathlib import Path

import numpy as np
import soundfile as sf

from eqlib.audio import (
    Audio,
    check_audio,
    check_not_silent,
    check_rate,
    peak_of,
    resampled,
    to_array,
)
from eqlib.data.clips import Clips
from eqlib.data.containers import check_end, check_length, readable, whole
from eqlib.data.files import as_path, check_file, for_libsndfile, kind_at, replacing
from eqlib.errors import EqlibError, check_integer, check_sample_rate, checked_only

SAMPLE_RATE = 16_000
"""The sample rate of the book's recordings and networks, in Hz."""
MIN_SAMPLES = 1024
"""The shortest file that is read: one frame of the network (64 ms at 16 kHz)."""
FORMATS = {
    ".aif": "AIFF",
    ".aifc": "AIFF",
    ".aiff": "AIFF",
    ".au": "AU",
    ".caf": "CAF",
    ".flac": "FLAC",
    ".mp3": "MP3",
    ".oga": "OGG",
    ".ogg": "OGG",
    ".opus": "OGG",
    ".rf64": "RF64",
    ".snd": "AU",
    ".w64": "W64",
    ".wav": "WAV",
    ".wave": "WAV",
}
"""libsndfile's word for a format, by its suffix; in reading, what is in the file decides."""
SUFFIXES = tuple(FORMATS)
OTHER_AUDIO = (".aac", ".alac", ".ape", ".m4a", ".mka", ".ra", ".webm", ".wma", ".wv")
"""Files of these hold sound, and nothing here reads them."""

_AT_ONCE = 2**20
_ENDINGS = ".wav, .flac, .ogg, .opus, .mp3, .aiff, .w64, .caf or .au"


@checked_only("mix_to_mono", "resample")
def read(
    path: str | PathLike[str],
    *,
    sample_rate: int = SAMPLE_RATE,
    mix_to_mono: bool = False,
    resample: bool = False,
) -> np.ndarray:
    """Reads one audio file at the level it has: WAV, FLAC, OGG, OPUS, MP3, AIFF, W64, CAF, AU.

    Args:
        path: the file.
        sample_rate: the rate that is wanted, in Hz.
        mix_to_mono: whether to take the mean of a file's channels; else they are refused.
        resample: whether to resample a file of another rate; else it is refused.

    Returns:
        (samples,) float32, full scale at 1.0.

    Raises:
        EqlibError: naming the file if it is missing, unreadable, cut off (it says how much is
            missing), of several channels or another rate without the switch for it, empty, NaN,
            silent, or shorter than `MIN_SAMPLES`.
    """
    check_integer("sample_rate", sample_rate, at_least=1, cure="Give it as an integer.")
    path = _spelled(as_path(path))
    check_file(path, expected="an audio file", cure="Check that it is there, and its spelling.")
    audio, file_rate = _content(path)
    channels = audio.shape[1]
    if channels > 1 and not mix_to_mono:
        raise EqlibError(
            f"{path} has {channels} channels",
            "one (mono)",
            "Pass mix_to_mono=True to take their mean, or export the one channel you want.",
        )
    check_audio(str(path), audio.T)
    mono: np.ndarray = audio[:, 0] if channels == 1 else audio.mean(axis=1)
    check_not_silent(str(path), mono)
    if resample and file_rate != sample_rate:
        check_rate(str(path), file_rate)
        mono = resampled(mono, from_hz=file_rate, to_hz=check_rate("the result", sample_rate))
    else:
        check_sample_rate(str(path), file_rate, sample_rate)
    check_audio(str(path), mono, min_samples=MIN_SAMPLES)
    return mono


def _spelled(path: Path) -> Path:
    """The path as it is on the disk, where accents may be letters of their own (NFD) or not."""
    if kind_at(path) == "nothing":
        for form in ("NFC", "NFD"):
            other = Path(unicodedata.normalize(form, str(path)))
            if other != path and kind_at(other) == "file":
                return other
    return path


def _content(path: Path) -> tuple[np.ndarray, int]:
    """All samples of a file, (samples, channels) float32, and their rate."""
    parts: list[np.ndarray] = []
    try:
        with open(path, "rb") as opened, sf.SoundFile(whole(path, opened)) as file:
            told: int = file.frames
            while len(part := file.read(_AT_ONCE, dtype="float32", always_2d=True)):
                parts.append(part)
            rate: int = file.samplerate
            silent = np.zeros((0, file.channels), np.float32)
            check_end(path, opened, sum(map(len, parts)))
    except (sf.SoundFileError, OSError, ValueError) as error:
        if isinstance(error, EqlibError):
            raise
        raise EqlibError(
            f"{path} cannot be read ({error}{readable(path)})",
            f"an undamaged file in a format that libsndfile knows: {_ENDINGS}",
            "Play it elsewhere to see if it is whole, and export it again as WAV.",
        ) from error
    audio = parts[0] if len(parts) == 1 else np.concatenate([silent, *parts])
    check_length(path, len(audio), told)
    return audio, rate


@checked_only("path", "subtype")
def write(
    path: str | PathLike[str], audio: Audio, *, sample_rate: int, subtype: str | None = None
) -> Path:
    """Writes audio to a file in the format of its suffix, whole or not at all.

    Args:
        path: where to; a file that is there is replaced once the new one is complete.
        audio: (samples,) or (channels, samples), full scale at 1.0.
        sample_rate: in Hz.
        subtype: how samples are stored, in libsndfile's words ("PCM_16", "PCM_24", "FLOAT",
            "VORBIS"); by default "FLOAT" where the format has it, which never clips, and "PCM_24"
            in FLAC.

    Returns:
        The path.

    Raises:
        EqlibError: for a suffix or a subtype that there is not, what is not audio or has more than
            two axes, audio beyond full scale where it would be clipped, or a file that cannot be
            written.
    """
    path = as_path(path)
    rate = check_integer("sample_rate", sample_rate, at_least=1, cure="Give it in Hz: 44_100.")
    samples = to_array("audio", audio)
    if samples.ndim > 2:
        raise EqlibError(
            f"audio has shape {samples.shape}",
            "(samples,) or (channels, samples)",
            "Write one file a clip.",
        )
    kind, subtype = format_of(path, subtype)
    peak = peak_of(samples)
    if subtype not in ("FLOAT", "DOUBLE") and peak > 1:
        raise EqlibError(
            f"audio reaches {peak:.4g}, and {subtype} ends at 1",
            "audio within full scale, or a subtype that holds more",
            'Write it with subtype="FLOAT" (WAV, AIFF, W64, CAF), or divide it by its peak.',
        )
    with replacing(path) as temporary:
        try:
            sf.write(for_libsndfile(temporary), samples.T, rate, format=kind, subtype=subtype)
        except (sf.SoundFileError, ValueError, TypeError, OverflowError) as error:
            raise EqlibError(
                f"{path} cannot be written as {kind} with {subtype} at {rate} Hz ({error})",
                "a rate and a number of channels that the format has",
                "WAV takes nearly all: give the path the suffix .wav.",
            ) from error
    return path


def format_of(path: Path, subtype: str | None = None) -> tuple[str, str]:
    """Libsndfile's words for the format of a path to write to, and for how samples are stored.

    Raises:
        EqlibError: for a suffix, or a subtype of it, that there is not.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None or kind not in sf.available_formats():
        raise EqlibError(
            f"{path} ends in {path.suffix or 'no suffix'!r}",
            _ENDINGS,
            "Choose the format by the suffix: .wav is read everywhere.",
        )
    there = sf.available_subtypes(kind)
    if subtype is None:
        usual = sf.default_subtype(kind)
        wanted = ("OPUS",) if path.suffix.lower() == ".opus" else ("FLOAT", "PCM_24")
        lossy = usual in ("VORBIS", "OPUS") or kind == "MP3"
        if not lossy or wanted == ("OPUS",):
            usual = next((each for each in wanted if each in there), usual)
        return kind, usual
    if subtype not in there:
        raise EqlibError(
            f"subtype is {subtype!r}", f"one that {kind} has: {', '.join(there)}", "Choose one."
        )
    return kind, subtype


@checked_only("mix_to_mono", "resample")
def from_folder(
    folder: str | PathLike[str],
    *,
    sample_rate: int = SAMPLE_RATE,
    mix_to_mono: bool = False,
    resample: bool = False,
) -> Clips:
    """Reads all audio files of a folder and its subfolders, sorted by name (`SUFFIXES`).

    The files may be of any lengths: memory goes with the audio, and is at most twice as much.
    Hidden files and folders (their names start with a dot) are left out, and so are other files.
    A warning names what may hold sound and is left out all the same: folders that may not be
    entered, links to folders, and formats that are not read.

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
    folder = as_path(folder, name="folder")
    if kind_at(folder) != "folder":
        raise EqlibError(
            f"{folder} is not a folder",
            "a folder of audio files",
            "Check the path's spelling; for a single file use eqlib.data.read.",
        )
    names, left_out = files_in(folder)
    if left_out:
        warnings.warn(f"left out of {folder}: {', '.join(left_out)}", stacklevel=3)
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


def files_in(folder: Path) -> tuple[list[str], list[str]]:
    """The audio files in a folder and its subfolders, and what is left out, with the reason."""
    names: list[str] = []
    left_out: list[str] = []

    def told(error: OSError) -> None:
        left_out.append(f"{_within(folder, error.filename)} ({error.strerror})")

    for here, folders, files in os.walk(folder, onerror=told):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if os.path.islink(os.path.join(here, name))]
        left_out += [
            f"{_within(folder, os.path.join(here, n))} (a link to a folder)" for n in linked
        ]
        for name in sorted(name for name in files if not name.startswith(".")):
            suffix = os.path.splitext(name)[1].lower()
            within = _within(folder, os.path.join(here, name))
            if suffix in SUFFIXES:
                names.append(within)
            elif suffix in OTHER_AUDIO:
                left_out.append(f"{within} (a format that is not read: export it as WAV)")
    return sorted(names), left_out


def _within(folder: Path, path: str) -> str:
    return Path(path).relative_to(folder).as_posix()
