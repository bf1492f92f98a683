"""Files of one's own: recordings to read, one or a folder full, and paths to write to.

Whatever this package writes, it writes by `replacing`: complete, or not at all.

Chapter: "About the recordings".
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile as sf

from eqlib.audio import check_audio, check_not_silent
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, check_integer, check_sample_rate, checked, checked_only

SAMPLE_RATE = 16_000
"""The sample rate of the book's recordings and networks, in Hz."""
MIN_SAMPLES = 1024
"""The shortest file that is read: one frame of the network (64 ms at 16 kHz)."""
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


@checked_only("name")
def as_path(path: str | PathLike[str], *, name: str = "path") -> Path:
    """The path that a user gave, its `~` expanded to the user's own folder.

    Args:
        path: what was given.
        name: of the argument, for the message.

    Raises:
        EqlibError: if it is no path, is empty, or begins with a `~` that stands for no folder.
    """
    text = os.fspath(path) if isinstance(path, (str, PathLike)) else None
    if not isinstance(text, str):
        raise EqlibError(
            f"{name} is a {type(path).__name__}",
            "the name of a file or folder, a str or a pathlib.Path",
            "Write it in quotes; where a function takes other things too, the order may be wrong.",
        )
    try:
        possible = bool(text.strip()) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise EqlibError(
            f"{name} is {text!r}", "the name of a file or folder", "Write where it is."
        )
    expanded = os.path.expanduser(text)
    if expanded.startswith("~"):
        raise EqlibError(
            f"{name} is {text!r}, and there is no user of that name",
            "~ for your own folder, or ~name for another user's",
            f'Write the folder out; for a file whose name begins so, "./{text}".',
        )
    # pathlib drops the "./" of "./~x", which would be expanded at the next look.
    return Path(expanded).absolute() if str(Path(expanded)).startswith("~") else Path(expanded)


Kind = Literal["nothing", "file", "folder", "device or pipe"]


@checked
def kind_at(path: Path) -> Kind:
    """What there is at a path; a link counts as what it points to.

    Raises:
        EqlibError: if that cannot be found out.
    """
    try:
        return _kind(path)[0]
    except OSError as error:
        raise EqlibError(
            f"{path} cannot be looked up ({error.strerror or error})",
            "a path whose folders you may enter",
            "Check its spelling, and the permissions on the way to it.",
        ) from error


def _kind(path: Path) -> tuple[Kind, int]:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing", 0
    if stat.S_ISREG(mode):
        return "file", stat.S_IMODE(mode)
    return "folder" if stat.S_ISDIR(mode) else "device or pipe", 0


@checked
def check_file(path: Path, *, expected: str, cure: str) -> None:
    """Raises `EqlibError` unless there is a file at the path, one that has an end."""
    kind = kind_at(path)
    if kind != "file":
        given = f"there is no file {path}" if kind == "nothing" else f"{path} is a {kind}"
        raise EqlibError(given, expected, cure)


@checked
def content_of(path: Path, *, expected: str, cure: str) -> bytes:
    """The bytes of a file, read at once: whatever happens to the file later does not touch them.

    Raises:
        EqlibError: if there is no file, or none that may be read.
    """
    check_file(path, expected=expected, cure=cure)
    try:
        return path.read_bytes()
    except OSError as error:
        raise EqlibError(
            f"{path} cannot be read ({error.strerror or error})",
            "a file that you may read, on a disk that is there",
            "Check its permissions and its disk: the file itself may be whole.",
        ) from error


@contextlib.contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place once the block is over.

    A reader never meets half a file, and whatever fails, be it the power, leaves what was there.
    A link is followed: the file that it points to is replaced, or made. A file that is replaced
    hands its permissions on; other hard links to it keep what was in it.

    Raises:
        EqlibError: if it cannot be written, or is a folder, a device or a pipe.
    """
    path = as_path(path)
    target = Path(os.path.realpath(path))
    # The start of its name only: with the whole one, the longest names would become too long.
    temporary = target.parent / f".{target.name[:40]}.{secrets.token_hex(8)}.tmp"
    try:
        kind, permissions = _kind(target)
        if kind not in ("file", "nothing"):
            raise OSError(f"it is a {kind}")
        target.parent.mkdir(parents=True, exist_ok=True)
        # What replaces a file is nobody else's to read until it has that file's permissions.
        allowed = 0o600 if kind == "file" else 0o666
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, allowed))
        yield temporary
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        if kind == "file":
            temporary.chmod(permissions)
        os.replace(temporary, target)
    except OSError as error:
        raise EqlibError(
            f"{path} cannot be written ({error.strerror or error})",
            "a file in a folder with free space that you may write to",
            "Choose another path; what was in the file before is still there.",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it has taken its place, or was never made
            temporary.unlink()


@checked_only("mix_to_mono", "resample")
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
    path = as_path(path)
    cure = "Check that it is there, and its spelling."
    check_file(path, expected="an audio file", cure=cure)
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
    mono: np.ndarray = audio[:, 0] if channels == 1 else audio.mean(axis=1)
    check_not_silent(str(path), mono)
    if resample and file_rate != sample_rate:
        import librosa  # here, because it takes long to import and most sessions never need it

        mono = librosa.resample(mono, orig_sr=file_rate, target_sr=sample_rate)
    else:
        check_sample_rate(str(path), file_rate, sample_rate)
    check_audio(str(path), mono, min_samples=MIN_SAMPLES)
    return mono


@checked_only("mix_to_mono", "resample")
def from_folder(
    folder: str | PathLike[str],
    *,
    sample_rate: int = SAMPLE_RATE,
    mix_to_mono: bool = False,
    resample: bool = False,
) -> Clips:
    """Reads all WAV, FLAC, OGG and MP3 files of a folder and its subfolders, sorted by name.

    The files may be of any lengths: memory goes with the audio, and is at most twice as much.
    Hidden files and folders (their names start with a dot) are left out.

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
