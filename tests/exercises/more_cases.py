"""What learners hand in, continued: the chapters after those of `cases.py`."""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.signal import firwin, periodogram, resample_poly

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, Recipe, data, metrics
from eqlib.analysis import channels
from eqlib.baselines import least_squares_fir
from eqlib.baselines.biquads import fit_biquads
from eqlib.effects.engineer import Engineer
from eqlib.equalizers.targets import TARGETS
from eqlib.experiments import generalize, outside, report, style
from eqlib.networks.knobs import peak_numbers
from eqlib.training.sampler import FrameSampler

SHELF = TARGETS["low-shelf"]
MINE = EQ.peaking(cutoff_hz=1_500, gain_db=-8, q=0.7)


@functools.cache
def piano(split):
    return data.load(instrument="piano", split=split)


@functools.cache
def faded():
    sound = piano("test")["piano/sal_Fs4_v10"][:9_600].copy()
    sound[-1600:] *= np.linspace(1, 0, 1600, dtype=np.float32)
    return sound


def xylophone():
    return data.load(instrument="xylophone")["xylophone/C8"][:9_600]


def through(*names):
    sound = faded()
    for name in names:
        sound = eqlib.pretrained(name).process(sound)
    return sound


# --- step one


@functools.cache
def practiced(orientation, steps):
    net = EQNet(EQNetConfig(orientation=orientation))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)
    sampler = FrameSampler(eqlib.pair(piano("train"), SHELF), net)
    for _ in range(steps):
        dry, wet = sampler.draw(8, generator)
        x = torch.cat((dry[::2], wet[1::2]))
        loss = (net.autoencode(x) - x).abs().mean()
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    return net


@functools.cache
def from_noise():
    noise = np.random.default_rng(0).normal(0, 0.1, (8, 32_000)).astype(np.float32)
    clips = eqlib.Clips.from_arrays(noise, sample_rate=16_000)
    dry = eqlib.pair(clips, EQ.flat()), eqlib.pair(piano("validation")[::4], EQ.flat())
    net = EQNet()
    recipe = Recipe(learning_rate=1e-2, warmup_steps=20)
    eqlib.pretrain(net, *dry, steps=300, recipe=recipe, progress=False)
    return net


# --- step two


@functools.cache
def learned(eq, orientation="unreversed"):
    net = EQNet(EQNetConfig(filters=16, orientation=orientation))
    pairs, check = (eqlib.pair(piano(s), eq) for s in ("train", "validation"))
    recipe = Recipe(learning_rate=5e-3, warmup_steps=50, validate_every=100)
    eqlib.train(net, pairs, check, steps=300, recipe=recipe, progress=False)
    return net


LINEAR = TARGETS["low-shelf-fir-linear"]


# --- plain methods


@functools.cache
def taps_snr_db(taps):
    fir = least_squares_fir(eqlib.pair(piano("train"), TARGETS["peaking"]), taps=taps)
    pairs = eqlib.pair(piano("test"), TARGETS["peaking"])
    both = zip(pairs.dry, pairs.wet, strict=True)
    return np.mean([metrics.snr_db(wet, fir(dry)) for dry, wet in both])


@functools.cache
def biquads(sections):
    return fit_biquads(eqlib.pair(piano("train"), SHELF), sections=sections)


def worst(name, reverse=False):
    """As the chapter's solution has it."""
    scores = report.entry(name)["scores"]
    clips = {k: v for s in report.SETS for k, v in scores[s]["clips"].items()}
    return sorted(clips.items(), key=lambda item: item[1], reverse=reverse)[:10]


def shares(name):
    hz = channels.center_frequencies_hz(eqlib.pretrained(name))
    return np.mean(hz < 1_000), np.mean(hz > 4_000)


# --- generalize


def high_note():
    return resample_poly(piano("test")["piano/sal_Fs4_v10"][:16_000], 441, 160).astype("f")


def by_hand_at_44_1():
    """Down to 16 kHz and up again by windowed sincs; above 8 kHz the note has nothing to keep."""
    taps = firwin(10_001, 7_900, fs=16_000 * 441)
    low = resample_poly(high_note(), 160, 441, window=taps)
    heard = eqlib.pretrained("low-shelf").process(low.astype("f"))
    return resample_poly(heard, 441, 160, window=taps)


