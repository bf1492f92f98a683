"""The frames that training draws: where they lie, how often, and for whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from eqlib import EQ, EqlibError, EQNet, EQNetConfig, frames
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE
from eqlib.training.sampler import FrameSampler

FS = 16_000
SHELF = REFERENCE["low-shelf"]
SMALL = EQNetConfig(frame=64, hop=16, filters=2, kernel=8, local_kernel=8, pool=16)


def noise(*lengths: int, seed: int = 0, **options) -> Clips:
    rng = np.random.default_rng(seed)
    clips = [rng.uniform(-0.9, 0.9, length) for length in lengths]
    return Clips.from_arrays(clips, **{"sample_rate": FS, **options})


def ramps(*lengths: int) -> Clips:
    """Clips in which every sample has a value of its own: 1, 2, 3, ... over all clips."""
    values = np.arange(1, sum(lengths) + 1)
    return Clips.from_arrays(np.split(values / 2.0**20, np.cumsum(lengths)[:-1]), sample_rate=FS)


def sampler_of(pairs: Pairs, config: EQNetConfig = SMALL, **changes) -> FrameSampler:
    return FrameSampler(pairs, EQNet(replace(config, **changes)))


def test_frames_are_cut_from_one_clip_with_dry_and_wet_aligned():
    lengths = (300, 70, 5, 129)
    dry = ramps(*lengths)
    sampler = sampler_of(pair(dry, lambda x: -3 * x), window="rectangular")
    generator = torch.Generator().manual_seed(0)
    firsts = np.cumsum([1, *lengths])  # the value that each clip begins with
    seen = set()
    for _ in range(50):
        x, y = sampler.draw(32, generator)
        assert x.shape == y.shape == (32, 1, 64) and x.dtype == y.dtype == torch.float32
        assert torch.equal(y, -3 * x)
        for frame in np.rint(x[:, 0].numpy() * 2**20).astype(int):
            heard = np.flatnonzero(frame)
            values = frame[heard]
            assert (np.diff(values) == 1).all() and (np.diff(heard) == 1).all()
            (clip,) = set(np.searchsorted(firsts, values, side="right"))
            # Silence only before a clip's first sample; after its last, if it is a short one.
            assert heard[0] == 0 or values[0] == firsts[clip - 1]
            assert heard[-1] == 63 or lengths[clip - 1] < 64
            seen.update(values)
    assert seen == set(range(1, sum(lengths) + 1))


def by_hand(dry: Clips, frame: int) -> dict[tuple[int, int], float]:
    """The chance of each (clip, end of a frame), by plain loops."""
    chances = {}
    for i, clip in enumerate(dry):
        last = max(len(clip), frame)
        silence, rest = np.zeros(1_000), np.zeros(last - len(clip) + 16)
        x = np.r_[silence, clip, rest].astype(np.float64)
        level = {}
        for step in range(16, last + 16, 16):  # the loudness at the end of each step of 16
            loud = np.sqrt(np.mean(x[1_000 + step - frame : 1_000 + step] ** 2))
            for end in range(step - 15, step + 1):
                place = i, min(end, last)
                level[place] = level.get(place, 0) + loud
        total = sum(level.values())
        chances |= {place: loud / total / len(dry) for place, loud in level.items()}
    return chances


@pytest.mark.parametrize("frame", [64, 48])
def test_places_are_drawn_by_clip_and_by_loudness(frame):
    """Oracle: plain loops, and a chi-squared test of where the frames that are drawn end."""
    lengths = (300, 129, 40, 5)
    parts = np.split(ramps(*lengths).samples, np.cumsum(lengths)[:-1])
    # Louder at one end than at the other, and every sample still with a value of its own.
    dry = Clips.from_arrays([part * np.linspace(3, 1, len(part)) for part in parts], sample_rate=FS)
    config = replace(SMALL, frame=frame, window="rectangular")
    sampler = sampler_of(pair(dry, lambda x: 2 * x), config)
    chances = by_hand(dry, frame)
    padded = [np.r_[np.zeros(frame, np.float32), c, np.zeros(frame, np.float32)] for c in dry]
    names = {padded[i][end : end + frame].tobytes(): (i, end) for i, end in chances}
    assert len(names) == len(chances)

    drawn = dict.fromkeys(chances, 0)
    draws = 60_000
    x, y = sampler.draw(draws, torch.Generator().manual_seed(0))
    assert torch.equal(y, 2 * x)
    for piece in x[:, 0].numpy():
        drawn[names[piece.tobytes()]] += 1  # each frame is one of the slices, bit by bit
    for i in range(len(dry)):
        heard = sum(count for (clip, _), count in drawn.items() if clip == i)
        assert heard == pytest.approx(draws / 4, rel=0.03)
    common = [place for place, chance in chances.items() if chance * draws >= 5]
    expected = draws * np.array([chances[place] for place in common])
    counted = np.array([drawn[place] for place in common])
    rare = draws - expected.sum(), draws - counted.sum()
    assert stats.chisquare(np.r_[counted, rare[1]], np.r_[expected, rare[0]]).pvalue > 1e-3


def test_frames_are_windowed_and_decided_by_the_generator():
    pairs = pair(noise(900, 700), SHELF)

    def draw(window: str, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        return sampler_of(pairs, window=window).draw(20, torch.Generator().manual_seed(seed))

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
    clips = [np.r_[0.8 * tone[:1_000], 0.2 * tone[:1_000]], 1e-25 * tone]
    dry = Clips.from_arrays(clips, sample_rate=FS)
    sampler = sampler_of(pair(dry, EQ.flat()), window="rectangular")
    x, _ = sampler.draw(40_000, torch.Generator().manual_seed(0))
    peaks = x[:, 0].unflatten(-1, (4, 16)).abs().amax(-1)  # of each period
    assert (peaks.amax(-1) > 1e-6).sum().item() == pytest.approx(20_000, rel=0.02)
    loud = (peaks > 0.7).all(-1).sum().item()
    quiet = ((peaks > 0.15) & (peaks < 0.25)).all(-1).sum().item()
    assert loud / quiet == pytest.approx(4, rel=0.05)


def test_clips_that_are_all_shorter_than_a_frame_are_followed_by_zeros():
    dry = ramps(5, 3)
    sampler = sampler_of(pair(dry, lambda x: -x), window="rectangular")
    x, y = sampler.draw(500, torch.Generator().manual_seed(0))
    slices = {
        np.r_[np.zeros(64), clip, np.zeros(64)][end : end + 64].astype(np.float32).tobytes()
        for clip in dry
        for end in range(1, 65)
    }
    assert torch.equal(y, -x)
    assert {frame.tobytes() for frame in x[:, 0].numpy()} <= slices
    assert x[:, 0, 0].any() and x[:, 0, -1].any()


class Listener(nn.Module):
    """A network of another kind: it hears 24 samples more than those that it is judged by."""

    config = SMALL
    segment = frames.Segment(samples=40, hop=20, window="hann", context=24)

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, dtype=torch.float64))


def test_a_network_of_another_kind_gets_its_segments():
    dry = noise(300, 200)
    pairs = pair(dry, lambda x: 2 * x)
    sampler = FrameSampler(pairs, Listener())
    assert sampler.frames_per_epoch == 25
    x, y = sampler.draw(300, torch.Generator().manual_seed(0))
    assert x.shape == (300, 1, 64) and x.dtype == y.dtype == torch.float64
    assert torch.equal(y, 2 * x)
    hann = frames.window("hann", 40).numpy()
    both = np.r_[np.ones(24), hann]
    slices = {
        (np.r_[np.zeros(64), clip][end : end + 64] * both).tobytes()
        for clip in dry
        for end in range(1, len(clip) + 1)
    }
    assert {frame.tobytes() for frame in x[:, 0].numpy()} <= slices


def test_an_epoch_is_the_audio_in_hops():
    assert sampler_of(pair(noise(300, 101), SHELF)).frames_per_epoch == 26
    with pytest.raises(EqlibError, match="training audio .* 8000 Hz"):
        eq = EQ.flat(sample_rate=8_000)
        sampler_of(pair(noise(300, sample_rate=8_000), eq))
