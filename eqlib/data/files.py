"""Paths that a user gave, and files to write to.

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

from eqlib.errors import EqlibError, checked, checked_only


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


@checked
def for_libsndfile(path: Path) -> str | bytes:
    """A path as soundfile takes it for writing: as bytes, for a name need not be text.

    On Windows, where it is, as text.
    """
    return str(path) if os.name == "nt" else os.fsencode(path)


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
@checked
def writing_in(folder: Path) -> Iterator[None]:
    """Makes a folder; that it cannot be made, or what is written to it in the block, is told.

    Raises:
        EqlibError: if the system refuses it: no rights, a full disk, or a file of that name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise EqlibError(
            f"{folder} cannot be written to ({error.strerror or error})",
            "a folder with free space that you may write to",
            "Choose another folder, or check its permissions and its disk.",
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