@functools.cache
def told_of_tones():
    """In a sixth of the chapter's steps, with sines of its own."""
    n, rng = np.arange(16_000), np.random.default_rng(7)
    waves = [np.sin(2 * np.pi * hz / 16_000 * n) for hz in rng.uniform(2_000, 7_900, 100)]
    tones = [(0.25 * wave * np.exp(-n / 8_000)).astype("f") for wave in waves]
    clips = [*piano("train")[::2], *tones]
    pairs = eqlib.pair(eqlib.Clips.from_arrays(clips, sample_rate=16_000), SHELF)
    check = eqlib.pair(piano("validation"), SHELF)
    net = eqlib.pretrained("low-shelf")
    eqlib.train(net, pairs, check, steps=100, recipe=outside.REPAIR, progress=False)
    return net


def beyond(cutoff_hz, gain_db):
    """The page's network past its knobs' ends: its SNR, and that of doing nothing."""
    dry = piano("test")["piano/sal_Fs4_v10"][:16_000]
    wanted = EQ.peaking(cutoff_hz=cutoff_hz, gain_db=gain_db, q=1)(dry)
    setting = peak_numbers(*(torch.tensor(float(v)) for v in (cutoff_hz, gain_db, 1)))
    made = generalize.every_peak().process(dry, setting=setting)
    return [10 * np.log10(np.sum(wanted**2) / np.sum((wanted - each) ** 2)) for each in (made, dry)]


# --- style


def set_by_hand(most_shelf_db, most_dip_db, x=None):
    """The engineer's equalizer for the note, from shares that a periodogram tells."""
    x = long_note() if x is None else x
    f, power = periodogram(x.astype(np.float64), 16_000, detrend=False)
    bands = [100 * 2 ** (k / 3) for k in range(-3, 18)]
    energy = [power[(f >= c / 2 ** (1 / 6)) & (f < c * 2 ** (1 / 6))].sum() for c in bands]

    def share(low, high):
        return sum(e for c, e in zip(bands, energy, strict=True) if low < c < high) / sum(energy)

    highs_db, middle_db = (10 * np.log10(share(*of)) for of in ((1_800, 5_800), (700, 1_400)))
    return (
        EQ.high_shelf(
            cutoff_hz=3_000, gain_db=most_shelf_db * np.tanh((-18 - highs_db) / 12).item()
        )
        + EQ.highpass(cutoff_hz=20 * 4 ** float(share(45, 180)))
        + EQ.peaking(
            cutoff_hz=1_000,
            q=1,
            gain_db=-most_dip_db * float(1 + np.tanh((middle_db + 10) / 12)) / 2,
        )
    )(x)


def at_any_level(x):
    peak = np.abs(x).max()
    return style.trained_network().process(x / (2 * peak)) * (2 * peak)


# --- effects


@functools.cache
def long_note():
    return piano("test")["piano/sal_Fs4_v10"][:24_000]


def limited(ratio, attack_ms, x=None):
    """The compressor of the chapter by a loop of its own, from the equations of its source."""
    x = long_note() if x is None else x
    level_db = 20 * np.log10(np.maximum(np.abs(x.astype(np.float64)), 1e-6))
    over = level_db + 30
    knee = (over + 3) ** 2 / 12
    over = np.where(over < -3, 0, np.where(over > 3, over, knee))
    wanted = over * (1 - 1 / ratio)
    attack, release = (np.exp(-1 / (16 * ms)) for ms in (attack_ms, 200))
    peak = slow = 0.0
    gain_db = np.empty(len(x))
    for n, now in enumerate(wanted):
        peak = max(now, release * peak + (1 - release) * now)
        slow = attack * slow + (1 - attack) * peak
        gain_db[n] = -slow
    return (x * 10 ** (gain_db / 20)).astype(np.float32)


