"""What a learner has predicted, tried and passed: in memory, and in a file only if asked.

Chapters: all that have exercises.
"""

from __future__ import annotations

import datetime
import json
import os
import tempfile
import warnings
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from eqlib.errors import EqlibError, checked
from eqlib.hints import fits

_FORMAT = "eqlib exercises"


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


_records: dict[str, Record] = {}
_predictions: dict[str, Prediction] = {}
_file: list[Path] = []  # none, or the one of `keep`


def records() -> dict[str, Record]:
    """The records of all exercises that were tried, by name."""
    return dict(_records)


def predictions() -> dict[str, Prediction]:
    """What was predicted, by the question's name."""
    return dict(_predictions)


@checked
def attempted(name: str, *, right: bool) -> None:
    """Notes an answer."""
    noted = _records.setdefault(name, Record())
    noted.attempts += 1
    if right and not noted.passed:
        noted.passed = _now()
    _write()


@checked
def predicted(name: str, choice: str) -> Prediction:
    """Notes a prediction, and returns the first one for this question."""
    if name not in _predictions:
        _predictions[name] = Prediction(choice, _now())
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
    tried, expected = _read(path)
    for name, first in expected.items():
        now = _predictions.setdefault(name, first)
        _predictions[name] = min(first, now, key=lambda each: each.at)
    for name, old in tried.items():
        new = _records.setdefault(name, Record())
        new.attempts, new.hints = new.attempts + old.attempts, new.hints + old.hints
        new.passed = min(filter(None, (old.passed, new.passed)), default="")
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
    text = {"format": _FORMAT, "exercises": kept, "predictions": expected}
    return json.dumps(text, indent=1) + "\n"


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="minutes")


def _write() -> None:
    for path in _file:
        try:
            write_safely(path, _text())
        except EqlibError as error:  # an answer is judged all the same
            warnings.warn(str(error), stacklevel=3)


def _read(path: Path) -> tuple[dict[str, Record], dict[str, Prediction]]:
    try:
        if not path.exists():
            return {}, {}
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["format"] != _FORMAT:
            raise ValueError("it is no record of exercises")
        tried = {name: Record(**each) for name, each in read["exercises"].items()}
        expected = read.get("predictions", {})  # a file of an earlier version has none
        expected = {name: Prediction(**each) for name, each in expected.items()}
        types = {"attempts": int, "hints": int, "passed": str, "choice": str, "at": str}
        entries = [*tried.values(), *expected.values()]
        values = [(getattr(r, f.name), types[f.name]) for r in entries for f in fields(r)]
        if not all(fits(value, kind) for value, kind in values):
            raise ValueError("its entries are of other types")
        return tried, expected
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        given = f"{path} cannot be read as a record of exercises ({error})"
        cure = "Name another file; this one stays as it is."
        raise EqlibError(given, "a file that keep has written, or none", cure) from error
