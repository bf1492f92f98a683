"""What learners hand in: for each exercise what is right, and wrong answers with their words."""

from __future__ import annotations

import functools

import librosa
import numpy as np
import torch
from scipy.optimize import nnls
from scipy.signal import lfilter

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, Recipe, data, frames, metrics
from eqlib.analysis import bank, channels, systems
from eqlib.equalizers.targets import REFERENCE, TARGETS
from eqlib.layers import Conv1D
from eqlib.training.sampler import FrameSampler

SHELF = TARGETS["low-shelf"]
SMALL = EQNetConfig(filters=16)
RECIPE = Recipe(learning_rate=5e-3, warmup_steps=50, validate_every=100)


@functools.cache
def piano(split):
    return data.load(instrument="piano", split=split)


@functools.cache
def note(samples=16_000):
    return piano("test")["piano/sal_Fs4_v10"][:samples]


@functools.cache
def faded():
    sound = note(12_000).copy()
    sound[-1600:] *= np.linspace(1, 0, 1600, dtype=np.float32)
    return sound


# --- networks, small ones and a short training


@functools.cache
def learned(samples_late=0, orientation="unreversed", eq=SHELF):
    def target(x):
        return np.pad(eq(x), (samples_late, 0))[: len(x)]

    net = EQNet(EQNetConfig(filters=16, orientation=orientation))
    pairs, check = (eqlib.pair(piano(s), target) for s in ("train", "validation"))
    eqlib.train(net, pairs, check, steps=300, recipe=RECIPE, progress=False)
    return net


@functools.cache
def learned_levels():
    net, generator = EQNet(SMALL), torch.Generator().manual_seed(0)
    sampler = FrameSampler(eqlib.pair(piano("train"), SHELF), net)
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(300):
        x, wanted = sampler.draw(8, generator)
        levels = [torch.fft.rfft(each).abs() for each in (net(x), wanted)]
        loss = (levels[0] - levels[1]).abs().mean()
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    return net


# --- hearing, phase, tour

PAIR = EQ.highpass(cutoff_hz=300) + EQ.lowpass(cutoff_hz=3_400)
HALF = EQ.low_shelf(cutoff_hz=500, gain_db=5, slope=0.7071)
BACK = EQ.low_shelf(cutoff_hz=500, gain_db=-10, slope=0.7071)
LENGTHS = (65, 129, 257, 513, 1_025)
HIGHPASS = lfilter(*REFERENCE["highpass"].stages[0].coefficients(16_000), np.eye(1, 800)[0])
LOWPASS_A = REFERENCE["lowpass"].stages[0].coefficients(16_000)[1]


def there_and_back(eq):
    return lambda x: eq(eq(x)[::-1].copy())[::-1]


def fallen_ms(factor):
    """When the last peak of a narrow filter's answer to a click has fallen by a factor."""
    b, a = EQ.peaking(cutoff_hz=370, gain_db=18, q=12).stages[0].coefficients(16_000)
    poles = np.roots(a)
    return np.log(factor) / np.log(np.abs(poles[0])) / 16


def taps_snr_db(taps):
    """A peak whose response is cut by hand, for it is of minimum phase itself."""
    peak = EQ.peaking(cutoff_hz=370, gain_db=12, q=10)
    whole = peak(faded().astype(np.float64))
    cut = np.convolve(faded(), peak.impulse_response(taps))[:12_000]
    return 10 * np.log10(np.sum(whole**2) / np.sum((whole - cut) ** 2))


# --- frames


def tapered(times=2):
    hann = frames.window("hann", 1_024).numpy()
    left = np.correlate(hann, hann, "full")[1_023:] if times == 2 else np.cumsum(hann)[::-1]
    return SHELF.impulse_response(1_024) * left / left[0]


# --- front_end, back_end

CENTERS_HZ = librosa.mel_frequencies(n_mels=128, fmin=100, fmax=7_900)


