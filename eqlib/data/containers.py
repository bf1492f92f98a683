"""How much sound a file's header tells of, and how much there is: to see that a file is cut off.

libsndfile reads what is left of a file that was cut off without a word. The headers of WAV (RF64
and W64 too), AIFF, CAF and AU say how many bytes of sound there should be.

Chapters: "About the recordings", "Use it on your own sound".
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import soundfile as sf

from eqlib.errors import EqlibError

UNKNOWN = 0xFFFF_FFFF
"""What programs write that do not know yet how long a recording will be; or 0."""

CURE = (
    "Copy or download it again. To use what is there, open it in an audio editor and save it under "
    "another name."
)


class SoundBytes(NamedTuple):
    """The sound in a file.

    Attributes:
        told: bytes of it, as the header tells; None if it does not.
        found: bytes from where it begins to the end of the file.
        size_at: where the header tells it, for a header that tells 0.
    """

    told: int | None
    found: int
    size_at: int


def sound_bytes(file: BinaryIO) -> SoundBytes | None:
    """The sound in an open file; None for formats that this does not know, or no chunk of sound.

    The file is afterwards at its beginning.
    """
    end = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    try:
        return _sound_bytes(file, head, end)
    except struct.error:  # it ends within a header
        return None
    finally:
        file.seek(0)


def _sound_bytes(file: BinaryIO, head: bytes, end: int) -> SoundBytes | None:
    kind = head[:4]
    if kind in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM"):
        return _chunks(file, end, big=kind in (b"RIFX", b"FORM"))
    if kind == b"riff":
        at = 40
        while at < end:
            name, size = _at(file, at, "<16sQ")
            if name[:4] == b"data":
                return SoundBytes(size - 24 if size > 24 else None, end - at - 24, at + 16)
            at += max(24, -(-size // 8) * 8)
    if kind == b"caff":
        at = 8
        while at < end:
            name, size = _at(file, at, ">4sq")
            if name == b"data":
                return SoundBytes(size if size > 0 else None, end - at - 12, at + 4)
            at += 12 + max(0, size)
    if kind in (b".snd", b"dns."):
        order: Literal["big", "little"] = "big" if kind == b".snd" else "little"
        file.seek(4)
        start, size = (int.from_bytes(file.read(4), order) for _ in range(2))
        return SoundBytes(None if size in (0, UNKNOWN) else size, end - start, 8)
    return None


def _chunks(file: BinaryIO, end: int, *, big: bool) -> SoundBytes | None:
    """WAV, RF64 and AIFF: names and sizes, four bytes each."""
    at, long_size = 12, 0
    while at < end:
        name, size = _at(file, at, ">4sI" if big else "<4sI")
        if name == b"ds64":
            file.seek(at + 16)
            long_size = int.from_bytes(file.read(8), "little")
        if name in (b"data", b"SSND"):
            told = long_size if size == UNKNOWN else size
            return SoundBytes(told or None, end - at - 8, at + 4)
        at += 8 + size + size % 2
    return None


def _at(file: BinaryIO, at: int, layout: str) -> tuple[bytes, int]:
    file.seek(at)
    values: tuple[bytes, int] = struct.unpack(layout, file.read(struct.calcsize(layout)))
    return values


def readable(path: Path) -> str:
    """Of a damaged file, how many samples can be read of those that it tells of."""
    count = 0
    try:
        with open(path, "rb") as opened, sf.SoundFile(opened) as file:
            told = file.frames
            while found := len(file.read(4_096, dtype="float32", always_2d=True)):
                count += found
    except (sf.SoundFileError, OSError, ValueError):
        pass
    return f"; its first {count} samples of {told} can be read" if count else ""


def check_length(path: Path, found: int, told: int) -> None:
    """Raises `EqlibError` if a file has fewer samples than its header tells of."""
    if found < told < 2**62:  # more stands for a length that was not known
        raise cut_off(path, f"{told - found} of {told} samples", found / told)


def cut_off(path: Path, missing: str, share: float) -> EqlibError:
    """What is said of a file whose end is missing."""
    return EqlibError(
        f"{path} is cut off: {missing} are missing, {1 - share:.0%} of the sound",
        "a file that is as long as its header tells",
        CURE,
    )


def whole(path: Path, opened: BinaryIO) -> BinaryIO:
    """A file to read sound from: itself, or, if its header tells of no sound, with a mended one.

    Raises:
        EqlibError: if there is less in the file than its header tells.
    """
    sound = sound_bytes(opened)
    if sound is None:
        return opened
    if sound.told is not None and sound.found < sound.told:
        missing = f"{sound.told - sound.found} of {sound.told} bytes"
        raise cut_off(path, missing, max(0, sound.found) / sound.told)
    opened.seek(sound.size_at)
    riff = opened.read(4) == bytes(4)
    opened.seek(0)
    if sound.told is None and sound.found > 0 and riff and opened.read(4) == b"RIFF":
        # As a program leaves it that was stopped: all up to the end of the file is sound.
        opened.seek(0)
        content = bytearray(opened.read())
        content[sound.size_at : sound.size_at + 4] = UNKNOWN.to_bytes(4, "little")
        return io.BytesIO(content)
    opened.seek(0)
    return opened


def check_end(path: Path, opened: BinaryIO, found: int) -> None:
    """Raises `EqlibError` if the last page of an OGG file is missing, or not complete."""
    opened.seek(0)
    if opened.read(4) != b"OggS":
        return
    end = opened.seek(0, 2)
    opened.seek(max(0, end - 2**17))  # a page has 65 KB at most
    tail = opened.read()
    at = tail.rfind(b"OggS")
    head = tail[at : at + 27]
    # Byte 5 marks the last page; byte 26 counts its segments, whose lengths follow.
    lengths = tail[at + 27 : at + 27 + head[26]] if at >= 0 and len(head) == 27 else b""
    complete = len(lengths) and at + 27 + len(lengths) + sum(lengths) <= len(tail)
    if not complete or not head[5] & 4:
        raise EqlibError(
            f"{path} is cut off: its last page is missing, and {found} samples can be read",
            "a file that is complete",
            CURE,
        )
