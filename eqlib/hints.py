"""What an annotation says of a value: whether it fits, and in words.

Chapter: all of them; it is behind `eqlib.errors.checked`.
"""

from __future__ import annotations

import numbers
import types
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import InitVar
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np


def fits(value: object, hint: Any) -> bool:
    """Whether a value is of the type that an annotation writes; what cannot be told passes."""
    hint = hint.type if isinstance(hint, InitVar) else hint
    inside, kind = get_args(hint), get_origin(hint) or hint
    if isinstance(hint, TypeVar):
        return not hint.__constraints__ or any(fits(value, each) for each in hint.__constraints__)
    if kind in (Union, types.UnionType):
        return any(fits(value, each) for each in inside)
    if kind is Literal:
        return isinstance(value, str | int) and value in inside
    if kind is float:
        return isinstance(value, numbers.Real) and not isinstance(value, bool)
    if kind is complex:
        return isinstance(value, numbers.Complex) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if kind is bool:
        return isinstance(value, bool | np.bool_)
    if kind is Iterable:  # which is looked into only once, by the function
        return _is_listed(value, Any)
    if kind is Sequence:
        return _is_listed(value, inside[0] if inside else Any)
    if kind is tuple and isinstance(value, tuple) and inside:
        each = inside[:1] * len(value) if inside[-1] is Ellipsis else inside
        return len(each) == len(value) and all(map(fits, value, each))
    if kind is np.ndarray:
        return isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc"
    if kind is type and inside and isinstance(value, type):
        return issubclass(value, inside[0])
    if kind is Any or not isinstance(kind, type):
        return True
    if getattr(kind, "_is_protocol", False):
        return all(hasattr(value, name) for name in dir(kind) if not name.startswith("_"))
    return isinstance(value, kind) and (
        kind is not list or not inside or _is_listed(value, *inside)
    )


def _is_listed(value: object, each: Any) -> bool:
    """Whether a value has one after the other, as an array has, though Python does not know it."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping | Set):
        return False
    if isinstance(value, list | tuple):
        return all(fits(one, each) for one in value)
    shape: tuple[int, ...] | None = getattr(value, "shape", None)
    if not shape:  # no array, and perhaps no more than an iterator, whose values are not used up
        return shape is None
    if not shape[0]:
        return True
    first: Any = value[0]  # type: ignore[index]
    plain = len(shape) == 1 and hasattr(first, "item")
    return fits(first.item() if plain else first, each)


def words(hint: Any) -> str:
    """A type in words: "a NumPy array or a Tensor" is `np.ndarray | torch.Tensor`."""
    hint = hint.type if isinstance(hint, InitVar) else hint
    inside, kind = get_args(hint), get_origin(hint) or hint
    if isinstance(hint, TypeVar):
        return " or ".join(map(words, hint.__constraints__))
    if kind in (Union, types.UnionType):
        return " or ".join(map(words, inside))
    if kind is Literal:
        return " or ".join(map(repr, inside))
    if kind is Mapping:
        return f"a dict of names, each with {words(inside[1])}"
    if kind in (Sequence, Iterable):
        return f"a list with {words(inside[0])}" if inside else "a list"
    names: dict[Any, str] = {
        float: "a number",
        complex: "a number",
        int: "a whole number",
        bool: "True or False",
        str: "a text",
        type(None): "None",
        Callable: "a function",
        np.ndarray: "a NumPy array",
    }
    name = getattr(kind, "__name__", str(kind))
    if name == "Tensor":
        return "a torch tensor"
    return names.get(kind) or f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def short(value: object) -> str:
    """A value for a message: itself if that is short, else its type."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "biufc":
        return f"an array of {value.dtype}"
    plain = value is None or isinstance(value, str | bytes | numbers.Number)
    written = repr(value) if plain else ""
    return written if 0 < len(written) <= 60 else f"a {type(value).__name__}"
