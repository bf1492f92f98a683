"""The one error family of eqlib, and the checks that raise it.

A user's mistake always ends in an `EqlibError` that says three things: the value that was
given, what was expected, and the cure.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np


class EqlibError(ValueError):
    """A mistake in what eqlib was given, with its cure.

    Args:
        given: the value that was given, in words ("cutoff_hz is 9000.0").
        expected: what was expected instead.
        cure: what to do now, as a sentence.

    Attributes:
        given, expected, cure: the three parts, for programs that show them apart.
    """

    def __init__(self, given: str, expected: str, cure: str) -> None:
        # All three go to ValueError too, so that the error survives pickling between processes.
        super().__init__(given, expected, cure)
        self.given, self.expected, self.cure = given, expected, cure

    def __str__(self) -> str:
        return f"{self.given}; expected {self.expected}. {self.cure}"


def check_number(
    name: str,
    value: Any,
    *,
    above: float = -math.inf,
    below: float = math.inf,
    cure: str,
) -> float:
    """Returns `value` as a float if it is a finite number strictly between the two bounds.

    Args:
        name: the argument's name, for the message.
        value: what the user gave.
        above: exclusive lower bound.
        below: exclusive upper bound.
        cure: what to do if it is not.

    Raises:
        EqlibError: if it is not a real, finite number in the range.
    """
    bounds = [f"above {above:g}"] * (above > -math.inf) + [f"below {below:g}"] * (below < math.inf)
    expected = " ".join(["a finite number", " and ".join(bounds)]).strip()
    # float() would also take text, and the real part of a complex number.
    one = value.item() if getattr(value, "shape", None) == () else value
    try:
        is_number = isinstance(one, (Real, Decimal)) and not isinstance(one, bool)
        number = float(one) if is_number else math.nan
    except (OverflowError, ValueError):
        number = math.nan
    if not math.isfinite(number) or not above < number < below:
        raise EqlibError(f"{name} is {value!r}", expected, cure)
    return number


def check_numbers(
    name: str,
    values: Iterable[float],
    *,
    above: float = -math.inf,
    below: float = math.inf,
    cure: str,
) -> tuple[float, ...]:
    """Returns the values as floats if each is a finite number strictly between the two bounds.

    Raises:
        EqlibError: if one is not, by its place ("gains_db[1]"), or if there is no list of them.
    """
    try:
        listed = list(values)
    except TypeError:
        raise EqlibError(f"{name} is {values!r}", "a list of numbers", cure) from None
    return tuple(
        check_number(f"{name}[{i}]", value, above=above, below=below, cure=cure)
        for i, value in enumerate(listed)
    )


def check_integer(name: str, value: Any, *, at_least: int, cure: str) -> int:
    """Returns `value` as an int if it is a whole number of at least `at_least`.

    Raises:
        EqlibError: if it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < at_least:
        raise EqlibError(f"{name} is {value!r}", f"a whole number of at least {at_least}", cure)
    return int(value)


def check_sample_rate(name: str, given_hz: int, expected_hz: int) -> None:
    """Raises `EqlibError` unless the two sample rates are equal."""
    if given_hz != expected_hz:
        raise EqlibError(
            f"{name} has a sample rate of {given_hz} Hz",
            f"{expected_hz} Hz",
            "Resample the audio (eqlib.data.from_folder(..., resample=True)) or set sample_rate.",
        )


def check_named(what: str, mapping: Any) -> None:
    """Raises `EqlibError` unless `mapping` is a dict, or its like, with a name or more."""
    if not isinstance(mapping, Mapping) or not mapping:
        kind = "empty" if isinstance(mapping, Mapping) else f"a {type(mapping).__name__}"
        cure = f'Write {what} as {{"name": ...}}.'
        raise EqlibError(f"{what} is {kind}", "a dict with at least one name", cure)


def check_extra(extra: Literal["notebook", "onnx"], *modules: str) -> None:
    """Raises `EqlibError` unless the modules of an optional part of the installation are there.

    Args:
        extra: the part, by its name in pyproject.toml.
        modules: what is about to be imported, by its names in Python ("PIL").

    Raises:
        EqlibError: if one is not installed. The cure is the command that installs what is missing.
    """
    missing = [m for m in modules if sys.modules.get(m) is None and not importlib.util.find_spec(m)]
    if missing:
        packages = " ".join(missing).replace("PIL", "pillow")
        raise EqlibError(
            f"{' and '.join(missing)} cannot be imported",
            f"what the extra {extra!r} brings, which a plain installation leaves out",
            f"Install it: pip install {packages}. All of the extra comes with "
            f'pip install ".[{extra}]" in the folder of a checkout.',
        )
