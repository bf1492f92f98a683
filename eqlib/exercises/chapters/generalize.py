"""Exercises of the chapter "Does it generalize?"."""

from __future__ import annotations

import numpy as np
from scipy.signal import resample_poly

from eqlib.exercises import forms
from eqlib.exercises.judges import Choice, Either, Number, Numbers
from eqlib.exercises.material import SHELF, note, trained, unseen_snr_db
from eqlib.exercises.registry import Exercise, Finding
from eqlib.experiments import outside
from eqlib.metrics import snr_db

REACHED_DB = 40.0
"""What counts as the shelf at 44.1 kHz; resampling and the network leave 50 dB and more."""
HIGH_HZ = (4_150, 5_050, 5_950, 6_850)
TONES_DB, NOTES_DB = 36.0, 45.0
"""On these sines and on notes; the shipped network has 28 and 57 dB."""


def high_note() -> np.ndarray:
    """The note at 44.1 kHz, (44_100,) float32."""
    return np.asarray(resample_poly(note(), 441, 160), np.float32)


def _at_44_1(answer: object) -> Finding | None:
    high = high_note()
    effect = forms.as_effect(answer)
    sound = forms.as_sound(answer) if effect is None else effect(high)
    if sound is None:
        return None
    if sound.shape != high.shape:
        words = f"Your sound has {sound.size:,} samples; a second at 44.1 kHz has {high.size:,}."
        return Finding(False, words)
    if not np.isfinite(sound).all() or not sound.any():
        return Finding(False, "Your sound is silent, or not finite.")
    meant = outside.target("low-shelf", "44.1 kHz")(high)
    reached = f"{snr_db(meant, sound):.1f} dB from the shelf at 44.1 kHz"
    if snr_db(meant, sound) >= REACHED_DB:
        return Finding(True, f"{reached}: the network heard 16 kHz, and you get 44.1 kHz back.")
    if snr_db(trained().process(high), sound) >= REACHED_DB:
        words = "this was fed directly, as if it were at 16 kHz. Who tells the network the rate?"
        return Finding(False, f"{reached}: {words}")
    if snr_db(high, sound) >= REACHED_DB:
        return Finding(False, f"{reached}: this is the note as it came.")
    return Finding(False, f"{reached}. Is the note resampled by 441 / 160, and the rate 44,100?")


def _told_of_tones(answer: object) -> Finding | None:
    effect = forms.as_effect(answer)
    if effect is None:
        return None
    tones = [outside.sine(hz) for hz in HIGH_HZ]
    high_db = float(np.mean([snr_db(SHELF(tone), effect(tone)) for tone in tones]))
    notes_db = unseen_snr_db(effect, SHELF)
    reached = f"{high_db:.1f} dB on high sines, {notes_db:.1f} dB on notes it has not heard"
    if notes_db < NOTES_DB:
        words = "the notes are lost. Go on from the shipped network, and keep half of the clips"
        return Finding(False, f"{reached}: {words} notes.")
    if high_db < TONES_DB:
        words = "the sines are hardly better than before. Do yours go up to 8 kHz, and are they"
        return Finding(False, f"{reached}: {words} as loud as those that it failed on?")
    return Finding(True, f"{reached}. Now measure what you did not train: soft notes.")


EXERCISES = (
    Exercise(
        "Another rate",
        "easy",
        "Let the network equalize the chapter's note at 44.1 kHz, by `equalize`.",
        "the note at 44.1 kHz as equalize returns it (44,100 samples), or the frequency in Hz to "
        "which the shelf's corner moves when the note is fed directly",
        (
            "resample_poly(note, 441, 160) is the note at 44.1 kHz; equalize takes a sample_rate.",
            "The network counts samples. A period of 500 Hz has 32 of them at 16 kHz.",
        ),
        Either(
            (
                Number(
                    1378,
                    "Hz",
                    25,
                    {
                        500: "There it is meant to be, and there equalize leaves it.",
                        181: "The other way: so many samples are a shorter time at 44.1 kHz.",
                        250: "The rate is more than twice the network's, and the corner goes up.",
                    },
                    "32 samples are a period of 1,378 Hz there: the network knows no seconds.",
                ),
                _at_44_1,
            )
        ),
    ),
    Exercise(
        "A repair for tones",
        "medium",
        "Go on from the shipped weights for 600 steps with notes and as many tones that fade.",
        'the network, or a word: what then loses most is "notes as they are", "soft notes", '
        '"white noise", or "high sines"',
        (
            "outside.sine(f) times a line from 1 to 0.1 is a tone that fades.",
            "Which levels do the notes and your tones have, and which has neither of them?",
        ),
        Either(
            (
                Choice(
                    "soft notes",
                    {
                        "notes as they are": "They lose, but a few decibels only.",
                        "soft notes": "The tones are loud, and what is soft is forgotten.",
                        "white noise": "It gains: tones reach up to where noise failed.",
                        "high sines": "Those are what it was told of, and they gain much.",
                    },
                ),
                _told_of_tones,
            )
        ),
    ),
    Exercise(
        "Knobs beyond their ends",
        "hard",
        "Turn the page's network beyond its ends: 18 dB at 800 Hz, and 12 dB at 6,000 Hz; Q is 1.",
        "the two SNRs in dB, that of 18 dB at 800 Hz first, or a word: what brings it below doing "
        'nothing is "the gain", "the cutoff", "both", or "neither"',
        (
            "knobs.numbers_of(np.array([[800, 18, 1]]))[0] is a setting without its check.",
            "An SNR alone says little: put that of doing nothing beside each.",
        ),
        Either(
            (
                Choice(
                    "the cutoff",
                    {
                        "the gain": "At 800 Hz it is ahead of doing nothing even at 24 dB.",
                        "the cutoff": "At 6 kHz, who leaves the note alone is closer.",
                        "both": "Only one of the two ways out ends below doing nothing.",
                        "neither": "Put doing nothing beside each: one of them is below it.",
                    },
                ),
                Numbers(
                    {
                        "18 dB at 800 Hz": Number(
                            10.3,
                            "dB",
                            0.7,
                            {
                                1.4: "This is what doing nothing has.",
                                16.0: "So much is left at 12 dB, and 800 Hz come first.",
                                19.6: "This is a cut by 18 dB.",
                            },
                        ),
                        "12 dB at 6,000 Hz": Number(
                            15.8,
                            "dB",
                            0.7,
                            {
                                22.0: "This is what doing nothing has.",
                                19.9: "This is still the knob's end, 4,000 Hz.",
                            },
                        ),
                    },
                    "The second looks better. Doing nothing has 22 dB there.",
                ),
            )
        ),
    ),
)
