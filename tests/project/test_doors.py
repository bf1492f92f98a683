"""Every public function, given what it does not take: each mistake ends in an `EqlibError`.

The functions are found by walking the package, and what each parameter takes is read from its
annotation. One argument at a time is wrong; the others are the examples below.
"""

from __future__ import annotations

import importlib
import inspect
import numbers
import pkgutil
import types
import typing
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import eqlib
from door_examples import LEFT_OUT, SLOW, TAKES, examples, receiver
from eqlib import EqlibError, checkpoints

SPECIAL = ("__init__", "__call__", "__add__", "__getitem__")


def found():
    """Yields (dotted name, callable, the class it is a method of or None) of all that is public."""
    for info in pkgutil.walk_packages(eqlib.__path__, "eqlib."):
        if info.name == "eqlib.__main__":
            continue
        module = importlib.import_module(info.name)
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != info.name:
                continue
            if typing.is_typeddict(thing):
                continue
            if inspect.isclass(thing):
                yield from found_in(f"{info.name}.{name}", thing)
            elif inspect.isroutine(thing):
                yield f"{info.name}.{name}", thing, None


def found_in(dotted, kind):
    if not getattr(kind, "_is_protocol", False):
        yield dotted, kind, None
    for name, thing in vars(kind).items():
        if name.startswith("_") and name not in SPECIAL or name == "__init__":
            continue
        if isinstance(thing, classmethod | staticmethod):
            yield f"{dotted}.{name}", getattr(kind, name), None
        elif isinstance(thing, property) and thing.fset:
            yield f"{dotted}.{name}", thing.fset, kind
        elif inspect.isfunction(thing) and not getattr(kind, "_is_protocol", False):
            yield f"{dotted}.{name}", thing, kind


def is_left_out(dotted):
    return any(dotted == name or dotted.startswith(f"{name}.") for name in LEFT_OUT)


DOORS = {dotted: (call, kind) for dotted, call, kind in found() if not is_left_out(dotted)}


def hints_of(call):
    """The annotation of each parameter that can be given, `self` left out."""
    plain = call.__init__ if inspect.isclass(call) else call
    plain = inspect.unwrap(getattr(plain, "__func__", plain))
    if inspect.isclass(call) and plain is object.__init__:
        return {}
    scope = vars(importlib.import_module(plain.__module__)) if plain.__module__ in MODULES else None
    hints = typing.get_type_hints(call if is_dataclass_init(call) else plain, scope)
    parameters = inspect.signature(call).parameters.values()
    return {p.name: (hints.get(p.name, typing.Any), p.kind) for p in parameters if p.name != "self"}


MODULES = {info.name for info in pkgutil.walk_packages(eqlib.__path__, "eqlib.")}


def is_dataclass_init(call):
    return inspect.isclass(call) and hasattr(call, "__dataclass_fields__")


# --- what is wrong


def nothing_useful(*_args, **_kwargs):
    return "no sound"


WRONG = {
    "a text": "low shelf",
    "an empty text": "",
    "bytes": b"ab",
    "a number": 3,
    "a float": 0.5,
    "True": True,
    "None": None,
    "an object": object(),
    "a class": dict,
    "a function": nothing_useful,
    "an empty list": [],
    "a list of texts": ["a", "b"],
    "a list of None": [None],
    "a list of numbers": [0.25, 0.5],
    "a list of lists": [[1.0], [2.0, 3.0]],
    "a tuple": (1, 2),
    "a set": {1, 2},
    "an empty dict": {},
    "a dict of numbers": {"name": 3},
    "a dict of texts": {"name": "a"},
    "a dict of None": {"name": None},
    "a dict of lists": {"name": [0.5, 0.25]},
    "a dict with a number for a name": {3: 0.5},
    "an array of numbers": np.linspace(-0.5, 0.5, 64),
    "a tensor": torch.linspace(-0.5, 0.5, 64),
}
SHAPES = [(), (0,), (2, 3, 4), (0, 64), (100, 2), (2, 0), (1,), (7,)]


def wrong_arrays(hint):
    """Arrays and tensors of many shapes, and of values that are no real numbers."""
    kinds = {k for k in (np.ndarray, torch.Tensor) if may_be_any(hint, k)}
    for shape in SHAPES if kinds else []:
        values = np.full(shape, 0.25)
        if np.ndarray in kinds:
            yield f"an array of shape {shape}", values
        if torch.Tensor in kinds:
            yield f"a tensor of shape {shape}", torch.from_numpy(values).float()
    if np.ndarray in kinds:
        yield "an array of texts", np.array(["a"] * 64)
        yield "an array of objects", np.array([None] * 64)
        yield "an array of complex numbers", np.full(64, 1j)
        yield "an array of integers", np.arange(64)


def may_be_any(hint, kind):
    if isinstance(hint, typing.TypeVar):
        return any(may_be_any(each, kind) for each in hint.__constraints__)
    inside = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(may_be_any(each, kind) for each in inside)
    return (typing.get_origin(hint) or hint) is kind


def wrong_for(hint):
    yield from WRONG.items()
    yield from wrong_arrays(hint)
    if typing.get_origin(hint) is Mapping:
        inside = typing.get_args(hint)[1]
        for words, value in [*WRONG.items(), *wrong_arrays(inside)]:
            yield f"a dict with {words}", {"name": value}


