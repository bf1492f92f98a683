"""Biquads fitted to recordings: a baseline of a handful of parameters.

A cascade of second-order sections is not linear in its parameters. But written as one fraction
B / A it nearly is: A * wet = B * dry is linear in the coefficients of both, and where recordings
were made by so many biquads, it has their solution. Elsewhere it weights the errors by A, which
repeated solutions take out again. What they find is then refined section by section, by the error
of the output itself (`eqlib.baselines.refine`). No start is random, and no step size is chosen.

Source: K. Steiglitz and L. McBride, "A technique for the identification of linear systems", IEEE
Transactions on Automatic Control 10(4), 1965. Chapter: "When not to use a network".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from eqlib.baselines.refine import Clip, error_energy, late, refine, triangle_with
from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.errors import check_integer, check_type
from eqlib.scipy_later import signal

REPEATS = 10
NEAREST_TO_THE_CIRCLE = 0.9999
"""How far out a pole may start: one outside is reflected, and one beyond this is pulled back."""


def fit_biquads(pairs: Pairs, *, sections: int) -> EQ:
    """The cascade of biquads whose output comes closest to the wet recordings, or nearly.

    It minimizes sum_n (wet[n] - y[n])^2 over all clips, with y the cascade's output for the dry
    recording, silent before the clip begins. Where no solution of the linear problem is better than
    a cascade that changes nothing, as for an effect that looks ahead, it starts from that.

    Args:
        pairs: the recordings to learn from.
        sections: how many biquads; 1 to 8.

    Returns:
        An equalizer of so many sections, at the recordings' sample rate.

    Raises:
        EqlibError: for another number of sections.
    """
    check_type("pairs", pairs, Pairs)
    sections = check_integer("sections", sections, at_least=1, cure="Use 1 to 8.")
    clips = [
        (dry.astype(np.float64), wet.astype(np.float64))
        for dry, wet in zip(pairs.dry, pairs.wet, strict=True)
    ]
    flat = np.tile([1.0, 0, 0, 1, 0, 0], (sections, 1))
    start, lowest = flat, error_energy(flat, clips)
    for solution in itertools.islice(_solutions(clips, sections), REPEATS):
        error = error_energy(solution, clips)
        if error > 0.99 * lowest:
            break
        start, lowest = solution, error
    best = refine(start, clips)
    return EQ.from_sos(best, sample_rate=pairs.dry.sample_rate)


def _solutions(clips: list[Clip], sections: int) -> Iterator[np.ndarray]:
    """Cascades, (sections, 6): each solves A * wet = B * dry, both filtered by the last one's A."""
    order = 2 * sections
    A = np.r_[1.0, np.zeros(order)]
    while True:
        triangle = np.zeros((2 * order + 2, 2 * order + 2))
        for dry, wet in clips:
            x, y = signal.lfilter([1.0], A, dry), signal.lfilter([1.0], A, wet)
            delayed = [late(x, k) for k in range(order + 1)]
            delayed += [-late(y, k) for k in range(1, order + 1)]
            rows = np.stack([*delayed, y], axis=-1)
            triangle = triangle_with(triangle, rows)
        scale = np.linalg.norm(triangle[:, :-1], axis=0) + np.finfo(float).tiny
        # More sections than the effect has leave directions undecided: the shortest solution.
        solved = np.linalg.lstsq(triangle[:, :-1] / scale, triangle[:, -1], rcond=1e-14)[0] / scale
        B, A = solved[: order + 1], _stable(np.r_[1.0, solved[order + 1 :]])
        yield signal.tf2sos(B, A)


def _stable(A: np.ndarray) -> np.ndarray:
    """The denominator with all poles within the unit circle."""
    poles = np.roots(A)
    outside = np.abs(poles) > 1
    poles[outside] = 1 / poles[outside].conj()
    poles *= np.minimum(1, NEAREST_TO_THE_CIRCLE / np.maximum(np.abs(poles), 1e-12))
    return np.real(np.poly(poles))