@functools.cache
def hand(kernel=64):
    return bank.by_hand(bank.windowed_cosines(CENTERS_HZ, kernel=kernel))


def band(kernel, row=12):
    with torch.no_grad():
        return hand(kernel).conv(torch.from_numpy(note()).view(1, 1, -1))[0, row]


@functools.cache
def student(**which):
    """The chapter's lesson: one filter that listens to another."""
    torch.manual_seed(0)
    rows = [np.pad(clip, (0, 16_000))[:16_000] for clip in data.load(split="train", **which)]
    sounds = torch.from_numpy(np.stack(rows))
    teacher, pupil = Conv1D(filters=1, kernel=64), Conv1D(filters=1, kernel=64)
    state = {"weight": hand().conv.weight[[12]], "bias": torch.zeros(1)}
    teacher.load_state_dict(state)
    adam = torch.optim.Adam(pupil.parameters(), lr=0.02)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 500)
    for _ in range(500):
        start = torch.randint(sounds.shape[1] - 1_024, ())
        some = sounds[torch.randint(len(sounds), (8,)), None, start : start + 1_024]
        error = (pupil(some) - teacher(some).detach()).abs().mean()
        adam.zero_grad(), error.backward(), adam.step(), rate.step()
    return pupil


@functools.cache
def flat_faders():
    paths = channels.channel_paths(hand())
    return channels.best_faders(paths, systems.click_response(EQ.flat()))


def by_phases(*degrees, target="low-shelf"):
    hz = librosa.mel_frequencies(n_mels=32, fmin=100, fmax=7_750)
    net = bank.by_hand(bank.windowed_cosines(hz, phases=np.radians(degrees)))
    eq, paths = TARGETS[target], channels.channel_paths(net)
    faders = channels.best_faders(paths, systems.click_response(eq))
    output = channels.frozen(net, np.float32(faders)[:, None]).process(note())
    return metrics.snr_db(eq(note()), output)


def band_errors():
    return metrics.response_error_db(note(), SHELF(note()), HALF(note()), sample_rate=16_000)


HIGHS = EQ.high_shelf(cutoff_hz=1_500, gain_db=8)


@functools.cache
def phase_rows():
    """Each filter of the bank with four phases through itself, by NumPy alone."""
    hz = librosa.mel_frequencies(n_mels=32, fmin=100, fmax=7_750)
    taps = bank.windowed_cosines(hz, phases=np.radians([0, 45, 90, 135]))
    return np.stack([np.convolve(row[::-1], row[::-1]) for row in taps.astype(np.float64)])


def by_nnls(eq):
    hz = np.geomspace(20, 7_900, 400)
    lags = np.arange(127) - 64  # a filter sounds from 32 samples before its input on
    rows = phase_rows() @ np.exp(-2j * np.pi * np.outer(lags, hz) / 16_000)
    wanted = eq.response(hz)
    table = np.hstack([rows.real, rows.imag]).T
    return eq, nnls(table, np.concatenate([wanted.real, wanted.imag]))[0]


def by_phase_net(gains):
    hz = librosa.mel_frequencies(n_mels=32, fmin=100, fmax=7_750)
    net = bank.by_hand(bank.windowed_cosines(hz, phases=np.radians([0, 45, 90, 135])))
    return channels.frozen(net, np.float32(gains)[:, None])


# --- latent


def paths_and_wanted(eq):
    hz = np.geomspace(40, 7_600, 300)
    paths = channels.path_responses(eqlib.pretrained("low-shelf"), frequencies_hz=hz)
    wanted = eq.response(hz)
    table = np.hstack([paths.real, paths.imag]).T
    return table, np.concatenate([wanted.real, wanted.imag])


@functools.cache
def fitted(eq):
    return nnls(*paths_and_wanted(eq))[0]


def signed(rcond):
    return np.linalg.lstsq(*paths_and_wanted(SHELF), rcond=rcond)[0].astype(np.float32)


