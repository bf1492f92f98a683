"""What still faders can realize: sums of squares.

A bank whose faders stand still at g_c >= 0 has the transfer function H(z) = sum_c g_c W_c(z)^2,
each W_c a polynomial in z and 1/z with real coefficients. On the real axis every term is a square,
so H is nowhere negative there; and a real polynomial that is nowhere negative on the real axis is a
sum of two squares, so two filters suffice. The adjoint bank has W(z) W(1/z) instead, and there one
filter suffices (Fejér and Riesz): any response that is real and nowhere negative is |W|^2.

Chapter: "The synthesis back-end".
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import optimize

from eqlib.audio import check_shape
from eqlib.errors import EqlibError, check_integer, checked

TOUCHES = 1e-6
"""Relative to the largest value: rounding may leave a polynomial that touches zero this far below
it, and its two squares this far from it."""

AXIS_POINTS = 4_001


@checked
def real_axis(taps: np.ndarray, *, points: int = AXIS_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """A filter's transfer function where z is real, the sign of which decides what is possible.

    With x = 1/z the filter is the polynomial p(x) = sum_n taps[n] x^n, times an even power of x if
    its first lag is even. Beyond |x| = 1, where p grows without bound, it is divided by x^N, N its
    degree rounded up to an even number: the sign stays. x = 1 is 0 Hz, x = -1 half the sample rate.

    Args:
        taps: (N + 1,) impulse response from its first lag on. The first lag is even.
        points: how many.

    Returns:
        x, (points,), which runs through the whole axis: from minus to plus infinity, both left out.
        The values, (points,), p(x) or p(x) / x^N.

    Raises:
        EqlibError: for taps that are no row of finite numbers, or fewer than 3 points.
    """
    row = _row("taps", taps)
    check_integer("points", points, at_least=3, cure="Use some thousands.")
    even = np.pad(row, (0, (len(row) + 1) % 2))
    angle = np.linspace(-np.pi / 2, np.pi / 2, points + 2)[1:-1]
    x = np.tan(angle)
    inside = np.abs(x) <= 1
    values = np.polynomial.polynomial.polyval(np.where(inside, x, 0), even)
    beyond = np.polynomial.polynomial.polyval(
        np.where(inside, 0, 1 / np.where(x, x, 1)), even[::-1]
    )
    return x, np.where(inside, values, beyond)


@checked
def two_squares(taps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two filters, each applied twice in a row, whose sum is a given filter.

    The roots of a real polynomial that is nowhere negative on the real axis come in conjugate
    pairs, real ones twice. Take one of each pair: with q(x) their product and c the leading
    coefficient, p(x) = c |q(x)|^2 for real x, and the real and imaginary parts of sqrt(c) q are the
    two filters.

    Args:
        taps: (2 M + 1,), from an even first lag on.

    Returns:
        Both filters, (M + 1,) float64: ``a * a + b * b`` (convolutions) are the taps.

    Raises:
        EqlibError: for an even number of taps, taps that begin or end with zero, or a filter whose
            transfer function is negative somewhere on the real axis: no bank realizes it.
    """
    row = _row("taps", taps)
    if len(row) % 2 == 0 or not row[0] or not row[-1]:
        cure = "Take zeros at the ends away, in pairs, so that the first lag stays even."
        raise EqlibError(f"taps is {len(row)} numbers", "an odd number, the ends not zero", cure)
    x, values = real_axis(row)
    if values.min() < -TOUCHES * np.abs(values).max() or row[-1] < 0:
        raise EqlibError(
            f"the transfer function is negative at z = {1 / x[values.argmin()]:.3g}",
            "one that is zero or more for every real z",
            "No sum of squares has this response; `fit_squares` comes as close as can be.",
        )
    roots = np.roots(row[::-1])
    # A double root on the axis comes out as a close pair of conjugate or of real ones.
    real = np.sort(roots[roots.imag == 0].real)
    upper = np.concatenate((roots[roots.imag > 0], (real[::2] + real[1::2]) / 2))
    # Every second one is reflected: with all on one side, q would be huge at -i and tiny at i.
    one_of_each = upper[np.argsort(np.angle(upper))]
    one_of_each[::2] = one_of_each[::2].conj()
    q = np.sqrt(row[-1]) * _product(one_of_each)
    a, b = q.real, q.imag
    if np.abs(np.convolve(a, a) + np.convolve(b, b) - row).max() > TOUCHES * np.abs(row).max():
        cure = "Use fewer taps, or `fit_squares`, which needs no roots."
        raise EqlibError("the roots are too close to each other", "well separated roots", cure)
    return a, b


