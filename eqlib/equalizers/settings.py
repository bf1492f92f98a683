"""Stages of an EQ as dicts that JSON can hold, and back again.

Each dict names its "type". Those in the first checkpoints and results do not; what they hold is
known by its keys. Chapter: "Hearing equalizers".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeAlias

from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.coefficients import Section, Taps
from eqlib.equalizers.fir import FIR, Curve
from eqlib.errors import EqlibError, checked

Part: TypeAlias = Biquad | FIR | Curve | Taps | Section
"""A stage, or the curve that one was drawn through."""

TYPES: dict[str, type[Part]] = {
    "biquad": Biquad,
    "fir": FIR,
    "curve": Curve,
    "taps": Taps,
    "section": Section,
}
UNTAGGED = ("biquad", "fir", "curve")
"""The types that there were before dicts named theirs. No other is known by its keys alone."""

CURE = "Use a dict that EQ.to_dict wrote, with no key more or less."


@checked
def to_dict(part: Part) -> dict[str, object]:
    """All settings of a stage or curve, with its type first."""
    tag = next(tag for tag, kind in TYPES.items() if isinstance(part, kind))
    return {"type": tag} | {name: _plain(getattr(part, name)) for name in _names(tag)}


def from_dict(settings: object) -> Part:
    """The stage or curve that `to_dict` wrote.

    Args:
        settings: with its type, or of old without.

    Raises:
        EqlibError: for an unknown type, unknown or missing keys, or settings that cannot be.
    """
    if not isinstance(settings, dict):
        raise EqlibError(f"a stage is {settings!r}", "a dict that EQ.to_dict wrote", CURE)
    given = dict(settings)
    if "type" in given:
        tag = given.pop("type")
        if not isinstance(tag, str) or tag not in TYPES:
            cure = f"{CURE} One of a newer eqlib needs that version."
            raise EqlibError(f"a stage has the type {tag!r}", f"one of {', '.join(TYPES)}", cure)
        possible: tuple[str, ...] = (tag,)
    else:
        possible = UNTAGGED
    for tag in possible:
        if set(given) == set(_names(tag)):
            return TYPES[tag](**{name: _value(item) for name, item in given.items()})
    expected = " or ".join(f"those of a {tag} ({', '.join(_names(tag))})" for tag in possible)
    raise EqlibError(f"a stage has the keys {', '.join(map(str, settings))}", expected, CURE)


@checked
def written(stages: Iterable[Part], sample_rate: int) -> dict[str, object]:
    """An equalizer of these stages, as `EQ.to_dict` gives it."""
    return {"stages": [to_dict(stage) for stage in stages], "sample_rate": sample_rate}


def read(settings: object) -> tuple[tuple[Any, ...], Any]:
    """What `written` wrote, today or before stages named their types: stages and sample rate.

    Whether an equalizer can have them is not looked at: a curve by itself is no stage.

    Raises:
        EqlibError: for unknown or missing keys, and as `from_dict`.
    """
    if not isinstance(settings, dict):
        raise EqlibError(f"settings is {settings!r}", "a dict that EQ.to_dict wrote", CURE)
    if set(settings) != {"stages", "sample_rate"}:
        keys = ", ".join(map(str, settings))
        expected = "an equalizer's (stages, sample_rate)"
        raise EqlibError(f"settings has the keys {keys}", expected, CURE)
    stages = settings["stages"]
    if not isinstance(stages, (list, tuple)):
        raise EqlibError(f"stages is {stages!r}", "a list of stages", CURE)
    return tuple(from_dict(stage) for stage in stages), settings["sample_rate"]


def as_written_today(settings: object) -> object:
    """What `EQ.to_dict` wrote at any time, as it writes it today; anything else as it is.

    With it, what files of several ages hold is compared by its meaning.
    """
    try:
        return written(*read(settings))
    except EqlibError:
        return settings


def _names(tag: str) -> list[str]:
    return [field.name for field in fields(TYPES[tag])]


def _plain(value: Any) -> Any:
    """A setting as JSON has it: lists for tuples, and dicts for parts."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return to_dict(value) if isinstance(value, Part) else value


def _value(plain: Any) -> Any:
    """The inverse of `_plain`."""
    if isinstance(plain, (list, tuple)):
        return tuple(_value(item) for item in plain)
    return from_dict(plain) if isinstance(plain, dict) else plain