def turning(soft):
    turns = np.where(np.arange(33) % 2 == 0, 1, soft)[:, None, None]
    return fitted(SHELF)[:, None] * turns * np.ones((1, 1, 64))


def swell(way=1):
    moments_s = (512 * (np.arange(33)[:, None] - 1) + 16 * np.arange(64) + 7.5) / 16_000
    share = np.clip(moments_s, 0, 1)[:, None][:, :, ::1]
    share = share if way > 0 else 1 - share
    return (1 - share) * fitted(EQ.flat())[:, None] + share * fitted(SHELF)[:, None]


@functools.cache
def with_faders(which, value):
    """The swell or the turns as a sound, by a path of its own: one frozen frame at a time."""
    gains = {"turning": turning, "swell": swell}[which](value)
    net = eqlib.pretrained("low-shelf")
    cut = frames.cut(torch.from_numpy(note()), frame=1_024, hop=512)
    window = frames.window("hann", 1_024).float()
    with torch.no_grad():
        each = [
            channels.frozen(net, gains[i])((cut[i] * window).view(1, 1, -1))[0, 0]
            for i in range(len(cut))
        ]
    return frames.overlap_add(torch.stack(each), hop=512, samples=16_000).numpy()


def silent(x):
    return 0 * x


# name -> (right answers, wrong answers with a word that tells them from others)
CASES = {
    "hearing.1": (
        [
            lambda: PAIR + PAIR,
            lambda: (PAIR + PAIR).sos,
            lambda: lambda x: PAIR(PAIR(x)),
            lambda: "-38 dB",
        ],
        {"One pair": lambda: PAIR, "one highpass": lambda: -19.1, "far too high": EQ.flat},
    ),
    "hearing.2": (
        [
            lambda: BACK,
            lambda: BACK.sos,
            lambda: lambda x: lfilter(SHELF.sos[0, 3:], SHELF.sos[0, :3], x),
        ],
        {
            "has 20 dB": lambda: SHELF,
            "too loud": lambda: EQ.high_shelf(cutoff_hz=500, gain_db=10, slope=0.7071),
            "does nothing": EQ.flat,
            "less steep": lambda: EQ.low_shelf(cutoff_hz=500, gain_db=-10),
            "its phase is not": lambda: BACK.fir(taps=513, phase="linear"),
        },
    ),
    "hearing.3": (
        [lambda: fallen_ms(1e-3), lambda: "202 ms"],
        {
            "in samples": lambda: 16 * fallen_ms(1e-3),
            "not a2 itself": lambda: fallen_ms(1e-3) / 2,
            "120 dB": lambda: fallen_ms(1e-6),
            "energy to come": lambda: 166.6,
        },
    ),
    "hearing.4": (
        [lambda: np.sign(HIGHPASS[::-1]), lambda: -np.sign(HIGHPASS[60::-1])],
        {
            "backward": lambda: np.sign(HIGHPASS),
            "too soft": lambda: 0.5 * np.sign(HIGHPASS[::-1]),
            "not exceed 1": lambda: HIGHPASS[::-1] / HIGHPASS[1],
            "more can be had": lambda: np.sign(np.sin(2 * np.pi * 500 / 16_000 * np.arange(4_000))),
            "silent": lambda: np.zeros(100),
        },
    ),
    "phase.1": (
        [
            lambda: np.r_[1, np.zeros(1_599), 0.5],
            lambda: EQ.from_taps(np.r_[1, np.zeros(1_599), 0.5]),
            lambda: lambda x: x + 0.5 * np.r_[np.zeros(1_600), x[:-1_600]],
            lambda: faded() + 0.5 * np.r_[np.zeros(1_600), faded()[:-1_600]],
        ],
        {
            "100 samples": lambda: np.r_[1, np.zeros(99), 0.5],
            "as loud": lambda: np.r_[1, np.zeros(1_599), 1],
            "quarter": lambda: np.r_[1, np.zeros(1_599), 0.25],
            "missing": lambda: np.r_[np.zeros(1_600), 0.5],
            "upside down": lambda: np.r_[1, np.zeros(1_599), -0.5],
            "too early": lambda: np.r_[1, np.zeros(1_598), 0.5],
        },
    ),
    "phase.2": (
        [lambda: next(n for n in LENGTHS if taps_snr_db(n) > 30), lambda: "1025 taps"],
        {
            "hardly a peak": lambda: 65,
            "below 10 dB": lambda: 129,
            "below 20 dB": lambda: 513,
            "chapter's shelf": lambda: 33,
        },
    ),
    "phase.3": (
        [lambda: there_and_back(HALF), lambda: there_and_back(HALF)(faded())],
        {
            "counts twice": lambda: there_and_back(SHELF),
            "still backward": lambda: lambda x: HALF(HALF(x)[::-1].copy()),
            "go forward": lambda: HALF + HALF,
            "samples; 12,000": note,
        },
    ),
    "phase.4": (
        [
            lambda: (LOWPASS_A[::-1], LOWPASS_A),
            lambda: lambda x: lfilter(LOWPASS_A[::-1], LOWPASS_A, x),
        ],
        {
            "no all-pass": lambda: REFERENCE["lowpass"],
            "does nothing": EQ.flat,
            "not the one": lambda: ([0.5, 1.0], [1.0, 0.5]),
        },
    ),
    "tour.1": (
        [learned, lambda: learned().process],
        {
            "trained, and on this": lambda: EQNet(SMALL),
            "within reach": lambda: learned(0, "adjoint"),
        },
    ),
    "tour.2": (
        [lambda: learned(0, "adjoint"), lambda: 10],
        {"unreversed; adjoint": learned, "too large": lambda: 36, "silence": lambda: 0},
    ),
    "tour.3": (
        [lambda: "at low levels", lambda: (55, 20), lambda: {0.01: 55.0, 4: 20.0}],
        {
            "other way around": lambda: "high levels",
            "gain of 4": lambda: "everywhere",
            "low level first": lambda: (20, 55),
        },
    ),
    "frames.1": (
        [lambda: (1.5, 1.125), lambda: torch.tensor([1.5, 1.125])],
        {"half a frame": lambda: (1.0, 1.125), "square of C": lambda: (1.5, 2.25)},
    ),
    "frames.2": (
        [
            lambda: "drawn-curve",
            lambda: EQ.peaking(cutoff_hz=370, gain_db=12, q=30),
        ],
        {
            "loses least": lambda: "air",
            "still reaches": lambda: EQ.peaking(cutoff_hz=370, gain_db=12, q=2),
            "Say one of": lambda: "all of them",
        },
    ),
    "frames.3": (
        [
            tapered,
            lambda: np.convolve(faded().astype(np.float64), tapered())[:12_000],
            lambda: 68.8,
        ],
        {
            "no frames": lambda: SHELF.impulse_response(1_024),
            "one window": lambda: tapered(1),
            "There are two": lambda: 102.7,
        },
    ),
    "front_end.1": (
        [lambda: 7, lambda: np.int64(7), lambda: np.linspace(100, 7_900, 128)],
        {"own scale": lambda: 18, "chapter's own centers": lambda: CENTERS_HZ},
    ),
    "front_end.2": (
        [lambda: band(512), lambda: hand(512), lambda: hand(512).conv.weight],
        {"with 64 taps": lambda: band(64), "filters of 64": hand, "note itself": note},
    ),
    "front_end.3": (
        [student, lambda: student().weight],
        {
            "piano teaches": lambda: student(instrument="piano"),
            "teacher itself": lambda: hand().conv.weight[12],
            "500 steps": lambda: Conv1D(filters=1, kernel=64),
        },
    ),
    "back_end.1": (
        [
            lambda: flat_faders() * np.where(CENTERS_HZ > 2_000, 4, 1),
            lambda: channels.frozen(
                hand(), np.float32(flat_faders() * np.where(CENTERS_HZ > 2_000, 4, 1))[:, None]
            ),
        ],
        {
            "nothing to hear": flat_faders,
            "curve alone": lambda: np.where(CENTERS_HZ > 2_000, 4, 1),
            "127 faders": lambda: flat_faders()[1:],
        },
    ),
    "back_end.2": (
        [lambda: (by_phases(0, 60, 120), by_phases(0, 45)), lambda: "no", lambda: False],
        {
            "That is the highpass. And": lambda: (
                by_phases(0, 60, 120),
                by_phases(0, 45, target="highpass"),
            ),
            "point when": lambda: True,
        },
    ),
    "back_end.3": (
        [lambda: metrics.response_error_db, lambda: "the response error", band_errors],
        {"nobody hears": lambda: metrics.snr_db, "samples too": lambda: "mae"},
    ),
    "back_end.4": (
        [lambda: by_nnls(HIGHS), lambda: (HIGHS, by_phase_net(by_nnls(HIGHS)[1]))],
        {
            "not within reach": lambda: by_nnls(EQ.peaking(cutoff_hz=370, gain_db=12, q=20)),
            "for this equalizer": lambda: (
                HIGHS,
                by_nnls(EQ.high_shelf(cutoff_hz=900, gain_db=8))[1],
            ),
            "in the table": lambda: by_nnls(SHELF),
            "127 faders": lambda: (HIGHS, by_nnls(HIGHS)[1][1:]),
        },
    ),
    "latent.1": (
        [lambda: turning(0.25), lambda: with_faders("turning", 0.25)],
        {
            "down by 6 dB": lambda: turning(0.5),
            "alike": lambda: turning(1),
            "at a quarter here": lambda: turning(1) / 4,
        },
    ),
    "latent.2": (
        [swell, lambda: with_faders("swell", 1)],
        {
            "turn it around": lambda: swell(-1),
            "first moment": lambda: turning(1),
            "samples; 16,000": faded,
        },
    ),
    "latent.3": (
        [
            lambda: signed(1e-4),
            lambda: channels.frozen(eqlib.pretrained("low-shelf"), signed(1e-4)[:, None]),
        ],
        {"below zero": lambda: fitted(SHELF), "nearly cancel": lambda: signed(1e-8)},
    ),
    "latent.4": (
        [
            lambda: fitted(HALF),
            lambda: channels.frozen(
                eqlib.pretrained("low-shelf"), np.float32(fitted(HALF))[:, None]
            ),
        ],
        {
            "whole shelf": lambda: fitted(SHELF),
            "as it is": lambda: fitted(EQ.flat()),
            "too low below": lambda: fitted(EQ.low_shelf(cutoff_hz=500, gain_db=2)),
            "127 faders": lambda: fitted(HALF)[1:],
        },
    ),
    "stage_two.1": (
        [lambda: 7, lambda: "7 samples"],
        {"table above": lambda: 11, "not the first": lambda: 8, "too large": lambda: 100},
    ),
    "stage_two.2": (
        [lambda: {0: 32.0, 8: 29.0, 100: -0.2}, lambda: learned(8)],
        {
            "out of the": lambda: (32, 29, 30),
            "filters' reach": lambda: (32, 5, 0),
            "without a delay": learned,
        },
    ),
    "stage_two.3": (
        [learned_levels, lambda: learned_levels().process(note())],
        {"waveform": learned, "train on": lambda: EQNet(SMALL), "is silent": lambda: silent},
    ),
    "stage_two.4": (
        [lambda: (HALF, learned(eq=HALF)), lambda: [HALF, learned(eq=HALF).process]],
        {
            "its network already": lambda: (SHELF, learned()),
            "trained, and on this": lambda: (HIGHS, learned()),
        },
    ),
}
