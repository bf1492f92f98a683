"""What a learner has predicted, answered and passed: in memory, and in a file only if asked.

Chapters: all that have exercises.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import re
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import get_type_hints

from eqlib.errors import EqlibError, checked
from eqlib.hints import fits

_FORMAT = "eqlib exercises"
_SOUND = re.compile(r"data:audio/(?:mpeg|flac);base64,[A-Za-z0-9+/]+={0,2}")


@dataclass
class Record:
    """How far a learner is with one exercise.

    Attributes:
        attempts: answers that were looked at.
        hints: how often a hint was asked for.
        passed: when the first right answer came, as ISO 8601 with the local offset; "" before.
    """

    attempts: int = 0
    hints: int = 0
    passed: str = ""


@dataclass
class Prediction:
    """What a learner expected.

    Attributes:
        choice: the letter of the choice that was taken first.
        at: when, as ISO 8601 with the local offset.
    """

    choice: str
    at: str


@dataclass
class Work:
    """What an answer was, and what it made.

    Attributes:
        answer: itself if that is short, else its type.
        words: what `check` said to it.
        right: whether it was.
        at: when, as ISO 8601 with the local offset.
        curves: by name, gains in dB at the frequencies of `eqlib.exercises.showing.curve_hz`.
        sounds: by name, data URIs.
    """

    answer: str
    words: str
    right: bool
    at: str
    curves: dict[str, list[float]] = field(default_factory=dict)
    sounds: dict[str, str] = field(default_factory=dict)


_records: dict[str, Record] = {}
_predictions: dict[str, Prediction] = {}
_works: dict[str, Work] = {}
_file: list[Path] = []  # none, or the one of `keep`


def records() -> dict[str, Record]:
    """The records of all exercises that were tried, by name."""
    return dict(_records)


def predictions() -> dict[str, Prediction]:
    """What was predicted, by the question's name."""
    return dict(_predictions)


def works() -> dict[str, Work]:
    """What is kept of answers, by the exercise's name: of each the last one that was right.

    Before there is a right one, it is the last one.
    """
    return dict(_works)


@checked
def attempted(name: str, work: Work) -> None:
    """Notes an answer."""
    noted = _records.setdefault(name, Record())
    noted.attempts += 1
    if work.right and not noted.passed:
        noted.passed = work.at
    _works[name] = _better(_works.get(name), work)
    _write()


def _better(one: Work | None, other: Work) -> Work:
    """Of two answers the right one; of two alike the later one."""
    return other if one is None or (other.right, other.at) >= (one.right, one.at) else one


@checked
def predicted(name: str, choice: str) -> Prediction:
    """Notes a prediction, and returns the first one for this question."""
    if name not in _predictions:
        _predictions[name] = Prediction(choice, now())
        _write()
    return _predictions[name]


@checked
def hinted(name: str) -> int:
    """Notes that a hint was asked for, and returns how often it was."""
    noted = _records.setdefault(name, Record())
    noted.hints += 1
    _write()
    return noted.hints


@checked
def keep(path: str | Path = "eqlib_exercises.json") -> Path:
    """From now on, keeps all this in a file, and reads what is in there already.

    Args:
        path: the file; it is made if there is none.

    Returns:
        The file's path.

    Raises:
        EqlibError: for a file that this function has not written, which stays as it is, or a
            folder that cannot be written to.
    """
    path = Path(path)
    if _file == [path]:
        return path
    tried, expected, made = _read(path)
    for name, first in expected.items():
        now = _predictions.setdefault(name, first)
        _predictions[name] = min(first, now, key=lambda each: each.at)
    for name, old in tried.items():
        new = _records.setdefault(name, Record())
        new.attempts, new.hints = new.attempts + old.attempts, new.hints + old.hints
        new.passed = min(filter(None, (old.passed, new.passed)), default="")
    for name, work in made.items():
        _works[name] = _better(work, _works[name]) if name in _works else work
    write_safely(path, _text())
    _file[:] = [path]
    return path


@checked
def write_safely(path: Path, text: str) -> None:
    """Writes a file whole or not at all: beside it first, then by its name.

    Raises:
        EqlibError: if the system refuses.
    """
    beside = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            beside = Path(file.name)
            file.write(text)
        os.replace(beside, path)
    except (OSError, ValueError) as error:
        if beside:
            beside.unlink(missing_ok=True)
        cure = "Name a file in a folder of yours that exists."
        raise EqlibError(f"{path} cannot be written ({error})", "a file's name", cure) from error


def _text() -> str:
    kept = {name: asdict(each) for name, each in sorted(_records.items())}
    expected = {name: asdict(each) for name, each in sorted(_predictions.items())}
    made = {name: asdict(each) for name, each in sorted(_works.items())}
    text = {"format": _FORMAT, "exercises": kept, "predictions": expected, "works": made}
    return json.dumps(text) + "\n"


def now() -> str:
    """The time, as ISO 8601 with the local offset."""
    return datetime.datetime.now().astimezone().isoformat(timespec="minutes")


def _write() -> None:
    for path in _file:
        try:
            write_safely(path, _text())
        except EqlibError as error:  # an answer is judged all the same
            warnings.warn(str(error), stacklevel=3)


def _read(path: Path) -> tuple[dict[str, Record], dict[str, Prediction], dict[str, Work]]:
    try:
        if not path.exists():
            return {}, {}, {}
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["format"] != _FORMAT:
            raise ValueError("it is no record of exercises")
        # A file of an earlier version has no predictions, or no works.
        tried = {name: Record(**each) for name, each in read["exercises"].items()}
        expected = {name: Prediction(**each) for name, each in read.get("predictions", {}).items()}
        made = {name: Work(**each) for name, each in read.get("works", {}).items()}
        _check_types([*tried.values(), *expected.values(), *made.values()])
        return tried, expected, made
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        given = f"{path} cannot be read as a record of exercises ({error})"
        cure = "Name another file; this one stays as it is."
        raise EqlibError(given, "a file that keep has written, or none", cure) from error


def _check_types(entries: Sequence[Record | Prediction | Work]) -> None:
    for entry in entries:
        for each, hint in get_type_hints(type(entry)).items():
            if not fits(getattr(entry, each), hint):
                raise ValueError("its entries are of other types")
        if isinstance(entry, Work):
            _check_work(entry)


def _check_work(work: Work) -> None:
    for curve in work.curves.values():
        if not fits(curve, Sequence[float]) or not all(map(math.isfinite, curve)):
            raise ValueError("a curve in it is none")
    for sound in work.sounds.values():
        if not isinstance(sound, str) or not _SOUND.fullmatch(sound):
            raise ValueError("a sound in it is none")
