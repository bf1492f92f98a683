"""The one error family: what it says, and when each check speaks up."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from eqlib import errors
from eqlib.audio import check_audio, check_not_silent, check_same_shape
from eqlib.errors import EqlibError

CURE = "Turn it down."


def test_the_error_says_what_was_given_what_was_expected_and_the_cure():
    error = EqlibError("gain_db is 500", "a gain below 120", CURE)
    assert isinstance(error, ValueError)
    assert str(error) == "gain_db is 500; expected a gain below 120. Turn it down."
    assert (error.given, error.expected, error.cure) == ("gain_db is 500", "a gain below 120", CURE)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is EqlibError and str(twin) == str(error)
        assert vars(twin) == vars(error)


@pytest.mark.parametrize(
    "value",
    [3, 3.0, np.float32(3), np.int16(3), np.array(3.0), torch.tensor(3.0), Fraction(6, 2)]
    + [Decimal(3), torch.tensor(3.0, dtype=torch.bfloat16), torch.tensor(3.0, requires_grad=True)],
)
def test_numbers_become_floats(value):
    number = errors.check_number("q", value, above=2.999, below=3.001, cure=CURE)
    assert type(number) is float and number == 3


@pytest.mark.parametrize(
    "value",
    [2, 3, 1, math.nan, math.inf, -math.inf, None, "2.5", "loud", b"2.5", [2.5], 2.5 + 0j]
    + [True, np.True_, np.nan, 10**400, Decimal("nan"), Decimal("snan"), torch.ones(2)]
    + [np.complex128(2.5), np.array(2.5 + 1j), torch.tensor(2.5 + 1j), np.array([2.5])]
    + [torch.tensor([2.5]), np.array("2.5"), bytearray(b"2.5")]
    + [np.array(True), torch.tensor(True)],
    ids=repr,
)
def test_other_than_finite_numbers_between_the_bounds_are_refused(value):
    with pytest.raises(EqlibError) as error:
        errors.check_number("q", value, above=2, below=3, cure=CURE)
    assert error.value.given == f"q is {value!r}"
    assert error.value.expected == "a finite number above 2 and below 3"
    assert error.value.cure == CURE


def test_bounds_are_named_only_where_there_are_some():
    for bounds, words in [
        ({}, "a finite number"),
        ({"above": 0}, "a finite number above 0"),
        ({"below": 0.5}, "a finite number below 0.5"),
    ]:
        with pytest.raises(EqlibError) as error:
            errors.check_number("q", math.nan, cure=CURE, **bounds)
        assert error.value.expected == words


def test_lists_of_numbers_become_tuples_of_floats():
    for values in ([1, 2.5], (1, 2.5), np.array([1, 2.5]), torch.tensor([1, 2.5]), iter([1, 2.5])):
        assert errors.check_numbers("gains_db", values, below=3, cure=CURE) == (1, 2.5)
    for values, given in (
        ([1, 4], "gains_db[1] is 4"),
        ([1, 2j], "gains_db[1] is 2j"),
        ("12", "gains_db[0] is '1'"),
        (5, "gains_db is 5"),
        (None, "gains_db is None"),
    ):
        with pytest.raises(EqlibError) as error:
            errors.check_numbers("gains_db", values, below=3, cure=CURE)
        assert error.value.given == given and error.value.cure == CURE


@pytest.mark.parametrize("value", [4, 5, np.int64(4), np.uint8(200)])
def test_whole_numbers_become_ints(value):
    number = errors.check_integer("taps", value, at_least=4, cure=CURE)
    assert type(number) is int and number == value


@pytest.mark.parametrize("value", [3, 4.0, "4", None, True, np.True_, np.float64(5), np.array([5])])
def test_other_than_whole_numbers_from_the_least_on_are_refused(value):
    with pytest.raises(EqlibError) as error:
        errors.check_integer("taps", value, at_least=4, cure=CURE)
    assert str(error.value) == f"taps is {value!r}; expected a whole number of at least 4. {CURE}"


@pytest.mark.parametrize(
    "audio", [np.zeros(1), np.zeros((2, 3, 5)), np.zeros(1, np.float16), np.float32([0.1, -7.0])]
)
def test_audio_passes(audio):
    check_audio("note", audio)


@pytest.mark.parametrize(
    ("audio", "min_samples", "given", "cure"),
    [
        (np.zeros(9, np.int16), 1, "note holds int16 values", "audio / 32768"),
        (np.zeros(9, bool), 1, "note holds bool values", ""),
        (np.zeros(9, complex), 1, "note holds complex128 values", ""),
        (np.array(["a"]), 1, "note holds <U1 values", ""),
        (np.array(0.5), 1, "note has shape ()", "longer"),
        (np.zeros((2, 0)), 1, "note has shape (2, 0)", "longer"),
        (np.zeros((0, 9)), 1, "note has shape (0, 9)", "longer"),
        (np.zeros((9, 7)), 8, "note has shape (9, 7)", "longer"),
        (np.array([0, np.nan, np.inf, 1, -np.inf]), 1, "note holds 3 samples", "division by zero"),
    ],
)
def test_what_is_no_audio_is_refused(audio, min_samples, given, cure):
    with pytest.raises(EqlibError) as error:
        check_audio("note", audio, min_samples=min_samples)
    assert error.value.given.startswith(given) and cure in error.value.cure


def test_silence_is_refused():
    check_not_silent("note", np.array([0.0, 1e-30]))
    with pytest.raises(EqlibError, match=r"note is silent \(all its 6 samples"):
        check_not_silent("note", np.zeros((2, 3)))


def test_shapes_and_sample_rates_must_be_equal():
    check_same_shape("dry", np.zeros((2, 3)), "wet", torch.zeros(2, 3))
    errors.check_sample_rate("note", 16_000, 16_000)
    with pytest.raises(EqlibError, match=r"dry has shape \(2, 3\) and wet \(3,\).*zero-pad"):
        check_same_shape("dry", np.zeros((2, 3)), "wet", np.zeros(3))
    with pytest.raises(EqlibError, match=r"note .* 44100 Hz; expected 16000 Hz.*resample=True"):
        errors.check_sample_rate("note", 44_100, 16_000)


# --- the door


@pytest.mark.parametrize(
    ("value", "hint", "told"),
    [
        ([1.0, "2"], Sequence[float], "x[1] is '2'; expected a number. Give x[1] a number."),
        ([1.0, "2"], Sequence[float] | None, "x[1] is '2'; expected a number"),
        ({"a": [1, None]}, Mapping[str, Sequence[int]], "x['a'][1] is None; expected a whole"),
        ({3: 1.0}, Mapping[str, float], "a name in x is 3; expected a text"),
        (np.array(["a"]), np.ndarray, "x is an array of <U1; expected a NumPy array"),
        (np.ones((2, 3)), Sequence[float], "x is a ndarray; expected a list with a number"),
        ("abc", Sequence[str], "x is 'abc'; expected a list with a text"),
        ((1, 2, 3), tuple[int, int], "x is a tuple; expected a tuple"),
        (True, float, "x is True; expected a number"),
        (int, type[str], "x is a type"),
        (3, Callable[[int], int], "x is 3; expected a function"),
    ],
)
def test_types_are_told_by_their_place(value, hint, told):
    with pytest.raises(EqlibError) as error:
        errors.check_type("x", value, hint)
    assert told in str(error.value)


def test_what_fits_a_hint_passes():
    for value, hint in [
        (np.ones(3), Sequence[float]),
        (torch.ones(3), Sequence[float]),
        (range(3), Sequence[int]),
        (np.float32(1), float),
        ((1, "a"), tuple[int, str]),
        ((1, 2, 3), tuple[int, ...]),
        (np.ones(()), np.ndarray),
        (iter([1]), Iterable[float]),
        (bool, type[int]),
        (len, Callable[[int], int]),
        ({"a": None}, Mapping[str, float | None]),
    ]:
        errors.check_type("x", value, hint)


def test_a_door_is_for_a_constructor_too_and_may_be_for_some_arguments_alone():
    @errors.checked
    @dataclass(frozen=True)
    class Point:
        x: float
        made: InitVar[bool] = False

    assert Point(3) == Point(3, made=True) and copy.deepcopy(Point(3)) == Point(3)
    for arguments in (("3",), (3, 1)):
        with pytest.raises(EqlibError):
            Point(*arguments)

    @errors.checked_only("second")
    def both(first: int, second: int) -> object:
        return first

    assert both("a", 2) == "a"
    with pytest.raises(EqlibError, match="second is 'b'"):
        both(1, "b")
    with pytest.raises(TypeError, match="missing"):  # Python's own, of a call that binds nothing
        both(1)
