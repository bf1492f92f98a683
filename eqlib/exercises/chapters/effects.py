"""Exercises of the chapter "Much more complex effects"."""

from __future__ import annotations

import numpy as np

from eqlib.audio import Process
from eqlib.effects.compressor import Compressor
from eqlib.effects.waveshaping import Waveshaper
from eqlib.exercises import forms
from eqlib.exercises.judges import Choice, Either
from eqlib.exercises.material import note, unseen_snr_db
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound

SAMPLES = 24_000
DISTORTION = Waveshaper(drive_db=12)
REACHED_DB = 30.0
"""What a curve of 200 bins leaves behind; the chapter's networks end far below."""


def _squeezed(ratio: float = 4, attack_ms: float = 10, makeup_db: float = 0) -> np.ndarray:
    made = Compressor(ratio=ratio, attack_ms=attack_ms, makeup_db=makeup_db)
    return made(note(SAMPLES))


def _curve(answer: object) -> Finding | None:
    if isinstance(answer, list | tuple) and len(answer) == 2:
        inputs, outputs = (forms.as_sound(each) for each in answer)
        if inputs is None or outputs is None or len(inputs) != len(outputs):
            return None
        return _judged(lambda x: np.interp(x, inputs, outputs).astype(np.float32))
    effect = forms.as_effect(answer)
    return None if effect is None else _judged(lambda x: effect(x).astype(np.float32))


def _judged(bent: Process) -> Finding:
    few = note(SAMPLES)
    turned = bent(few[::-1].copy())[::-1]
    if turned.shape != few.shape or np.abs(turned - bent(few)).max() > 1e-3:
        words = "A curve without memory does the same to a sound that is turned around."
        return Finding(False, f"{words} Yours does not.")
    reached, nothing = (unseen_snr_db(each, DISTORTION) for each in (bent, np.copy))
    numbers = f"{reached:.1f} dB on notes it was not fitted to"
    if reached >= REACHED_DB:
        return Finding(True, f"{numbers}: a curve is all that this effect is.")
    if reached < nothing + 1:
        return Finding(False, f"{numbers}; doing nothing has {nothing:.1f} dB. Is it the wet mean?")
    words = "more is within reach. Are the bins narrow, and do they reach the loudest samples?"
    return Finding(False, f"{numbers}; {words}")


EXERCISES = (
    Exercise(
        "Nearly a limiter",
        "easy",
        "Put the chapter's note through a compressor with a ratio of 20 and an attack of 1 ms.",
        'the limited note (24,000 samples), or a word: its first stroke gets "softer", "louder", '
        'or stays "as it was"',
        (
            "Compressor(ratio=20, attack_ms=1) is a function of a sound.",
            "How long is the stroke of a hammer, and how long does the gain take to fall?",
        ),
        Either(
            (
                Choice(
                    "softer",
                    {
                        "softer": "The gain is down before the stroke has passed.",
                        "louder": "A compressor without makeup only turns down.",
                        "as it was": "With an attack of 1 ms the gain falls within the stroke.",
                    },
                ),
                Sound(
                    lambda: _squeezed(ratio=20, attack_ms=1),
                    50,
                    lambda: note(SAMPLES),
                    (
                        (lambda: _squeezed(ratio=20), "The attack is still that of 10 ms."),
                        (lambda: _squeezed(attack_ms=1), "The ratio is still 4."),
                        (
                            lambda: _squeezed(ratio=20, attack_ms=1, makeup_db=12),
                            "This has the 12 dB of makeup that the chapter's compressor has.",
                        ),
                        (lambda: note(SAMPLES), "This is the note itself."),
                    ),
                    "The stroke of the hammer loses its edge.",
                ),
            )
        ),
    ),
    Exercise(
        "An eighth of the history",
        "medium",
        "Let the side chain hear 64 ms at most, and train again: what is lost?",
        'a word: what is lost is "the attack", "the release", "both", or "nothing"',
        (
            "Compare the 64 ms with the compressor's two time constants.",
            "What takes 10 ms is known after 64 ms. And what takes 200 ms?",
        ),
        Choice(
            "the release",
            {
                "the release": "It takes 200 ms, and the windows end before.",
                "the attack": "It takes 10 ms, and 64 ms are enough to see it.",
                "both": "One of the two fits into 64 ms.",
                "nothing": "Something in this compressor is slower than 64 ms.",
            },
        ),
    ),
    Exercise(
        "A curve by itself",
        "hard",
        "Fit the distortion by a curve alone: the mean wet sample for each of 200 dry levels.",
        "the curve as a function of samples, or the pair of rows that np.interp takes: inputs and "
        "outputs",
        (
            "np.digitize tells the bin of each dry sample; the wet ones there have a mean.",
            "np.interp(x, middles, means) is the curve. Leave out bins that no sample fell into.",
        ),
        _curve,
    ),
)
