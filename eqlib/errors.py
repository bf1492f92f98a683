"""The one error family of eqlib, and the checks that raise it.

A user's mistake always ends in an `EqlibError` that says three things: the value that was
given, what was expected, and the cure.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import math
import numbers
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from decimal import Decimal
from typing import (
    Any,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

import numpy as np

from eqlib.hints import fits, short, words

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


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
    value: object,
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
    one = cast("Any", value)
    one = one.item() if getattr(one, "shape", None) == () else one
    try:
        is_number = isinstance(one, (numbers.Real, Decimal)) and not isinstance(one, bool)
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
        if isinstance(values, bytes | Mapping | Set):  # whose numbers are something else
            raise TypeError
        listed = list(values)
    except TypeError:
        raise EqlibError(f"{name} is {values!r}", "a list of numbers", cure) from None
    return tuple(
        check_number(f"{name}[{i}]", value, above=above, below=below, cure=cure)
        for i, value in enumerate(listed)
    )


def check_integer(
    name: str, value: object, *, at_least: int, at_most: int | None = None, cure: str
) -> int:
    """Returns `value` as an int if it is a whole number in the range, both ends included.

    Raises:
        EqlibError: if it is not.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < at_least or (at_most is not None and value > at_most):  # type: ignore[operator]
        bounds = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
        raise EqlibError(f"{name} is {value!r}", f"a whole number {bounds}", cure)
    return int(value)  # type: ignore[call-overload, no-any-return]


def check_sample_rate(name: str, given_hz: int, expected_hz: int) -> None:
    """Raises `EqlibError` unless the two sample rates are equal."""
    numeric = isinstance(given_hz, numbers.Real) and isinstance(expected_hz, numbers.Real)
    if not numeric or given_hz != expected_hz:
        raise EqlibError(
            f"{name} has a sample rate of {short(given_hz)} Hz",
            f"{short(expected_hz)} Hz",
            "Resample the audio (eqlib.data.from_folder(..., resample=True)) or set sample_rate.",
        )


def check_named(what: str, mapping: object) -> None:
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


# --- the door of a public function

CURES: dict[str, str] = {
    "EQ": "Make one by EQ.low_shelf or its like; EQ.flat() changes nothing.",
    "EQNet": "Make a network by EQNet(), or read one by eqlib.load or eqlib.pretrained.",
    "EQNetConfig": "Make one by EQNetConfig(); its fields are the sizes of the network.",
    "Clips": "Put your arrays into Clips.from_arrays, or read files by eqlib.data.from_folder.",
    "Pairs": "Make them by eqlib.pair(clips, effect), or of your own by Pairs(dry, wet).",
    "Recipe": "Make one by eqlib.Recipe(); a dict becomes one by Recipe(**settings).",
    "History": "Give what eqlib.pretrain or eqlib.train returned.",
    "array": "Convert it by numpy.asarray(values, dtype=numpy.float32).",
    "Tensor": "Convert it by torch.as_tensor(values).",
}
"""What to do for an argument of another type than these, by the type's name."""


@overload
def checked(function: type[T]) -> type[T]: ...
@overload
def checked(function: Callable[P, R]) -> Callable[P, R]: ...
def checked(function: Any) -> Any:
    """Lets a function's arguments in only if they are of the types that its signature tells.

    A wrong one ends in an `EqlibError` at the door, and not in whatever happens deep inside. Types
    alone are compared, and those of what is in a mapping or a list; ranges and shapes remain the
    function's. Above a class, a dataclass too, it is the arguments of its constructor.

    A call costs some microseconds more: too much within a training step, and nothing elsewhere.

    Raises:
        EqlibError: from the function, for an argument of another type.
    """
    if isinstance(function, type):
        # Not by a name that type checkers know, which would take it for another signature.
        setattr(function, "__init__", _door(vars(function)["__init__"]))  # noqa: B010
        return function
    return _door(function)


def checked_only(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`checked` for these arguments alone: of the others, the function's own checks say more."""
    return lambda function: _door(function, names)


def _door(function: Callable[P, R], names: tuple[str, ...] = ()) -> Callable[P, R]:
    signature = inspect.signature(function)
    hints: dict[str, Any] = {}

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        if not hints:  # at the first call, when all that annotations name is there
            hints.update(get_type_hints(inspect.unwrap(function)))
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            hint = hints.get(name, Any) if not names or name in names else Any
            many = signature.parameters[name].kind
            if many is inspect.Parameter.VAR_POSITIONAL:
                for each in value:
                    check_type(name, each, hint)
            elif many is not inspect.Parameter.VAR_KEYWORD:
                check_type(name, value, hint)
        return function(*args, **kwargs)

    return door


def check_type(name: str, value: object, hint: Any) -> None:
    """Raises `EqlibError` unless `value` is of the type that `hint` describes.

    Args:
        name: the argument's name, for the message.
        value: what the user gave.
        hint: a type as annotations write it. Looked into are unions, mappings, tuples and lists;
            an array is as good as a sequence; what cannot be told of a value passes.
    """
    if not fits(value, hint):
        for each in get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,):
            if get_origin(each) in (Sequence, list) and isinstance(value, list | tuple):
                for i, one in enumerate(value):  # which of them it is
                    check_type(f"{name}[{i}]", one, get_args(each)[0])
        expected = words(hint)
        known = [CURES[word] for word in re.findall(r"\w+", expected) if word in CURES]
        cure = known[0] if known else f"Give {name} {expected}."
        raise EqlibError(f"{name} is {short(value)}", expected, cure)
    if get_origin(hint) is Mapping and isinstance(value, Mapping):
        for key, each in value.items():
            check_type(f"a name in {name}", key, get_args(hint)[0])
            check_type(f"{name}[{key!r}]", each, get_args(hint)[1])
