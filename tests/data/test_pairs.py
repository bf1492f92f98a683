"""Pairs, what they refuse, and the frames drawn from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from eqlib import EQ, EqlibError, EQNetConfig, data, frames
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE
from eqlib.training.sampler import FrameSampler

FS = 16_000
SHELF = REFERENCE["low-shelf"]
TARGETS = {**REFERENCE, "flat": EQ.flat()}
SMALL = EQNetConfig(frame=64, hop=16, filters=2, kernel=8, local_kernel=8, pool=16)
CPU = torch.device("cpu")


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
    np.testing.assert_array_equal(by_function.wet.audio, np.tanh(3 * dry.audio))
    assert by_function.target is None


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: pair(noise(99), EQ.flat(sample_rate=44_100)), "equalizer .* 44100 Hz.*16000"),
        (lambda: Pairs(noise(99), noise(99, sample_rate=8_000)), "target .* 8000 Hz.*16000"),
        (lambda: Pairs(noise(99, 50), noise(99, 51)), r"clip 1 .*\(51,\).*\(50,\)"),
        (lambda: Pairs(noise(99, 50), noise(50, 99)), r"clip 0 .*\(50,\).*\(99,\)"),
        (lambda: Pairs(noise(99), noise(98)), "98.*99"),
        (lambda: Pairs(noise(99, 99), noise(99)), "2 input clips and 1 target clips"),
        (lambda: pair(noise(99), lambda x: x[:, 1:]), "shape"),
        (lambda: pair(noise(99), lambda x: x * np.inf), "NaN or infinite"),
        (lambda: pair(noise(9, 9), lambda x: x * [[1], [0]]), "target of clip 1 is silent"),
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


# Frames


def ramps(*lengths: int) -> Clips:
    """Clips in which every sample has a value of its own: 1, 2, 3, ... over all clips."""
    values = np.arange(1, sum(lengths) + 1)
    return Clips.from_arrays(np.split(values / 2.0**20, np.cumsum(lengths)[:-1]), sample_rate=FS)


def test_frames_are_cut_from_one_clip_with_dry_and_wet_aligned():
    lengths = (300, 70, 5, 129)
    dry = ramps(*lengths)
    config = replace(SMALL, window="rectangular")
    sampler = FrameSampler(pair(dry, lambda x: -3 * x), config, CPU)
    generator = torch.Generator().manual_seed(0)
    firsts = np.cumsum([1, *lengths])  # the value that each clip begins with
    seen = set()
    for _ in range(50):
        x, y = sampler.draw(32, generator)
        assert x.shape == y.shape == (32, 1, 64) and x.dtype == y.dtype == torch.float32
        assert torch.equal(y, -3 * x)
        for frame in np.rint(x[:, 0].numpy() * 2**20).astype(int):
            heard = np.flatnonzero(frame)
            if not heard.size:
                continue
            values = frame[heard]
            assert (np.diff(values) == 1).all() and (np.diff(heard) == 1).all()
            (clip,) = set(np.searchsorted(firsts, values, side="right"))
            # Silence only before a clip's first sample and after its last.
            assert heard[0] == 0 or values[0] == firsts[clip - 1]
            assert heard[-1] == 63 or values[-1] == firsts[clip] - 1
            seen.update(values)
    assert seen == set(range(1, sum(lengths) + 1))


def test_frames_are_windowed_and_decided_by_the_generator():
    pairs = pair(noise(900, 700), SHELF)

    def draw(window: str, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        sampler = FrameSampler(pairs, replace(SMALL, window=window), CPU)
        return sampler.draw(20, torch.Generator().manual_seed(seed))

    hann = frames.window("hann", 64).float()
    for plain, windowed in zip(draw("rectangular", 0), draw("hann", 0), strict=True):
        assert plain.any() and torch.equal(plain * hann, windowed)
    for first, again, other in zip(draw("hann", 0), draw("hann", 0), draw("hann", 1), strict=True):
        assert torch.equal(first, again) and not torch.equal(first, other)
    state = torch.get_rng_state()
    draw("hann", 0)
    assert torch.equal(torch.get_rng_state(), state)


def test_clips_are_heard_equally_often_and_their_loud_places_more_often():
    # The first clip is four times louder in its first half. The second is long and hardly there.
    tone = np.sin(2 * np.pi * np.arange(4_000) / 16 + 0.1)
    clips = [np.r_[0.8 * tone[:1_000], 0.2 * tone[:1_000]], 1e-9 * tone]
    dry = Clips.from_arrays(clips, sample_rate=FS)
    sampler = FrameSampler(pair(dry, EQ.flat()), replace(SMALL, window="rectangular"), CPU)
    x, _ = sampler.draw(40_000, torch.Generator().manual_seed(0))
    peaks = x[:, 0].unflatten(-1, (4, 16)).abs().amax(-1)  # of each period
    assert (peaks.amax(-1) > 1e-6).sum().item() == pytest.approx(20_000, rel=0.02)
    loud = (peaks > 0.7).all(-1).sum().item()
    quiet = ((peaks > 0.15) & (peaks < 0.25)).all(-1).sum().item()
    assert loud / quiet == pytest.approx(4, rel=0.05)


def test_an_epoch_is_the_audio_in_hops():
    assert FrameSampler(pair(noise(300, 101), SHELF), SMALL, CPU).frames_per_epoch == 26
    with pytest.raises(EqlibError, match="training audio .* 8000 Hz"):
        eq = EQ.flat(sample_rate=8_000)
        FrameSampler(pair(noise(300, sample_rate=8_000), eq), SMALL, CPU)