@checked
def fit_squares(
    target: np.ndarray,
    *,
    filters: int = 2,
    kernel: int = 64,
    orientation: Literal["unreversed", "adjoint"] = "unreversed",
    seed: int = 0,
) -> np.ndarray:
    """The bank of so few filters, all faders at one, that comes closest to an impulse response.

    Minimizes sum_n (sum_c path_c[n] - target[n])^2 over all taps of all filters, from small random
    ones and a click, by a trust-region method: a minimum, not surely the lowest.

    Args:
        target: (2 kernel + 1,) the impulse response at the lags -kernel to kernel, such as
            `systems.click_response` returns.
        filters: how many.
        kernel: taps of each.
        orientation: of the back-end.
        seed: of the random ones.

    Returns:
        (filters, kernel) float64 in the order in which a Conv1D has them, for `bank.by_hand`.

    Raises:
        EqlibError: for another number of lags, no filter, or fewer than 4 taps.
    """
    count = check_integer("filters", filters, at_least=1, cure="Two suffice.")
    taps = check_integer("kernel", kernel, at_least=4, cure="The paper's filters have 64 taps.")
    row = _row("target", target)
    check_shape("target", row, (2 * taps + 1,))
    adjoint, left = orientation == "adjoint", (taps - 1) // 2
    # The layers correlate: tap k acts at lag left - k, twice at 2 left - k, and back at 0.
    latest = taps - 1 if adjoint else 2 * left
    wanted = row[taps + latest - 2 * (taps - 1) :][: 2 * taps - 1][::-1]

    def error(flat: np.ndarray) -> np.ndarray:
        bank = flat.reshape(count, taps)
        again = bank[:, ::-1] if adjoint else bank
        paths = [np.convolve(*both) for both in zip(bank, again, strict=True)]
        return np.asarray(np.sum(paths, axis=0) - wanted)

    def slope(flat: np.ndarray) -> np.ndarray:
        bank = flat.reshape(count, taps)
        again = bank[:, ::-1] if adjoint else bank
        table = np.zeros((count, taps, 2 * taps - 1))
        for k in range(taps):
            table[:, k, k : k + taps] += again
            back = taps - 1 - k if adjoint else k
            table[:, k, back : back + taps] += bank
        return np.asarray(table.reshape(count * taps, -1).T)

    start = np.random.default_rng(seed).normal(0, 0.02, (count, taps))
    start[0, left] += np.sqrt(abs(row[taps]))
    found = optimize.least_squares(
        error, start.ravel(), slope, x_scale="jac", ftol=1e-10, xtol=1e-10, gtol=1e-12, max_nfev=100
    )
    return np.asarray(found.x.reshape(count, taps))


def _row(name: str, values: np.ndarray) -> np.ndarray:
    check_shape(name, values, ("taps",))
    row = np.asarray(values, np.float64)
    if not len(row) or not np.isfinite(row).all():
        raise EqlibError(f"{name} is empty or not finite", "a row of finite numbers", "Give some.")
    return row


def _product(roots: np.ndarray) -> np.ndarray:
    """The coefficients of prod (x - root), lowest first, multiplied in Leja's order.

    Each next root is the one farthest from those before it, so no intermediate product is large.
    """
    left, distance = list(roots), np.abs(roots)
    polynomial = np.ones(1, complex)
    while left:
        i = int(np.argmax(distance))
        root = left.pop(i)
        distance = np.delete(distance, i)
        distance = distance * np.abs(np.asarray(left) - root)
        distance = distance / distance.max() if len(distance) and distance.max() else distance
        polynomial = np.convolve(polynomial, [-root, 1])
    return polynomial
