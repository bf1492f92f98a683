"""Clips: one array for all recordings, what goes into it, and what is taken out of it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import eqlib
from eqlib import EQNet, EQNetConfig, data
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError
from eqlib.training.sampler import FrameSampler


def tone(samples: int, hz: float = 440.0, rate: int = 16_000) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)


def write(path: Path, audio: np.ndarray, rate: int = 16_000, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, audio, rate, **options)
    return path


@pytest.fixture
def clips() -> Clips:
    arrays = [tone(n) for n in (500, 2000, 800, 1200)]
    return Clips.from_arrays(arrays, sample_rate=16_000, names=["a", "b", "c", "d"])


def test_clips_stand_one_after_the_other_each_at_its_own_length(clips):
    assert clips.samples.shape == (4500,) and clips.samples.dtype == np.float32
    assert clips.lengths.tolist() == [500, 2000, 800, 1200] and clips.info == ({},) * 4
    assert clips.starts.tolist() == [0, 500, 2500, 3300]
    expected = np.concatenate([tone(n) for n in (500, 2000, 800, 1200)])
    np.testing.assert_allclose(clips.samples, expected, atol=1e-7)


def test_views_are_the_clips_and_no_copies(clips):
    views = list(clips.views())
    for view, clip in zip(views, clips, strict=True):
        np.testing.assert_array_equal(view, clip)
        assert np.shares_memory(view, clips.samples)
        assert clip.flags.writeable and not np.shares_memory(clip, clips.samples)
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1
    clips.samples[500] = 0.25
    assert views[1][0] == 0.25


@pytest.mark.parametrize("key", [0, -4, np.int64(0), "a"])
def test_one_clip_is_a_copy(clips, key):
    clip = clips[key]
    np.testing.assert_allclose(clip, tone(500), atol=1e-7)
    clip[:] = 0
    assert clips.samples[:500].any()


@pytest.mark.parametrize(
    "key", [slice(0, 3, 2), [0, 2], np.array([0, 2]), [True, False, True, False], slice(-4, -1, 2)]
)
def test_smaller_clips(clips, key):
    part = clips[key]
    assert part.names == ("a", "c") and len(part) == 2
    assert part.lengths.tolist() == [500, 800] and part.sample_rate == 16_000
    np.testing.assert_array_equal(part.samples, np.r_[clips["a"], clips["c"]])
    part.samples[:] = 0
    assert clips["a"].any() and clips["c"].any()


@pytest.mark.parametrize(
    ("key", "word"),
    [
        (4, "from 0 to 3"),
        (-5, "from 0 to 3"),
        ([0, 9], "from 0 to 3"),
        ([True], "mask"),
        (1.0, "a name"),
        (None, "a name"),
        ((0, 1), "a name"),
        (slice(4, 9), "at least one clip"),
        ([], "at least one clip"),
        ("e", "nearest are a, b, c"),
    ],
)
def test_keys_that_do_not_fit(clips, key, word):
    with pytest.raises(EqlibError, match=word):
        clips[key]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_random_split(share):
    clips = Clips.from_arrays([tone(100 + i) for i in range(20)], sample_rate=16_000)
    train, validation = clips.split(validation=share, seed=3)
    assert len(validation) == round(20 * share)
    assert sorted(train.names + validation.names) == sorted(clips.names)
    assert all(list(part.lengths) == sorted(part.lengths) for part in (train, validation))
    assert clips.split(validation=share, seed=3)[1].names == validation.names
    assert any(clips.split(validation=share, seed=s)[1].names != validation.names for s in range(3))


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_random_split_leaves_a_clip_on_both_sides(clips, share):
    assert sorted(map(len, clips.split(validation=share))) == [1, 3]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"validation": 0}, "validation"),
        ({"validation": 1.0}, "validation"),
        ({"seed": -1}, "seed"),
    ],
)
def test_random_split_refuses(clips, options, word):
    with pytest.raises(EqlibError, match=word):
        clips.split(**options)
    with pytest.raises(EqlibError, match="at least two"):
        clips[:1].split()


def test_map_gives_the_function_one_clip_after_the_other(clips):
    heard = []

    def late(x):
        heard.append(x.copy())
        return (x + np.roll(x, 1)).astype(np.float64)

    wet = clips.map(late)
    assert wet.names == clips.names and wet.samples.dtype == np.float32
    assert wet.lengths.tolist() == clips.lengths.tolist()
    for got, dry, clip in zip(wet, heard, clips, strict=True):
        assert dry.dtype == np.float32
        np.testing.assert_array_equal(dry, clip)
        np.testing.assert_array_equal(got, clip + np.roll(clip, 1))


def test_map_hands_out_copies_and_takes_tensors(clips):
    def in_place(x):
        x *= 0.0
        return x

    clips.map(in_place)
    assert all(clip.any() for clip in clips)
    for dtype in (torch.float32, torch.bfloat16):
        wet = clips.map(lambda x, dtype=dtype: torch.from_numpy(2 * x).to(dtype))
        np.testing.assert_allclose(wet.samples, 2 * clips.samples, rtol=1e-2)


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (
            lambda x: x[1:] if len(x) == 800 else x,
            r"c has shape \(800,\) and .* output for c \(799,\)",
        ),
        (lambda x: x / (len(x) - 800), "output for c .*NaN"),
        (lambda x: np.ones(x.shape, int), "output for a .*int64"),
        (lambda x: x.astype(float) * 10.0 ** (len(x) / 20), "for b .*4e.99"),
        (lambda x: x.astype(float) * 10.0 ** (-len(x) / 20), "for b .*4e-101"),
        (lambda x: None, "the function's output for a is a NoneType"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_map_refuses(clips, function, word):
    with pytest.raises(EqlibError, match=word):
        clips.map(function)


@pytest.mark.parametrize(
    ("arrays", "options", "word"),
    [
        ([], {}, "no clip"),
        ([tone(9), np.zeros((9, 2))], {}, r"clip 1 has shape \(9, 2\)"),
        (tone(9), {}, "clip 0 has shape"),
        ([tone(9), np.array([])], {}, "clip 1 has shape"),
        ([tone(9), np.array([0.1, np.nan])], {}, "clip 1 .* NaN"),
        ([tone(9), np.arange(5)], {}, "clip 1 holds int64"),
        ([tone(9), np.zeros(5)], {}, "clip 1 is silent"),
        ([tone(9), 1e39 * tone(9)], {}, r"clip 1 has a peak of .*e\+38.*3\.4e38"),
        ([tone(9), np.array([0.1, -1e39])], {}, r"clip 1 has a peak of 1e\+39"),
        ([tone(9), np.array([1e-46, 0.0])], {}, r"clip 1 has a peak of 1e-46"),
        ([tone(9), torch.ones(5) * torch.inf], {}, "clip 1 .* NaN or infinite"),
        ([tone(9), np.zeros(5)], {"names": ["x", "why"]}, "why is silent"),
        ([tone(9)], {"names": ["x", "y"]}, "1 clips, 2 names"),
        ([tone(9)], {"info": []}, "0 info"),
        ([tone(9), tone(9)], {"names": ["x", "x"]}, "'x' comes more than once"),
        ([tone(9)], {"sample_rate": 16e3}, "sample_rate is 16000.0"),
        ([tone(9)], {"sample_rate": 0}, "sample_rate is 0"),
    ],
)
def test_from_arrays_refuses(arrays, options, word):
    with pytest.raises(EqlibError, match=word):
        Clips.from_arrays(arrays, **{"sample_rate": 16_000, **options})


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_tensors_are_clips_too(dtype):
    tensor = torch.tensor([0.5, -0.25, 0.125], dtype=dtype, requires_grad=True)
    clips = Clips.from_arrays([tensor, tone(9)], sample_rate=16_000)
    assert clips[0].tolist() == [0.5, -0.25, 0.125]


def test_the_softest_and_the_loudest_float32_are_clips():
    tiny, huge = 1.4e-45, 3.4e38
    arrays = [np.array([tiny, 1e-46]), np.array([huge, 1e-46])]
    with pytest.warns(UserWarning, match=r"clip 1 reaches 3\.4e\+38, where full scale is 1"):
        clips = Clips.from_arrays(arrays, sample_rate=1)
    assert clips[0][0] > 0 and clips[0][1] == 0 and np.isfinite(clips[1]).all()


# What they take


def peak_of(function) -> tuple[int, object]:
    """The most memory that a call takes beside what there was, in bytes, and its result."""
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def test_memory_is_at_most_twice_the_audio_for_one_long_clip_beside_many_short_ones(tmp_path):
    lengths = [1_200_000] + [4_000] * 200
    audio = 4 * sum(lengths)
    for i, length in enumerate(lengths):
        write(tmp_path / f"{i}.wav", tone(length))

    peak, clips = peak_of(lambda: data.from_folder(tmp_path))
    assert sorted(clips.lengths) == sorted(lengths) and clips.samples.nbytes == audio
    overhead = 2**19  # of names, dicts and paths
    assert peak < 2 * audio + overhead  # padded to the longest, it was 120 times as much

    # With the inputs, twice the audio of both sides; the inputs were there before.
    peak, pairs = peak_of(lambda: eqlib.pair(clips, lambda x: x * np.float32(0.5)))
    assert audio + peak < 2 * 2 * audio
    # The sampler reads where the samples are: 8 bytes for each 16 of one side are its own.
    net = EQNet(EQNetConfig(filters=2))
    peak, sampler = peak_of(lambda: FrameSampler(pairs, net))
    assert peak < audio / 2 and sampler.places.nbytes < 1.01 * audio / 8
    assert sampler.dry.data_ptr() == pairs.dry.samples.ctypes.data
    assert sampler.wet.data_ptr() == pairs.wet.samples.ctypes.data
