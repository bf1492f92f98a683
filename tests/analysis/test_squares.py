"""Sums of squares: what still faders can realize, against polynomials multiplied by hand."""

from __future__ import annotations

import numpy as np
import pytest

from eqlib import EqlibError
from eqlib.analysis import bank, channels, squares, systems
from eqlib.equalizers.targets import TARGETS

RANDOM = np.random.default_rng(0)


def squared(*rows):
    return sum(np.convolve(row, row) for row in rows)


@pytest.mark.parametrize("taps", [2, 4, 32, 64])
def test_two_squares_multiply_back(taps):
    wanted = squared(*RANDOM.standard_normal((2, taps)))
    a, b = squares.two_squares(wanted)
    assert len(a) == len(b) == taps
    np.testing.assert_allclose(squared(a, b), wanted, atol=1e-10 * np.abs(wanted).max())


@pytest.mark.parametrize("terms", [1, 7])
def test_any_number_of_squares_is_two(terms):
    """With gains of zero or more, as faders are; one square has all its real roots twice."""
    gains, rows = RANDOM.uniform(0, 3, terms), RANDOM.standard_normal((terms, 24))
    wanted = sum(g * squared(row) for g, row in zip(gains, rows, strict=True))
    both = squares.two_squares(wanted)
    np.testing.assert_allclose(squared(*both), wanted, atol=1e-6 * np.abs(wanted).max())


def test_what_is_negative_on_the_real_axis_is_no_sum_of_squares():
    for taps in ([-1.0], [1.0, 3.0, 1.0], [1.0, 0.0, -1.0], [1.0, 0.0, 5.0, 0.0, -0.001]):
        with pytest.raises(EqlibError, match="negative at z"):
            squares.two_squares(np.array(taps))
    with pytest.raises(EqlibError, match="odd number"):
        squares.two_squares(np.ones(4))


def test_the_real_axis_is_that_of_the_polynomial():
    taps = RANDOM.standard_normal(7)
    x, values = squares.real_axis(taps, points=501)
    by_powers = np.array([sum(t * v**n for n, t in enumerate(taps)) for v in x])
    by_powers[np.abs(x) > 1] /= x[np.abs(x) > 1] ** 6
    np.testing.assert_allclose(values, by_powers, atol=1e-9)
    assert (np.diff(x) > 0).all() and x[0] < -100 and x[-1] > 100
    # An odd degree changes its sign far out, where its last tap decides.
    x, values = squares.real_axis(np.array([1.0, 0.5]))
    assert values[0] < 0 < values[-1]


def error_db(weight, target, orientation="unreversed"):
    net = bank.by_hand(weight, orientation=orientation)
    reached = channels.channel_paths(net).sum(0)
    return 10 * np.log10(np.sum((reached - target) ** 2) / np.sum(target**2))


@pytest.mark.parametrize(
    ("name", "bound_db"),
    [("low-shelf", -60), ("peaking", -46), ("highpass", -70), ("lowpass", -70)],
)
def test_two_filters_are_an_equalizer_and_six_are_no_better_one(name, bound_db):
    target = systems.click_response(TARGETS[name])
    two, six = (squares.fit_squares(target, filters=filters) for filters in (2, 6))
    assert error_db(two, target) < bound_db
    assert error_db(six, target) > error_db(two, target) - 5


def test_a_click_turned_over_or_a_sample_late_is_out_of_reach_and_two_late_is_not():
    def late(samples, sign=1.0):
        target = np.zeros(129)
        target[64 + samples] = sign
        return error_db(squares.fit_squares(target, filters=2), target)

    assert -19 < late(0, sign=-1.0) < -16
    assert -22 < late(1) < -19
    assert late(2) < -80


def test_adjoint_one_filter_is_any_response_without_a_phase():
    target = systems.click_response(TARGETS["low-shelf-fir-linear"])
    one = squares.fit_squares(target, filters=1, orientation="adjoint")
    assert one.shape == (1, 64)
    assert error_db(one, target, "adjoint") < -90
    shelf = systems.click_response(TARGETS["low-shelf"])
    assert (
        error_db(squares.fit_squares(shelf, filters=1, orientation="adjoint"), shelf, "adjoint")
        > -15
    )
