"""The long filter against the general solver, and against a room that it has to find."""

from __future__ import annotations

import numpy as np
import pytest

import eqlib
from eqlib import EqlibError, metrics
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.baselines.long import long_fir
from eqlib.data.clips import Clips
from eqlib.effects.room import Room


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    # They end loud, so that what is missing after them matters; one is shorter than the filter.
    return Clips.from_arrays(
        [rng.standard_normal(n).astype(np.float32) / 10 for n in (900, 40, 1_500)],
        sample_rate=16_000,
    )


def test_it_finds_what_the_general_solver_finds(clips):
    pairs = eqlib.pair(clips, lambda x: np.tanh(5 * x) + np.roll(x, 3))
    expected = least_squares_fir(pairs, taps=64, advance_samples=0, weighting="clips")
    found = long_fir(pairs, taps=64)
    for clip in clips:
        np.testing.assert_allclose(found(clip), expected(clip), atol=1e-6)


def test_it_finds_a_room(clips):
    room = Room(length_ms=25, predelay_ms=2, rt60_ms=40)
    pairs = eqlib.pair(clips[[0, 2]], room)
    found = long_fir(pairs, taps=401)
    assert (
        min(metrics.snr_db(wet, found(dry)) for dry, wet in zip(pairs.dry, pairs.wet, strict=True))
        > 90
    )


def test_mistakes_are_told(clips):
    with pytest.raises(EqlibError, match="taps is 2"):
        long_fir(eqlib.pair(clips, np.copy), taps=2)
