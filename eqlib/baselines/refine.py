"""A cascade of biquads, refined sample by sample: the last step of fitting one to recordings.

Chapter: "When not to use a network".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, cast

import numpy as np

from eqlib.scipy_later import linalg, signal

Clip: TypeAlias = tuple[np.ndarray, np.ndarray]
"""A dry and a wet recording, each (samples,) float64."""

ITERATIONS = 30
LEAST_GAIN = 3e-3  # of an iteration, as a share of the error's energy: below, it is the end
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-12, 1e6


def refine(sos: np.ndarray, clips: Sequence[Clip]) -> np.ndarray:
    """Lowers sum_n (wet[n] - y[n])^2 over all clips to its next minimum.

    By the method of Levenberg and Marquardt: all five numbers of each section move together, by the
    least squares of the residual over its derivatives, which are filtered signals themselves. With
    y the cascade's output, dy/db_k of a section is the input through the cascade without its
    numerator, k samples late, and dy/da_k is minus y through its denominator once more, k samples
    late. Only samples within the clips count, so what rings on after their ends is not missed.

    Args:
        sos: (sections, 6), stable, as scipy has them.
        clips: dry and wet of each.

    Returns:
        (sections, 6), stable, with an error that is no larger.

    Source: J. Moré, "The Levenberg-Marquardt algorithm: implementation and theory", Lecture Notes
    in Mathematics 630, 1978.
    """
    best: np.ndarray = sos.copy()
    damping = FIRST_DAMPING
    energy = error_energy(best, clips)
    for _ in range(ITERATIONS):
        triangle = _triangle(best, clips)
        before = energy
        while damping <= MOST_DAMPING:
            tried = _step(best, triangle, damping)
            lower = error_energy(tried, clips)
            if lower < energy:
                best, energy, damping = tried, lower, max(damping / 10, LEAST_DAMPING)
                break
            damping *= 10
        if energy > (1 - LEAST_GAIN) * before:
            break
    return best


def error_energy(sos: np.ndarray, clips: Sequence[Clip]) -> float:
    """sum_n (wet[n] - y[n])^2 over all clips, infinite for a cascade that is not stable.

    Args:
        sos: (sections, 6), as scipy has them.
        clips: dry and wet of each.
    """
    if not _stable(sos):
        return np.inf
    errors = (wet - signal.sosfilt(sos, dry) for dry, wet in clips)
    return sum(float(error @ error) for error in errors)


def late(x: np.ndarray, samples: int) -> np.ndarray:
    """A signal of the same length, later by so many samples, with zeros before it."""
    samples = min(samples, len(x))
    return np.concatenate([np.zeros(samples), x[: len(x) - samples]])


def triangle_with(triangle: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """R of the QR decomposition of all rows so far: of those behind `triangle`, and of these.

    Args:
        triangle: (columns, columns).
        rows: (rows, columns).
    """
    return cast("np.ndarray", np.linalg.qr(np.concatenate([triangle, rows]), mode="r"))


def _step(sos: np.ndarray, triangle: np.ndarray, damping: float) -> np.ndarray:
    """The sections after one step, from the R of the derivatives with the residual beside them."""
    R, residual = triangle[:-1, :-1], triangle[:-1, -1]
    scale = np.linalg.norm(R, axis=0) + np.finfo(float).tiny
    rows = np.concatenate([R, np.sqrt(damping) * np.diag(scale)])
    goal = np.concatenate([residual, np.zeros(len(scale))])
    change = linalg.lstsq(rows / scale, goal)[0] / scale
    moved: np.ndarray = sos.copy()
    moved[:, [0, 1, 2, 4, 5]] += change.reshape(-1, 5)
    return moved


def _triangle(sos: np.ndarray, clips: Sequence[Clip]) -> np.ndarray:
    """R of the QR decomposition of all derivatives with the residual as one more column.

    Clip after clip, because all rows together would not fit into memory; and QR, because the
    squares of the derivatives would cost half of the digits.
    """
    columns = 5 * len(sos) + 1
    triangle = np.zeros((columns, columns))
    for dry, wet in clips:
        output, derivatives = _derivatives(sos, dry)
        rows = np.stack([*derivatives, wet - output], axis=-1)
        triangle = triangle_with(triangle, rows)
    return triangle


def _derivatives(sos: np.ndarray, dry: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    output: np.ndarray = signal.sosfilt(sos, dry)
    derivatives = []
    for number, section in enumerate(sos):
        poles_only = np.r_[1.0, 0.0, 0.0, section[3:]]
        others = sos.copy()
        others[number] = poles_only
        by_zeros = signal.sosfilt(others, dry)
        by_poles = -signal.sosfilt(poles_only[np.newaxis], output)
        derivatives += [late(by_zeros, k) for k in (0, 1, 2)]
        derivatives += [late(by_poles, k) for k in (1, 2)]
    return output, derivatives


def _stable(sos: np.ndarray) -> bool:
    a1, a2 = sos[:, 4], sos[:, 5]
    return bool(np.isfinite(sos).all() and (np.abs(a2) < 1).all() and (np.abs(a1) < 1 + a2).all())