def allows(hint, value):
    """Whether the annotation lets a value in; where this cannot be told, it does."""
    inside, kind = typing.get_args(hint), typing.get_origin(hint) or hint
    if isinstance(hint, typing.TypeVar):
        return not hint.__constraints__ or any(allows(h, value) for h in hint.__constraints__)
    if kind in (typing.Union, types.UnionType):
        return any(allows(each, value) for each in inside)
    if kind is typing.Literal:
        return any(type(value) is type(each) and value == each for each in inside)
    if kind is type(None):
        return value is None
    if kind is float:
        return isinstance(value, numbers.Real) and not isinstance(value, bool)
    if kind is complex:
        return isinstance(value, numbers.Complex) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if kind in (Sequence, Iterable):
        listed = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | Set)
        listed = listed and getattr(value, "ndim", 1) > 0
        plain = isinstance(value, list | tuple) and bool(inside) and kind is Sequence
        return listed and (not plain or all(allows(inside[0], each) for each in value))
    if kind is Mapping:
        named = isinstance(value, Mapping) and all(allows(inside[0], name) for name in value)
        return named and all(allows(inside[1], each) for each in value.values())
    if kind is tuple and inside and isinstance(value, tuple):
        rest = inside[-1] is Ellipsis
        fits = rest or len(inside) == len(value)
        each = [inside[0]] * len(value) if rest else inside
        return fits and all(map(allows, each, value))
    if kind is Callable:
        return callable(value)
    if kind is type:
        return isinstance(value, type)
    if typing.is_typeddict(kind):
        return isinstance(value, dict)
    if kind is typing.Any or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    return isinstance(value, kind)


# --- the doors


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Whatever is written is written to a folder that goes away."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoints, "_registered", {})
    monkeypatch.setattr(Figure, "draw_without_rendering", lambda _: None)  # which takes long
    yield
    plt.close("all")


def called(call, kind, given, parameters, here):
    positional, named = [], {}
    for name, parameter in parameters.items():
        if name not in given:
            continue
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            positional += given[name]
        elif parameter.kind in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        ):
            positional.append(given[name]) if not named else named.update({name: given[name]})
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            named |= given[name]
        else:
            named[name] = given[name]
    first = [receiver(kind, here)] if kind else []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        result = call(*first, *positional, **named)
        if hasattr(result, "__enter__") and not inspect.isclass(call):
            with result:
                pass
    return result


@pytest.mark.parametrize("dotted", DOORS)
def test_what_a_function_does_not_take_ends_in_an_eqlib_error(dotted, tmp_path):
    call, kind = DOORS[dotted]
    hints = hints_of(call)
    hints |= {name: (hint, hints[name][1]) for name, hint in TAKES.get(dotted, {}).items()}
    if not hints:
        return
    parameters = inspect.signature(call).parameters
    required = [p for p in hints if parameters[p].default is inspect.Parameter.empty]
    given = examples(dotted, required, tmp_path)
    if dotted not in SLOW:
        called(call, kind, given, parameters, tmp_path)  # the examples themselves are taken
    failures = []
    for name, (hint, how) in hints.items():
        if how is inspect.Parameter.VAR_KEYWORD:
            continue
        many = how is inspect.Parameter.VAR_POSITIONAL
        # What stands before it by position has to be there.
        before = {} if many else defaults_before(name, given, parameters)
        for words, value in wrong_for(hint):
            if (dotted in SLOW and allows(hint, value)) or (callable(value) and takes(hint, value)):
                continue
            wrong = {**before, **given, name: [value] if many else value}
            told = f"{name} as {words}"
            try:
                called(call, kind, wrong, parameters, tmp_path)
            except EqlibError:
                continue
            except Exception as error:
                failures.append(f"{told} ends in {type(error).__name__}: {str(error)[:100]}")
            else:
                if not allows(hint, value):
                    failures.append(f"{told} is taken")
    assert not failures, "\n".join(failures)


def takes(hint, value):
    """Whether it is a class given for a function: what fails in there is the user's own."""
    return isinstance(value, type) and typing.get_origin(hint) is Callable


def defaults_before(name, given, parameters):
    found = {}
    for other, parameter in parameters.items():
        if other == name:
            break
        if other not in given and parameter.default is not inspect.Parameter.empty:
            found[other] = parameter.default
    return found


def test_the_walk_finds_the_package_and_the_list_of_exceptions_is_true():
    assert {
        "eqlib.data.pairs.pair",
        "eqlib.equalizers.eq.EQ.from_sos",
        "eqlib.model.EQNet",
        "eqlib.plots.network.intermediates",
        "eqlib.widgets.desk.EQDesk.eq",
        "eqlib.experiments.report.price",
    } <= set(DOORS)
    everything = {dotted for dotted, *_ in found()}
    for name in LEFT_OUT:
        assert any(dotted == name or dotted.startswith(f"{name}.") for dotted in everything), name


class Careless:
    """What the walk would meet if a door were missing."""

    @staticmethod
    def careless(audio: np.ndarray, path: str | Path) -> int:
        return len(audio)


def test_a_missing_door_is_seen():
    assert allows(str | Path, "x") and not allows(np.ndarray, "x") and not allows(int, True)
    assert allows(Sequence[float], [1, 2]) and not allows(Sequence[float], ["a"])
    assert not allows(Mapping[str, float], {"a": "b"}) and allows(typing.Any, object())
    DOORS["careless"] = (Careless.careless, None)
    try:
        with pytest.raises(AssertionError, match="audio as a text is taken"):
            test_what_a_function_does_not_take_ends_in_an_eqlib_error("careless", Path())
    finally:
        del DOORS["careless"]