def binned():
    """Means of the wet samples, by sorting instead of by bins."""
    x = np.concatenate([clip.ravel() for clip in piano("train")[::3]]).astype(np.float64)
    x = np.sort(x)
    y = np.tanh(10 ** (12 / 20) * x)
    parts = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], 201)))
    ends = list(zip(parts[:-1], parts[1:], strict=True))
    return [x[a:b].mean() for a, b in ends], [y[a:b].mean() for a, b in ends]


CASES = {
    "families.1": (
        [
            lambda: eqlib.pretrained("lowpass").process(xylophone()),
            lambda: eqlib.pretrained("lowpass"),
            lambda: "39 dB",
        ],
        {
            "the lowpass itself": lambda: TARGETS["lowpass"],
            "as it came": xylophone,
            "own note": lambda: 54.9,
        },
    ),
    "families.2": (
        [lambda: (30, 20, 30, 30), lambda: {"shelf": 36, "peak": 18, "low": 24, "high": 30}],
        {"does not turn": lambda: (-30, 20, 30, 30), "far louder": lambda: (30, 90, 30, 30)},
    ),
    "families.3": (
        [lambda: through("low-shelf", "highpass"), lambda: 44.3],
        {
            "by the equalizers": lambda: SHELF + TARGETS["highpass"],
            "in the other order": lambda: through("highpass", "low-shelf"),
            "one network alone": lambda: 56,
        },
    ),
    "when_not.1": (
        [lambda: tuple(taps_snr_db(n) for n in (31, 127, 511)), lambda: 511],
        {"more to be had": lambda: 127, "Were there 511": lambda: (14, 47, 47)},
    ),
    "when_not.2": (
        [lambda: biquads(4), lambda: biquads(4).sos, lambda: "no"],
        {
            "one section": lambda: biquads(1),
            "dB too low": lambda: EQ.low_shelf(cutoff_hz=500, gain_db=9) + EQ.flat() + MINE,
            "exact as": lambda: "yes",
        },
    ),
    "when_not.3": (
        [lambda: "it shrinks", lambda: (4.5, 0.7)],
        {
            "20 Hz first": lambda: (0.7, 4.5),
            "does not mind": lambda: "stays",
            "Subtract": lambda: (-4.5, -0.7),
        },
    ),
    "stage_one.1": (
        [lambda: 0.05],
        {"Drive it faster": lambda: 0.02, "long broken": lambda: 0.2},
    ),
    "stage_one.2": (
        [from_noise, lambda: 6],
        {"300 steps": EQNet, "the piano taught": lambda: 12.3},
    ),
    "stage_one.3": (
        [lambda: practiced("adjoint", 250)],
        {
            "are unreversed": EQNet,
            "within reach": lambda: EQNet(EQNetConfig(orientation="adjoint")),
        },
    ),
    "learned.1": (
        [lambda: shares("highpass"), lambda: (6, 66)],
        {"low shelf's network": lambda: shares("low-shelf"), "of 128": lambda: (8, 85)},
    ),
    "learned.2": (
        [lambda: "neither"],
        {"do move there": lambda: "along the frame", "one setting": lambda: "from frame to frame"},
    ),
    "learned.3": (
        [lambda: learned(LINEAR, "adjoint"), lambda: 32.5],
        {
            "unreversed; adjoint": lambda: learned(LINEAR),
            "own phase": lambda: 9.3,
            "on notes": lambda: EQNet(EQNetConfig(filters=16, orientation="adjoint")),
        },
    ),
    "results.1": (
        [lambda: worst("lowpass"), lambda: [name for name, _ in worst("lowpass")]],
        {
            "the low shelf's": lambda: worst("low-shelf"),
            "None of these": lambda: worst("lowpass", reverse=True),
            "9 of the ten": lambda: worst("lowpass")[:9],
        },
    ),
    "results.2": (
        [lambda: -6, lambda: "-6 dBFS"],
        {"not worse here": lambda: -40, "good at": lambda: -20, "sign is not": lambda: 6},
    ),
    "results.3": (
        [lambda: (MINE, learned(MINE))],
        {
            "its network already": lambda: (SHELF, eqlib.pretrained("low-shelf")),
            "trained, and on this": lambda: (MINE, EQNet(EQNetConfig(filters=16))),
        },
    ),
    "generalize.1": (
        [
            lambda: eqlib.pretrained("low-shelf").equalize(high_note(), sample_rate=44_100),
            by_hand_at_44_1,
            lambda: lambda x: eqlib.pretrained("low-shelf").equalize(x, sample_rate=44_100),
            lambda: "1380 Hz",
        ],
        {
            "Who tells": lambda: eqlib.pretrained("low-shelf").process(high_note()),
            "fed directly": lambda: eqlib.pretrained("low-shelf"),
            "as it came": high_note,
            "44,100": faded,
            "by 441 / 160": lambda: eqlib.pretrained("low-shelf").equalize(
                high_note(), sample_rate=22_050
            ),
            "meant to be": lambda: 500,
            "other way": lambda: 181,
        },
    ),
    "generalize.2": (
        [told_of_tones, lambda: told_of_tones().process, lambda: "soft notes"],
        {
            "hardly better": lambda: eqlib.pretrained("low-shelf"),
            "notes are lost": lambda: EQNet(EQNetConfig(filters=16)),
            "few decibels": lambda: "notes as they are",
            "where noise failed": lambda: "white noise",
        },
    ),
    "generalize.3": (
        [lambda: "the cutoff", lambda: (beyond(800, 18)[0], beyond(6_000, 12)[0])],
        {
            "800 Hz: This is what doing nothing": lambda: (beyond(800, 18)[1], 15.8),
            "6,000 Hz: This is what doing nothing": lambda: (
                beyond(800, 18)[0],
                beyond(6_000, 12)[1],
            ),
            "left at 12 dB": lambda: (beyond(800, 12)[0], beyond(6_000, 12)[0]),
            "800 Hz come first": lambda: (beyond(6_000, 12)[0], beyond(800, 18)[0]),
            "a cut by": lambda: (beyond(800, -18)[0], beyond(6_000, -12)[0]),
            "knob's end": lambda: (beyond(800, 18)[0], beyond(4_000, 12)[0]),
            "even at 24": lambda: "the gain",
            "one of the two": lambda: "both",
        },
    ),
    "effects.1": (
        [lambda: limited(20, 1), lambda: functools.partial(limited, 20, 1), lambda: "softer"],
        {
            "10 ms": lambda: limited(20, 10),
            "still 4": lambda: limited(4, 1),
            "note itself": lambda: long_note().copy(),
            "only turns down": lambda: "louder",
        },
    ),
    "effects.2": (
        [lambda: "the release"],
        {"64 ms are enough": lambda: "the attack", "slower than": lambda: "nothing"},
    ),
    "effects.3": (
        [lambda: lambda x: np.tanh(10 ** (12 / 20) * x), binned],
        {
            "doing nothing": lambda: np.copy,
            "turned around": lambda: TARGETS["low-shelf"],
            "reach the loudest": lambda: lambda x: np.clip(10 ** (12 / 20) * x, -0.5, 0.5),
        },
    ),
    "style.1": (
        [lambda: set_by_hand(12, 0), lambda: functools.partial(set_by_hand, 12, 0)],
        {
            "dip is still": lambda: set_by_hand(12, 6),
            "that of 6 dB": lambda: set_by_hand(6, 0),
            "note itself": lambda: long_note().copy(),
        },
    ),
    "style.2": (
        [lambda: "falls"],
        {"anybody tell": lambda: "stays", "never heard the like": lambda: "rises"},
    ),
    "style.3": (
        [lambda: at_any_level, lambda: Engineer()],
        {
            "still depends": lambda: style.trained_network().process,
            "taken back": lambda: lambda x: 10 * style.trained_network().process(x),
        },
    ),
    "fast.1": (
        [lambda: 6.0, lambda: (2.1, 14.0), lambda: {"1": 2.1, "16": 14.0}],
        {"single frame first": lambda: (14.0, 2.1), "in company": lambda: 17},
    ),
    "fast.2": ([lambda: 32], {"still win": lambda: 3, "lost by far": lambda: 128}),
    "fast.3": (
        [lambda: "At the ends."],
        {"end in zeros": lambda: "nowhere", "a circle": lambda: "in the middle"},
    ),
}
