"""Looks at an answer for the report, and keeps what is seen and heard in a few kilobytes.

Chapters: all that have exercises.
"""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping

import numpy as np

from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, checked
from eqlib.exercises import forms
from eqlib.exercises.chapters.generalize import high_note
from eqlib.exercises.chapters.latent import played
from eqlib.exercises.material import SAMPLES_NEEDED, SHELF, four_phases, hand, note, trained
from eqlib.exercises.record import Work
from eqlib.exercises.registry import Finding
from eqlib.exercises.showing import Look, Shows, mixed_by, returned, rows_only, weights
from eqlib.hints import short
from eqlib.metrics import loudness

LONGEST_S, FADE_S = 3.0, 0.05
MOST_LETTERS, MOST_PARTS = 300, 12


def _at_44_1(answer: object) -> object:
    effect = forms.as_effect(answer)
    return forms.as_sound(answer) if effect is None else effect(high_note())


NOT_AS_USUAL: Mapping[str, Shows] = {
    **dict.fromkeys(("tour.1", "tour.2", "stage_two.3", "generalize.2"), Shows(target=SHELF)),
    "phase.1": Shows(taps=True),
    "frames.3": Shows(taps=True),
    "front_end.2": Shows(read=rows_only),
    "front_end.3": Shows(taps=True, read=weights),
    "back_end.1": Shows(read=mixed_by(hand)),
    "back_end.4": Shows(read=mixed_by(four_phases)),
    **dict.fromkeys(("stage_one.2", "stage_one.3"), Shows(read=returned)),
    **dict.fromkeys(("latent.1", "latent.2"), Shows(curve=False, read=played)),
    "latent.3": Shows(target=SHELF, read=mixed_by(trained)),
    "latent.4": Shows(read=mixed_by(trained)),
    "generalize.1": Shows(curve=False, sample_rate=44_100, read=_at_44_1),
    **dict.fromkeys(("effects.1", "effects.3", "style.1", "style.3"), Shows(curve=False)),
}
"""Exercises whose answers are more, or less, than an equalizer or a sound at 16 kHz."""


@checked
def work_of(name: str, answer: object, finding: Finding, *, at: str) -> Work:
    """What is kept of an answer. Whatever goes wrong on the way, nothing is raised.

    Args:
        name: of the exercise.
        answer: as it was handed in.
        finding: what its judge has found.
        at: when, as ISO 8601.
    """
    shows = NOT_AS_USUAL.get(name, Shows())
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            look = shows(answer)
            curves = {
                which: [round(float(db), 1) for db in curve]
                for which, curve in look.curves.items()
                if np.isfinite(curve).all()
            }
            sounds = addresses(look, sample_rate=shows.sample_rate)
    except Exception:  # a learner's function may do anything; what it did, its judge has told
        curves, sounds = {}, {}
    return Work(in_short(answer), finding.words, finding.right, at, curves, sounds)


def in_short(answer: object) -> str:
    """A small answer itself, an equalizer by its bands, and the type of anything else."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list | tuple) and 0 < len(answer) <= MOST_PARTS:
        return ", ".join(map(_one, answer))[:MOST_LETTERS]
    return _one(answer)[:MOST_LETTERS]


def _one(answer: object) -> str:
    if isinstance(answer, EQ):
        return "EQ: " + (", ".join(map(_band, answer.stages)) or "flat")
    if isinstance(answer, float | np.floating):
        return f"{answer:.4g}"
    words = answer if isinstance(answer, str) else short(answer)
    return f"an {words[2:]}" if words[:2] == "a " and words[2:3] in "AEIOaeio" else words


def _band(stage: object) -> str:
    if not isinstance(stage, Biquad):
        return type(stage).__name__
    told = [f"{stage.kind} {stage.cutoff_hz:g} Hz"]
    told += [f"{stage.gain_db:+g} dB"] if stage.gain_db is not None else []
    told += [f"q {stage.q:.3g}"] if stage.q is not None else [f"slope {stage.slope:.3g}"]
    return " ".join(told)


@checked
def addresses(look: Look, *, sample_rate: int) -> dict[str, str]:
    """The sounds of a look as data URIs, by what to call them.

    Each is at most three seconds long, fades out, and is no louder than the dry note. {} where a
    sound is none, and in a plain installation, which cannot encode them.

    Args:
        look: what an answer makes.
        sample_rate: of its sounds, in Hz.
    """
    try:
        from eqlib.widgets.encoding import encode
    except EqlibError:
        return {}
    made = {}
    for name, sound in look.sounds.items():
        if sound.ndim != 1 or len(sound) < SAMPLES_NEEDED or not np.isfinite(sound).all():
            return {}
        if not sound.any():
            continue
        heard, lower_db = _turned_down(sound, sample_rate)
        kind, file = encode(heard, sample_rate=sample_rate)
        told = f"{name}, turned down by {lower_db:.1f} dB" if lower_db >= 0.05 else name
        made[told] = f"data:{kind};base64,{base64.b64encode(file).decode()}"
    return made


def _turned_down(sound: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float]:
    """The beginning of a sound, no louder than the dry note, and by how much it was turned down."""
    heard = sound[: round(LONGEST_S * sample_rate)].astype(np.float64)
    fade = round(FADE_S * sample_rate)
    heard[-fade:] *= np.linspace(1, 0, fade)  # or a note that is cut would end in a click
    over_db = loudness(heard, sample_rate=sample_rate) - loudness(note(), sample_rate=forms.RATE)
    lower_db = max(over_db, 20 * float(np.log10(np.abs(heard).max())), 0.0)
    return heard * 10 ** (-lower_db / 20), lower_db
