"""Exercises of the chapter "Phase and delay"."""

from __future__ import annotations

import numpy as np
from scipy import signal

from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE
from eqlib.exercises import forms
from eqlib.exercises.judges import Number
from eqlib.exercises.material import SHELF, note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound

HALF = EQ.low_shelf(cutoff_hz=500, gain_db=5, slope=0.7071)
DELAY = 1_600
"""Samples in 100 ms."""


def _faded() -> np.ndarray:
    return note(12_000, faded=True)


def _there_and_back(eq: EQ) -> np.ndarray:
    return np.asarray(eq(eq(_faded())[::-1].copy())[::-1])


def _repeated(samples: int, factor: float, *, dry: float = 1.0) -> np.ndarray:
    sound = _faded().astype(np.float64)
    echo = np.pad(sound, (samples, 0))[: len(sound)]
    return np.asarray(dry * sound + factor * echo)


_ECHO = Sound(
    lambda: _repeated(DELAY, 0.5),
    60,
    _faded,
    (
        (lambda: _repeated(100, 0.5), "This echo comes after 100 samples, and not after 100 ms."),
        (lambda: _repeated(DELAY, 1.0), "The echo is as loud as the note. Halve it."),
        (lambda: _repeated(DELAY, 0.25), "The echo has a quarter of the amplitude: too soft."),
        (
            lambda: _repeated(DELAY, 0.5, dry=0),
            "The echo is there, and the note itself is missing: what about tap 0?",
        ),
        (lambda: _repeated(DELAY, -0.5), "The echo is upside down: its tap has the wrong sign."),
        (lambda: _repeated(DELAY - 1, 0.5), "One sample too early: the taps count from 0."),
    ),
    "Two taps that are not zero, and all zeros between them.",
)


def _echo(answer: object) -> Finding | None:
    taps = forms.as_sound(answer)
    if taps is not None and len(taps) < len(_faded()):
        return _ECHO(np.convolve(_faded().astype(np.float64), taps)[: len(_faded())])
    return _ECHO(answer)


def _all_pass(answer: object) -> Finding | None:
    response = forms.as_response(answer)
    if response is None:
        return None
    level_db = 20 * np.log10(np.maximum(np.abs(response), 1e-6))
    worst = int(np.abs(level_db).argmax())
    if abs(level_db[worst]) > 0.1:
        at = f"{level_db[worst]:+.1f} dB at {forms.HZ[worst]:.0f} Hz"
        return Finding(
            False, f"This is no all-pass: its gain is {at}, and should be 0 dB everywhere."
        )
    if np.abs(np.angle(response)).max() < 0.1:
        return Finding(False, "Its gain is 1 everywhere, and so is its phase 0: it does nothing.")
    b, a = REFERENCE["lowpass"].stages[0].coefficients(forms.RATE)
    wanted = signal.freqz(a[::-1], a, forms.HZ, fs=forms.RATE)[1]
    if np.abs(response - wanted).max() > 0.05:
        return Finding(False, "It is an all-pass, but not the one of the lowpass's a.")
    return Finding(True, "Gain 1 at every frequency, and a phase that turns by a whole circle.")


EXERCISES = (
    Exercise(
        "An echo",
        "easy",
        "Make a FIR filter that repeats the note after 100 ms, at half the amplitude.",
        "the taps for 100 ms, or the sound (12,000 samples), or a function that makes it of the "
        "note",
        (
            "Tap k says how much of the input of k samples ago is in the output now.",
            "100 ms are 1,600 samples, and the taps count from 0.",
        ),
        _echo,
    ),
    Exercise(
        "Another target",
        "medium",
        "Say how many taps a peak at 370 Hz, with +12 dB and a Q of 10, needs for 30 dB.",
        "the number of taps",
        (
            "target.fir(taps=65, phase='minimum') is the peak, cut short; the SNR compares sounds.",
            "Mind the order: the exact peak's sound is the target, that of the taps the output.",
        ),
        Number(
            1_025,
            "taps",
            0.5,
            {
                33: "33 are enough for the chapter's shelf. A narrow peak rings for longer.",
                65: "With 65 taps the SNR is below 5 dB. Listen: there is hardly a peak.",
                129: "With 129 taps the SNR is below 10 dB. Go on.",
                257: "With 257 taps the SNR is below 20 dB. Go on.",
                513: "With 513 taps the SNR is below 20 dB, and 30 are asked for.",
            },
            "Some thirty times as many as for the shelf.",
        ),
    ),
    Exercise(
        "Zero phase from biquads",
        "medium",
        "Put the chapter's note through a shelf of half the gain, forward and then backward.",
        "the sound (12,000 samples), or a function that makes it of the note",
        (
            "Forward and backward the gains multiply: what gain in dB does each pass need?",
            "[::-1] turns a sound around. It has to be turned twice, or the note ends first.",
        ),
        Sound(
            lambda: _there_and_back(HALF),
            60,
            _faded,
            (
                (
                    lambda: _there_and_back(SHELF),
                    "The phase cancels, but this is 20 dB below the cutoff: the gain counts twice.",
                ),
                (
                    lambda: HALF(HALF(_faded())[::-1].copy()),
                    "The gain is right, but the sound is still backward. Turn it around once more.",
                ),
                (lambda: HALF(HALF(_faded())), "Both passes go forward, so the phases add up."),
                (lambda: HALF(_faded()), "This is one pass. The way back is missing."),
            ),
            "No phase is left. By its gain it is within 0.15 dB of the shelf.",
        ),
    ),
    Exercise(
        "Hear a phase",
        "hard",
        "Make an all-pass of the reference lowpass's a, and of the same numbers reversed.",
        "the pair (b, a), or the all-pass as a function of a sound",
        (
            "Reversing a polynomial's coefficients does not change its size on the unit circle.",
            "The reversed a belongs into the numerator, the a itself into the denominator.",
        ),
        _all_pass,
    ),
)
