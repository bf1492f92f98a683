"""Pairs, how an effect makes them, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from eqlib import EQ, EqlibError, data
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE

FS = 16_000
SHELF = REFERENCE["low-shelf"]
TARGETS = {**REFERENCE, "flat": EQ.flat()}


def noise(*lengths: int, seed: int = 0, **options) -> Clips:
    rng = np.random.default_rng(seed)
    clips = [rng.uniform(-0.9, 0.9, length) for length in lengths]
    return Clips.from_arrays(clips, **{"sample_rate": FS, **options})


@pytest.fixture(scope="module")
def piano() -> Clips:
    return data.load(instrument="piano")


def test_a_pair_is_the_clips_and_what_the_effect_makes_of_them():
    dry = noise(500, 2000, 800)
    pairs = pair(dry, SHELF)
    assert len(pairs) == 3 and pairs.dry is dry and pairs.wet.names == dry.names
    for clip, wet in zip(dry, pairs.wet, strict=True):
        np.testing.assert_array_equal(wet, SHELF(clip))
    assert EQ.from_dict(pairs.target) == SHELF
    by_function = pair(dry, lambda x: np.tanh(3 * x))
    np.testing.assert_array_equal(by_function.wet.samples, np.tanh(3 * dry.samples))
    assert by_function.target is None


def test_a_normalizer_is_learned_as_it_is_applied():
    dry = noise(500, 2000, 800)
    quiet = dry.map(lambda x: x * np.float32(1 / len(x)))

    def normalized(x):
        return 0.5 * x / np.abs(x).max(-1, keepdims=True)

    for clip, wet in zip(quiet, pair(quiet, normalized).wet, strict=True):
        assert np.abs(wet).max() == pytest.approx(0.5)
        np.testing.assert_array_equal(wet, normalized(clip))


def test_linked_dynamics_link_nothing_but_the_samples_of_a_clip():
    """A limiter that follows the loudest sample so far, over all rows of what it is given."""

    def linked(x):
        envelope = np.maximum.accumulate(np.abs(np.atleast_2d(x)).max(0))
        return x / np.sqrt(1 + 8 * envelope)

    loud = noise(3_000)
    soft = noise(1_000, seed=1).map(lambda x: x * np.float32(0.01))
    both = Clips.from_arrays([*loud, *soft], sample_rate=FS)
    alone = pair(loud, linked).wet[0], pair(soft, linked).wet[0]
    for wet, expected in zip(pair(both, linked).wet, alone, strict=True):
        np.testing.assert_array_equal(wet, expected)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: pair(noise(99), EQ.flat(sample_rate=44_100)), "equalizer .* 44100 Hz.*16000"),
        (lambda: Pairs(noise(99), noise(99, sample_rate=8_000)), "target .* 8000 Hz.*16000"),
        (lambda: Pairs(noise(99, 50), noise(99, 51)), r"clip 1 .*\(51,\).*\(50,\)"),
        (lambda: Pairs(noise(99, 50), noise(50, 99)), r"clip 0 .*\(50,\).*\(99,\)"),
        (lambda: Pairs(noise(99), noise(98)), "98.*99"),
        (lambda: Pairs(noise(99, 99), noise(99)), "2 input clips and 1 target clips"),
        (lambda: pair(noise(99), lambda x: x[1:]), "clip 0 has shape .99,.*output for clip 0 .98,"),
        (lambda: pair(noise(99), lambda x: x * np.inf), "NaN or infinite"),
        (lambda: pair(noise(9, 8), lambda x: x * (len(x) - 8.0)), "target of clip 1 is silent"),
        (lambda: Pairs(noise(99).map(np.zeros_like), noise(99)), "input of clip 0 is silent"),
        (
            lambda: pair(noise(999), lambda x: np.clip(x, -0.5, 0.5)),
            r"of clip 0 is clipped.*0\.500",
        ),
    ],
)
def test_what_is_no_pair_is_refused(mistake, message):
    with pytest.raises(EqlibError, match=message):
        mistake()


def limited(clip: np.ndarray, excess_db: float) -> np.ndarray:
    """Cuts off what exceeds a limit that lies `excess_db` below the clip's peak."""
    limit = np.abs(clip).max() * 10 ** (-excess_db / 20)
    return np.clip(clip, -limit, limit)


@pytest.mark.parametrize("effect", ["low-shelf", "flat"])
@pytest.mark.parametrize("excess_db", [6, 12, 20])
def test_every_hard_clipped_piano_note_up_to_c6_is_refused(excess_db, effect, piano):
    notes = piano[[row["midi"] <= 84 for row in piano.info]]
    wet = notes.map(TARGETS[effect])
    assert len(notes) == 64
    for i, name in enumerate(notes.names):
        clipped = wet[[i]].map(lambda x: limited(x, excess_db))
        with pytest.raises(EqlibError, match=f"{name} is clipped.*Lower the level"):
            Pairs(notes[[i]], clipped)


def test_a_target_clipped_in_16_bits_or_on_one_side_is_refused(piano):
    note = piano[[40]]
    for effect in (
        lambda x: np.clip(np.round(8 * x * 32768), -32768, 32767) / 32768,
        lambda x: np.minimum(x, 0.2),
        lambda x: np.maximum(x, -0.2) * 0.001,
    ):
        with pytest.raises(EqlibError, match="clipped"):
            pair(note, effect)


def test_the_cure_of_a_clipped_target_fits_the_case(piano):
    note = piano[[40]]
    with pytest.raises(EqlibError, match="clipped.*Lower the level before the effect"):
        pair(note, lambda x: np.clip(x, -0.3, 0.3))
    clipped = note.map(lambda x: np.clip(x, -0.3, 0.3))
    with pytest.raises(EqlibError, match="Its input is clipped too: leave it out, or record it"):
        pair(clipped, EQ.flat())
    with pytest.raises(EqlibError, match="Its input is clipped too"):
        Pairs(clipped, clipped)


@pytest.mark.parametrize("kind", ["note", "hit", "segment", "phrase"])
def test_no_target_of_the_packages_recordings_is_taken_for_clipped(kind):
    clips = data.load(kind=kind)
    for eq in TARGETS.values():
        assert len(pair(clips, eq)) == len(clips)


@pytest.mark.parametrize("hz", [31.25, 440, 2_000, 8_000 / 3, 4_000, 16_000 / 3])
def test_no_sine_is_taken_for_clipped(hz):
    phases = np.linspace(0, 2 * np.pi, 8, endpoint=False)[:, None]
    sines = 0.5 * np.sin(2 * np.pi * hz / FS * np.arange(8_000) + phases)
    for clips in (sines, np.round(sines * 32768) / 32768):
        pair(Clips.from_arrays(clips, sample_rate=FS), EQ.flat())
