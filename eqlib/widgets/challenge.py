"""A listening challenge: something hidden is to be found by ear, and the page says how near one is.

    from eqlib.widgets.challenge import Challenge

    Challenge("match", level=2, seed=5)
    Challenge("number", number="q")
    Challenge("which", question="narrower")
    Challenge("match", eq=EQ.peaking(cutoff_hz=900, gain_db=-12, q=2), sounds={"piano": note})

Hidden equalizers come from a level and a seed, or are given. It scores itself in the page, without
Python, and so it does in the rendered book.

Chapter: "Listening challenges".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import traitlets

from eqlib.audio import Audio, db
from eqlib.data import SAMPLE_RATE
from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_number, checked
from eqlib.widgets.component import HOW_TO_USE, Component
from eqlib.widgets.drawing import state_of
from eqlib.widgets.encoding import addresses
from eqlib.widgets.linking import module, styles

KINDS = {
    "match": "a hidden equalizer, to be matched by ear",
    "number": "a hidden peak, of which one number is to be found by ear",
    "which": "pairs of equalizers, to be told apart by ear",
    "train": "a target, to be trained to with the fewest steps",
}
NUMBERS = ("q", "cutoff_hz", "gain_db")
QUESTIONS = ("lowpass", "narrower", "louder", "higher")
LARGEST_SEED = 2**31 - 1


SCORED_HZ = np.geomspace(50, 7_000, 200)
"""Where responses are compared: each octave counts alike."""
FLOOR_DB = -40.0
MATCHED_DB, LEAST_DB = 1.0, 1.5
"""Below the first, a hidden equalizer is matched; doing nothing has to be off by the second."""


@checked
def mean_deviation_db(eq: EQ, other: EQ) -> float:
    """How far two equalizers are apart: the score of "match".

    The mean of the responses' absolute difference at `SCORED_HZ`, in dB, after the mean difference
    was taken off, because both are heard equally loud. Below -40 dB nothing is compared.

    Raises:
        EqlibError: for what is no equalizer.
    """
    apart_db = np.subtract(
        *(np.maximum(db(each.response(SCORED_HZ)), FLOOR_DB) for each in (eq, other))
    )
    return float(np.abs(apart_db - apart_db.mean()).mean())


class Challenge(Component):
    """A challenge of one kind.

    Args:
        kind: "match", "number", "which" or "train"; the last one only in a page that is served,
            for its network learns there. In a notebook, take a `Workbench`.
        eq: the hidden equalizer, or the target to train; without it, `level` and `seed` draw one.
        level: 1 (easy) to 3 (hard).
        seed: which of a level's equalizers or pairs.
        number: what is to be found, with "number": "q", "cutoff_hz" or "gain_db".
        question: what is asked, with "which": "lowpass", "narrower", "louder" (at 1 kHz) or
            "higher" (which lowpass has the higher cutoff).
        rounds: of "which".
        snr_db: to be reached, with "train".
        note: what is said to whoever opens it.
        sounds: name -> (samples,), clips to hear it on besides pink noise, at 16 kHz or at the
            equalizer's sample rate.

    Attributes:
        state: what is asked.
        result: the reader's last answer that counted (kind, level, seed, value, best); {} before.

    Raises:
        EqlibError: for a kind, a level or a number that there is not; for an equalizer that cannot
            be drawn, or that such a challenge cannot hide.
    """

    _name = "challenge"
    _esm = module("challenge")
    _css = styles("desk", "challenge")
    state = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)

    @checked
    def __init__(
        self,
        kind: str = "match",
        *,
        eq: EQ | None = None,
        level: int = 1,
        seed: int = 1,
        number: str = "q",
        question: str = "lowpass",
        rounds: int = 10,
        snr_db: float = 30.0,
        note: str = "",
        sounds: Mapping[str, Audio] | None = None,
    ) -> None:
        _check_one_of("kind", kind, tuple(KINDS))
        _check_one_of("number", number, NUMBERS)
        _check_one_of("question", question, QUESTIONS)
        check_integer("level", level, at_least=1, at_most=3, cure="1 is easy, 3 is hard.")
        check_integer("seed", seed, at_least=0, at_most=LARGEST_SEED, cure="Any of them will do.")
        check_integer("rounds", rounds, at_least=4, at_most=20, cure="Ten are a good number.")
        check_number("snr_db", snr_db, above=0, below=61, cure="30 dB is a good first aim.")
        _check_eq(kind, eq)
        rate = eq.sample_rate if eq else SAMPLE_RATE
        state = {
            "kind": kind,
            "level": level,
            "seed": seed,
            "number": number,
            "question": question,
            "rounds": rounds,
            "snr": snr_db,
            "note": note,
            "eq": state_of(eq) if eq else None,
            "sounds": addresses(sounds, sample_rate=rate) if sounds else {},
            "sample_rate": rate,
        }
        super().__init__(state=state)

    def _page_state(self) -> Mapping[str, object]:
        return dict(self.state)

    def _words(self) -> str:
        return f"a listening challenge: {KINDS[self.state['kind']]}. {HOW_TO_USE}"


def _check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise EqlibError(
            f"{name} is {value!r}", f"one of {', '.join(known)}", "Choose one of them."
        )


def _check_eq(kind: str, eq: EQ | None) -> None:
    """Whether such a challenge can have this equalizer."""
    if kind == "train" and eq is None:
        raise EqlibError(
            "there is no eq",
            "a target to train",
            'Give one: Challenge("train", eq=EQ.low_shelf(...)).',
        )
    if kind == "which" and eq is not None:
        raise EqlibError(
            f"eq is {eq}", 'none with "which", whose pairs the seed draws', "Leave eq out."
        )
    off_db = mean_deviation_db(eq, EQ.flat(sample_rate=eq.sample_rate)) if eq else np.inf
    if kind == "match" and off_db < LEAST_DB:
        raise EqlibError(
            f"doing nothing is off by {off_db:.1f} dB from {eq}",
            f"at least {LEAST_DB:g} dB, or there is nothing to be found",
            "Give it more gain, or a wider band.",
        )
    if kind == "number" and eq is not None and not _is_peak(eq):
        raise EqlibError(
            f"eq is {eq}", "one peak, of which a number is asked for", "Give EQ.peaking(...)."
        )


def _is_peak(eq: EQ) -> bool:
    (stage, *others) = eq.stages or (None,)
    return isinstance(stage, Biquad) and stage.kind == "peaking" and not others
