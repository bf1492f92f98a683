"""Exercises of the chapter "The synthesis back-end"."""

from __future__ import annotations

import functools

import numpy as np

from eqlib.analysis import channels, systems
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.stage import taps_response
from eqlib.equalizers.targets import TARGETS
from eqlib.exercises import forms
from eqlib.exercises.curves import where_off
from eqlib.exercises.judges import Choice, Either, Number, Numbers, faders_of
from eqlib.exercises.material import four_phases, hand, note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.metrics import BandErrors, snr_db


@functools.cache
def _flat() -> tuple[np.ndarray, np.ndarray]:
    """The paths of the bank set by hand, and the faders that make it nearly transparent."""
    paths = channels.channel_paths(hand())
    return paths, channels.best_faders(paths, systems.click_response(EQ.flat()))


def _graphic(answer: object) -> Finding | None:
    gains = faders_of(answer)
    if gains is None or isinstance(gains, Finding):
        return gains
    paths, flat = _flat()
    lags = np.arange(-64, 65)
    made = taps_response(gains @ paths, lags, forms.HZ, sample_rate=forms.RATE)
    off_db = 20 * np.log10(np.maximum(np.abs(made), 1e-4))
    off = where_off(off_db, forms.HZ, tolerance_db=2.0)
    if np.mean(np.isclose(gains, np.round(gains), atol=1e-6)) > 0.9:
        words = "This is the curve alone, on faders at one, which color the sound. "
        return Finding(False, words + "Multiply the least-squares faders by it.")
    if not off:
        return Finding(False, "This is nearly flat: there is nothing to hear yet. Be bolder.")
    return Finding(True, f"Against a flat response it is {off.replace('too ', '')}.")


def _measured(answer: object) -> Finding | None:
    if not isinstance(answer, BandErrors):
        return None
    worst = float(np.nanmax(answer.error_db[3:6]))
    bank = "adjoint" if worst > 1 else "unreversed"
    return Finding(True, f"Up to {worst:.1f} dB around 250 to 1,000 Hz: the {bank} bank, by ear.")


_NAMED = Choice(
    "response error",
    {
        "response error": "It compares levels, octave by octave, and knows no phase.",
        "snr": "That one compares samples: a phase that nobody hears ruins it.",
        "mae": "That one compares samples too, as the loss does.",
        "loudness": "Both banks can be equally loud and sound quite unlike.",
    },
)


def _named_or_measured(answer: object) -> Finding | None:
    return _measured(answer) or _NAMED(getattr(answer, "__name__", answer))


def _own(answer: object) -> Finding | None:
    if not isinstance(answer, list | tuple) or len(answer) != 2 or not isinstance(answer[0], EQ):
        return None
    eq, gains = answer[0], faders_of(answer[1])
    if gains is None or isinstance(gains, Finding):
        return gains
    if eq == EQ.flat() or eq in TARGETS.values():
        return Finding(False, "This one is in the table, or does nothing. Choose one of your own.")
    x, paths = note().astype(np.float64), channels.channel_paths(four_phases())
    reached = float(snr_db(eq(x), np.convolve(x, gains @ paths, "same")))
    if reached >= 25:
        return Finding(True, f"{reached:.1f} dB on the note, and nothing was trained.")
    best = channels.best_faders(paths, systems.click_response(eq))
    within = float(snr_db(eq(x), np.convolve(x, best @ paths, "same")))
    if within < 25:
        words = f"more than {within:.0f} dB are not within reach of these filters. A broader curve?"
        return Finding(False, f"{reached:.1f} dB on the note; {words}")
    return Finding(False, f"{reached:.1f} dB on the note. Are these the faders for this equalizer?")


EXERCISES = (
    Exercise(
        "A graphic equalizer",
        "easy",
        "Multiply the least-squares faders of the flat response by a curve of your own.",
        "the 128 faders, or the network that has them",
        (
            "centers_hz tells which frequency a fader stands for.",
            "np.where(centers_hz > ..., 4, 1) is a curve: 12 dB more above a frequency.",
        ),
        _graphic,
    ),
    Exercise(
        "Three points of the compass",
        "medium",
        "Find the shelf's SNR with three phases (0, 60, 120 degrees) and with two (0, 45 degrees).",
        "the two SNRs on the note in dB, or a word on whether four phases are necessary",
        (
            "Through two filters a phase counts twice: where do the three and the two point then?",
            "bank.windowed_cosines takes phases in radians; channels.best_faders finds the faders.",
        ),
        Either(
            (
                Numbers(
                    {
                        "Three phases": Number(
                            33.8,
                            "dB",
                            0.5,
                            {
                                37.0: "That is what the chapter's four phases reach.",
                                42.9: "That is the highpass. The shelf is asked for.",
                            },
                        ),
                        "Two phases": Number(
                            36.9,
                            "dB",
                            0.5,
                            {
                                1.0: "That is the highpass. And the shelf?",
                                33.8: "That is what three phases reach.",
                            },
                        ),
                    },
                    "Three reach every direction; two suffice where the phase turns one way only.",
                ),
                Choice(
                    "no",
                    {
                        "no": "Doubled, three of them still point into all directions.",
                        "yes": "Where do 0, 60 and 120 degrees point when they count twice?",
                    },
                ),
            )
        ),
    ),
    Exercise(
        "Ears and waveforms",
        "hard",
        "Which number would tell that the adjoint's shelf sounds right? Compute it for both banks.",
        "its name, the function of eqlib.metrics that computes it, or what that returns",
        (
            "The ear hears levels; the SNR compares samples. Which metric knows no phase?",
            "It is in eqlib.metrics, and it speaks of bands.",
        ),
        _named_or_measured,
    ),
    Exercise(
        "A target of yours",
        "medium",
        "Set the faders of the bank with four phases for an equalizer that is not in the table.",
        "the pair (EQ, the 128 faders), of one that comes out with 25 dB or more",
        (
            "systems.click_response tells what the paths have to add up to.",
            "What rings for longer than two filters is out of reach: broad curves are not.",
        ),
        _own,
    ),
)
