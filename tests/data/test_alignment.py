"""Pairs of one's own recordings: names, lag, polarity and likeness, on the package's recordings."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import soundfile as sf
from scipy import signal

from eqlib import EQ, EqlibError, data
from eqlib.data.alignment import alignment
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import REFERENCE, TARGETS

FS = 16_000


@pytest.fixture(scope="module")
def notes() -> Clips:
    return data.load(kind=None)[::12]


def changed(clips: Clips, effect) -> Clips:
    """Clip by clip, as a sound card would hand it back: without names."""
    return Clips.from_arrays([np.asarray(effect(clip)) for clip in clips], sample_rate=FS)


def moved(clip: np.ndarray, samples: int) -> np.ndarray:
    """Later by a number of samples, or earlier, at the same length."""
    moved = np.zeros_like(clip)
    for n in range(max(0, samples), min(len(clip), len(clip) + samples)):
        moved[n] = clip[n - samples]
    return moved


def reverb(seconds: float, *, mix: float):
    """Exponentially decaying noise, with or without the direct sound."""
    rng = np.random.default_rng(0)
    n = np.arange(int(2 * seconds * FS))
    response = mix * rng.standard_normal(len(n)) * 10 ** (-3 * n / (seconds * FS)) / 10
    response[0] += mix < 1
    return lambda x: signal.fftconvolve(x, response)[: len(x)].astype(np.float32)


def compressor(x: np.ndarray) -> np.ndarray:
    level = signal.lfilter([0.01], [1, -0.99], np.abs(x))
    return x * np.minimum(1, np.maximum(level, 1e-6) / 0.02) ** -0.8 * 0.1


def tremolo(x: np.ndarray) -> np.ndarray:
    return x * (1 + 0.9 * np.sin(2 * np.pi * 5 * np.arange(len(x)) / FS)) / 2


def noisy(x: np.ndarray) -> np.ndarray:
    return x + 0.01 * np.random.default_rng(len(x)).standard_normal(len(x))


EFFECTS = TARGETS | {
    "highpass 4 kHz": EQ.highpass(cutoff_hz=4_000),
    "highpass 2 kHz": EQ.highpass(cutoff_hz=2_000),
    "lowpass 100 Hz": EQ.lowpass(cutoff_hz=100),
    "lowpass 200 Hz of 48 dB per octave": sum([EQ.lowpass(cutoff_hz=200)] * 4, EQ.flat()),
    "bandpass": EQ.bandpass(cutoff_hz=1_000, q=5),
    "narrow bandpass": EQ.bandpass(cutoff_hz=60, q=10),
    "notch": EQ.notch(cutoff_hz=1_000, q=1),
    "63 samples late": lambda x: moved(x, 63),
    "distortion": lambda x: np.tanh(5 * x),
    "compressor": compressor,
    "tremolo": tremolo,
    "noise": noisy,
    "reverb": reverb(1, mix=0.5),
    "reverb only": reverb(0.5, mix=1),
    "long reverb only": reverb(2, mix=1),
    "lowpass with noise": lambda x: noisy(REFERENCE["lowpass"](x)),
    "16 bit at -30 dB": lambda x: np.round(x * 0.03 * 2**15) / 2**15,
}


@pytest.mark.parametrize("name", EFFECTS)
def test_the_pairs_of_effects_pass_without_a_word(name, notes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pairs = Pairs(notes, changed(notes, EFFECTS[name]))
        assert pairs.aligned() is pairs


@pytest.mark.parametrize("eq", ["lowpass", "drawn-curve"])
@pytest.mark.parametrize("samples", [64, -64, 100, 1_000, -3_000])
def test_late_and_early_targets_are_told_and_aligned(samples, eq, notes):
    wet = notes.map(TARGETS[eq])
    word = "late" if samples > 0 else "early"
    with pytest.warns(UserWarning, match=rf"{word} by {abs(samples)} samples .*pairs.aligned\(\)"):
        pairs = Pairs(notes, changed(wet, lambda x: moved(x, samples)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        aligned = pairs.aligned()
    assert aligned.dry.names == notes.names and aligned.dry.info == notes.info
    first, left = max(-samples, 0), abs(samples)
    for dry, clip, x, y in zip(notes, wet, aligned.dry, aligned.wet, strict=True):
        np.testing.assert_array_equal(x, dry[first : first + len(dry) - left])
        np.testing.assert_array_equal(y, clip[first : first + len(dry) - left])


@pytest.mark.parametrize("eq", ["low-shelf", "peaking", "air", "vocal-chain", "drawn-curve"])
@pytest.mark.parametrize("samples", [0, 500])
def test_targets_upside_down_are_told_and_turned_over(samples, eq, notes):
    wet = notes.map(TARGETS[eq])
    with pytest.warns(UserWarning) as told:
        pairs = Pairs(notes, changed(wet, lambda x: -moved(x, samples)))
    assert len(told) == 1 + (samples > 0) and "upside down" in str(told[-1].message)
    assert all(warning.filename == __file__ for warning in told)
    for clip, y in zip(wet, pairs.aligned().wet, strict=True):
        np.testing.assert_array_equal(y, clip[: len(clip) - samples])


def test_a_delay_of_the_equalizer_itself_is_told_only_where_the_target_was_recorded(notes):
    eq = REFERENCE["low-shelf"].fir(taps=129, phase="linear")
    assert eq.delay_samples == 64
    with pytest.warns(UserWarning, match="late by 64 samples"):
        Pairs(notes, notes.map(eq))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pair(notes, eq)
        Pairs(notes, notes.map(eq), computed=True)


def test_one_clip_is_enough_to_tell_a_lag():
    clip = data.load(instrument="piano")[[10]]
    with pytest.warns(UserWarning, match="late by 300 samples"):
        Pairs(clip, changed(clip, lambda x: moved(x, 300)))


def test_a_sine_does_not_tell_its_lag():
    sine = Clips.from_arrays([0.5 * np.sin(0.17 * np.arange(FS))], sample_rate=FS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Pairs(sine, changed(sine, lambda x: -moved(x, 70)))


@pytest.mark.parametrize("seed", range(4))
def test_unrelated_recordings_are_refused(seed, notes):
    rng = np.random.default_rng(seed)
    others = {
        "noise": [rng.uniform(-0.5, 0.5, len(clip)) for clip in notes],
        "other order": [
            np.resize(notes[(i + 5 + seed) % len(notes)], len(clip)) for i, clip in enumerate(notes)
        ],
    }
    for wet in others.values():
        with pytest.raises(EqlibError, match="no target resembles its input.*order"):
            Pairs(notes, Clips.from_arrays(wet, sample_rate=FS))
        Pairs(notes, Clips.from_arrays(wet, sample_rate=FS), computed=True)


def test_swapped_partners_among_others_are_told(notes):
    piano = data.load(instrument="piano", split="train")
    rows = [
        row["midi"] in (33, 45, 57, 69) and len(clip) == 32_000
        for row, clip in zip(piano.info, piano, strict=True)
    ]
    piano = piano[rows]
    wet = [REFERENCE["low-shelf"](clip) for clip in piano]
    wet[1], wet[-1] = wet[-1], wet[1]
    with pytest.warns(UserWarning, match="belong to other inputs") as told:
        Pairs(piano, Clips.from_arrays(wet, sample_rate=FS))
    assert len(told) == 1
    for a, b in ((1, -1), (-1, 1)):
        assert f"{piano.names[a]} resembles {piano.names[b]}" in str(told[0].message)


def test_clips_too_short_for_the_lag_are_refused(notes):
    clips = Clips.from_arrays([*notes, np.ones(400)], sample_rate=FS)
    with pytest.warns(UserWarning, match="late by 500"):
        wet = [moved(clip, 500) if len(clip) > 500 else clip for clip in clips]
        pairs = Pairs(clips, Clips.from_arrays(wet, sample_rate=FS))
    with pytest.raises(EqlibError, match="400 samples, and the targets are off by 500"):
        pairs.aligned()


def test_the_lag_is_found_in_the_loudest_part_of_a_long_recording():
    rng = np.random.default_rng(0)
    x = np.r_[1e-4 * rng.standard_normal(400_000), 0.1 * rng.standard_normal(300_000)]
    long = Clips.from_arrays([x], sample_rate=FS)
    late = Clips.from_arrays([np.r_[np.zeros(20_000), x[:-20_000]]], sample_rate=FS)
    assert alignment(long, late).lag_samples == 20_000


# Names


def folder(path, names: list[str], clips: list[np.ndarray]) -> Clips:
    for name, clip in zip(names, clips, strict=True):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        sf.write(path / name, clip, FS, subtype="PCM_24")
    return data.from_folder(path)


@pytest.fixture(scope="module")
def takes() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [0.1 * rng.standard_normal(4_000) for _ in range(3)]


def test_folders_that_sort_differently_are_refused(tmp_path, takes):
    dry = folder(tmp_path / "dry", ["take1.wav", "take2.wav", "take10.wav"], takes)
    wet = folder(tmp_path / "wet", ["take01.wav", "take02.wav", "take10.wav"], takes)
    beside = "take1 beside take01, take10 beside take02, take2 beside take10"
    with pytest.raises(EqlibError, match=f"{beside}.*Rename the files"):
        Pairs(dry, wet)
    # The cure it names, for partners that stand as they should.
    in_order = wet[[0, 2, 1]]
    named = Clips.from_arrays([*in_order], sample_rate=in_order.sample_rate, names=dry.names)
    assert len(Pairs(dry, named)) == 3


def test_another_order_of_the_same_names_is_refused_with_the_way_to_put_it_right(takes):
    dry = Clips.from_arrays(takes, sample_rate=FS, names=["a", "b", "c"])
    wet = dry[[2, 0, 1]]
    with pytest.raises(EqlibError, match=re.escape("The order is all that differs")) as caught:
        Pairs(dry, wet)
    expression = re.search(r"wet\[\[.*\]\]", str(caught.value)).group()
    assert len(Pairs(dry, eval(expression, {"wet": wet, "dry": dry}))) == 3


def test_suffixes_and_automatic_names_do_not_matter(tmp_path, takes):
    dry = folder(tmp_path / "dry", ["a/one.wav", "a/two.wav", "three.5.wav"], takes)
    wet = folder(tmp_path / "wet", ["a/one.flac", "a/two.FLAC", "three.5.wav"], takes)
    assert len(Pairs(dry, wet)) == 3
    assert len(Pairs(dry, Clips.from_arrays([*wet], sample_rate=FS))) == 3
    with pytest.raises(EqlibError, match="a/one beside a/on;"):
        Pairs(dry, folder(tmp_path / "more", ["a/on.wav", "a/two.wav", "three.5.wav"], takes))
