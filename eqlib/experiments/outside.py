"""What the shipped networks were not trained on: other levels, noises, tones, pitches, rates.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
from scipy.signal import resample_poly

from eqlib import data, metrics
from eqlib.audio import Process
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import TARGETS
from eqlib.experiments import sets
from eqlib.experiments.plan import UNHEARD
from eqlib.model import EQNet
from eqlib.networks.shipped import pretrained
from eqlib.training import loop
from eqlib.training.recipe import Recipe

RATE, FED_RATE = 16_000, 44_100
NETWORKS = ("low-shelf", "peaking")
METHODS = ("doing nothing", "FIR, causal", "network")
CONDITIONS = {
    "notes": "unheard notes, as they are",
    "-60 dB": "the same, 60 dB softer",
    "-30 dB": "30 dB softer",
    "+24 dB": "24 dB louder",
    "octave up": "an octave higher",
    "octave down": "an octave lower",
    "unheard families": "instruments never heard",
    "phrases": "phrases and mixes",
    "white": "white noise",
    "pink": "pink noise",
    "brown": "brown noise",
    "200 Hz": "a sine of 200 Hz",
    "1000 Hz": "of 1,000 Hz",
    "4000 Hz": "of 4,000 Hz",
    "7000 Hz": "of 7,000 Hz",
    "44.1 kHz": "notes at 44.1 kHz, fed directly",
}
"""What is heard, and how the table calls it."""
REPAIRED_ON = ("notes", "-60 dB", "+24 dB", "white", "pink", "brown", "4000 Hz", "7000 Hz")
REPAIR = Recipe(loss="normalized_mae", learning_rate=1e-3, validate_every=10_000)
REPAIR_STEPS = 600
NOISES = 8
SAMPLES = 16_000


@functools.cache
def notes() -> Clips:
    """The unheard notes that most conditions are made from: every other one, its first second."""
    return _beginnings(sets.heard("test", UNHEARD)[::2])


def _beginnings(clips: Clips) -> Clips:
    cut = [clip[:SAMPLES] for clip in clips]
    return Clips.from_arrays(cut, sample_rate=RATE, names=clips.names)


def noise(slope: float, *, seed: int, samples: int = SAMPLES) -> np.ndarray:
    """Gaussian noise whose power falls with the frequency to this power: 0 white, 1 pink, 2 brown.

    Its RMS value is 0.1, -20 dBFS; what lies below 20 Hz is left out.
    """
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    hz = np.fft.rfftfreq(samples, 1 / RATE)
    spectrum *= np.where(hz < 20, 0, np.maximum(hz, 20) ** (-slope / 2))
    made = np.fft.irfft(spectrum, samples)
    scaled: np.ndarray = (0.1 * made / made.std()).astype(np.float32)
    return scaled


def sine(frequency_hz: float) -> np.ndarray:
    """A second of a sine of amplitude 0.25, faded in and out over 50 ms, so that it is one tone."""
    n = np.arange(SAMPLES)
    fade = np.minimum(1, np.minimum(n, n[::-1]) / 800)
    wave = 0.25 * np.sin(2 * np.pi * frequency_hz * n / RATE)
    faded: np.ndarray = (wave * np.sin(np.pi / 2 * fade) ** 2).astype(np.float32)
    return faded


def heard(condition: str) -> Iterator[tuple[str, np.ndarray]]:
    """What a condition consists of, by its name."""
    slopes = {"white": 0.0, "pink": 1.0, "brown": 2.0}
    if condition in slopes:
        for seed in range(NOISES):
            yield f"noise {seed}", noise(slopes[condition], seed=seed)
    elif condition.endswith(" Hz") and condition[0].isdigit():
        yield condition, sine(float(condition[:-3]))
    elif condition in ("unheard families", "phrases"):
        unheard = condition == "unheard families"
        clips = data.load(kind=sets.NOTES, family=UNHEARD) if unheard else data.load(kind="phrase")
        clips = _beginnings(clips[:: 2 if unheard else 1])
        yield from zip(clips.names, clips, strict=True)
    else:
        yield from zip(notes().names, map(_change(condition), notes()), strict=True)


def _change(condition: str) -> Callable[[np.ndarray], np.ndarray]:
    ratios = {"octave up": (1, 2), "octave down": (2, 1), "44.1 kHz": (441, 160)}
    if condition in ratios:
        return lambda clip: resample_poly(clip, *ratios[condition]).astype(np.float32)
    gain = 1.0 if condition == "notes" else 10 ** (float(condition.removesuffix(" dB")) / 20)
    return lambda clip: (clip * gain).astype(np.float32)


def target(network: str, condition: str) -> EQ:
    """The equalizer as it is meant; at the sample rate of what is heard."""
    eq = TARGETS[network]
    if condition != "44.1 kHz":
        return eq
    return EQ.from_dict(eq.to_dict() | {"sample_rate": FED_RATE})


def judged(network: str, process: Process, condition: str) -> dict[str, list[float]]:
    """The SNR in dB on everything that a condition consists of, by name."""
    eq = target(network, condition)
    return {
        name: [round(float(metrics.snr_db(eq(dry), process(dry))), 2)]
        for name, dry in heard(condition)
    }


def measured(network: str, method: str, condition: str) -> dict[str, list[float]]:
    """The same for one of `METHODS`."""
    return judged(network, _process(network, method), condition)


@functools.cache
def _process(network: str, method: str) -> Process:
    if method == "network":
        return pretrained(network).process
    if method == "doing nothing":
        return np.copy
    clips = sets.heard("train", UNHEARD)
    return least_squares_fir(pair(clips, TARGETS[network]), advance_samples=0, weighting="clips")


def with_noise(split: str, *, seed: int) -> Pairs:
    """The low shelf's pairs of a split, and as many of colored noise of all slopes and levels."""
    clips = sets.heard(split, UNHEARD)
    rng = np.random.default_rng(1_000 + seed)
    colored = []
    for number in range(len(clips)):
        gain = 10 ** (rng.uniform(-40, 6) / 20)
        made = noise(rng.uniform(-0.5, 2), seed=10_000 * (seed + 1) + number, samples=8_000)
        colored.append((made * gain).astype(np.float32))
    names = [*clips.names, *(f"noise {number}" for number in range(len(clips)))]
    both = Clips.from_arrays([*clips, *colored], sample_rate=RATE, names=names)
    return pair(both, TARGETS["low-shelf"])


@functools.cache
def repaired(seed: int) -> EQNet:
    """The shipped low shelf after 600 more steps, of which half of the frames are colored noise."""
    net = pretrained("low-shelf")
    pairs, validation = with_noise("train", seed=seed), with_noise("validation", seed=seed + 50)
    options = {"recipe": REPAIR, "seed": seed, "progress": False}
    loop.train(net, pairs, validation, steps=REPAIR_STEPS, **options)  # type: ignore[arg-type]
    return net
