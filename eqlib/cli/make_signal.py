"""`eqlib make-signal OUT`: what to play through a box, to train a network on what comes back.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy import signal

from eqlib.analysis.systems import sine_sweep
from eqlib.audio import check_rate, resampled
from eqlib.cli.common import check_new
from eqlib.data.recordings import load
from eqlib.data.sound_files import write
from eqlib.errors import EqlibError, check_integer, check_number

LEVELS_DBFS = (-6, -18, -30)
"""Of the noise: a box that is no linear one answers them differently."""


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    out = check_new(options.out, force=options.force)
    rate = check_rate("--sample-rate", options.sample_rate)
    cure = "Give minutes: 3."
    minutes = check_number("--minutes", options.minutes, above=0.49, below=121, cure=cure)
    if rate < 16_000:
        cure = "Give --sample-rate 48000."
        raise EqlibError(f"--sample-rate is {rate}", "16000 or more", cure)
    seed = check_integer("--seed", options.seed, at_least=0, cure="Give a whole number.")
    parts = made(sample_rate=rate, minutes=minutes, seed=seed)
    write(out, np.concatenate([part for _, part in parts]), sample_rate=rate)
    at = 0
    for name, part in parts:
        sys.stdout.write(f"{at / rate:8.2f} s  {name}\n")
        at += len(part)
    sys.stdout.write(f"{at / rate:8.2f} s  end of {out}\n")
    return 0


def made(*, sample_rate: int, minutes: float, seed: int) -> list[tuple[str, np.ndarray]]:
    """The parts of the signal, each (samples,) float32, and their names.

    Args:
        sample_rate: in Hz.
        minutes: of all of it; the notes are repeated as needed.
        seed: of the noise, and of the order of the notes.
    """
    generator = np.random.default_rng(seed)
    clicks = np.zeros(2 * sample_rate, np.float32)
    clicks[sample_rate // 2 :: sample_rate // 2] = 0.5
    quiet = np.zeros(sample_rate, np.float32)
    high_hz = min(20_000.0, 0.45 * sample_rate)
    sweep = sine_sweep(high_hz=high_hz, duration_s=8, level_dbfs=-12, sample_rate=sample_rate)
    parts = [("clicks, to find the delay", clicks), ("sweep", sweep)]
    for level in LEVELS_DBFS:
        noise = _pink(generator, 4 * sample_rate)
        noise *= 10 ** (level / 20) / np.abs(noise).max()
        parts += [(f"pink noise, peaks at {level} dBFS", noise), ("silence", quiet)]
    notes: list[np.ndarray] = []
    used = sum(len(part) for _, part in parts) + len(quiet) + len(clicks)
    wanted = max(10 * sample_rate, round(minutes * 60 * sample_rate) - used)
    clips = load(split="train")
    while wanted > 0:
        for i in generator.permutation(len(clips)):
            note = resampled(clips[int(i)], from_hz=clips.sample_rate, to_hz=sample_rate)
            notes.append(note[:wanted] * 10 ** (-generator.uniform(0, 18) / 20))
            wanted -= len(notes[-1])
            if wanted <= 0:
                break
    parts += [("notes of many instruments", np.concatenate(notes).astype(np.float32))]
    return [*parts, ("silence", quiet), ("clicks, to see if it drifts", clicks)]


def _pink(generator: np.random.Generator, samples: int) -> np.ndarray:
    """Noise that falls by 3 dB an octave, (samples,) float32, without what lies below 20 Hz."""
    white = generator.standard_normal(signal_length := samples)
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[:1] = 0
    fade = signal.windows.tukey(signal_length, 0.02)
    made: np.ndarray = (np.fft.irfft(spectrum, samples) * fade).astype(np.float32)
    return made
