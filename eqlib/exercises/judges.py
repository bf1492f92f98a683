"""Judges of answers: small, and made of what they compare with.

A judge returns None for an answer of a form that is not its own; `Either` then asks the next one.
Slips are wrong answers that many give, each with a word of its own.

Chapters: all that have exercises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import TARGETS
from eqlib.errors import checked
from eqlib.exercises import forms, material
from eqlib.exercises.curves import difference_db, hertz, where_off
from eqlib.exercises.registry import Finding, Judge


@checked
@dataclass(frozen=True)
class Number:
    """One number.

    Args:
        value: the right one.
        unit: to write behind it: "dB".
        tolerance: how far off is still right.
        slips: wrong numbers, and what to say; within the same tolerance.
        praise: what to say of the right one.
    """

    value: float
    unit: str
    tolerance: float
    slips: Mapping[float, str] = field(default_factory=dict)
    praise: str = ""

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it is no number."""
        number = forms.as_number(answer)
        return None if number is None else self.judged(number)

    def judged(self, number: float) -> Finding:
        """Judges a number that has been read."""
        off = number - self.value
        if abs(off) <= self.tolerance:
            return Finding(True, self.praise)
        for slip, words in self.slips.items():
            if abs(number - slip) <= self.tolerance:
                return Finding(False, words)
        if number * self.value < 0 and abs(number + self.value) <= self.tolerance:
            return Finding(False, "The size is right, the sign is not.")
        way = "large" if off > 0 else "small"
        close = abs(off) <= 4 * self.tolerance
        return Finding(False, f"{number:.4g} {self.unit} is {'a little ' * close}too {way}.")


@checked
@dataclass(frozen=True)
class Numbers:
    """Several numbers in order, each with a judge and a name.

    Args:
        parts: a judge for each, by the name of what it is.
        praise: what to say when all are right.
    """

    parts: Mapping[str, Number]
    praise: str = ""

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it is not as many numbers."""
        found = forms.as_numbers(answer, count=len(self.parts))
        if found is None:
            return None
        for (name, part), number in zip(self.parts.items(), found, strict=True):
            finding = part.judged(number)
            if not finding.right:
                return Finding(False, f"{name}: {finding.words}")
        return Finding(True, self.praise)


@checked
@dataclass(frozen=True)
class Response:
    """A response against a target: of an EQ, coefficients, taps, a network or a function.

    Args:
        target: the equalizer to match.
        what: what the learner calls it: "shelf".
        tolerance_db: how far off is still right, at any frequency.
        phase: whether the phase has to be right too.
        slips: wrong equalizers, and what to say.
        praise: what to say of the right one.
    """

    target: EQ
    what: str
    tolerance_db: float = 0.5
    phase: bool = False
    slips: tuple[tuple[EQ, str], ...] = ()
    praise: str = ""

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it has no response."""
        response = forms.as_response(answer)
        if response is None:
            return None
        target = self.target.response(forms.HZ)
        off = where_off(difference_db(target, response), forms.HZ, tolerance_db=self.tolerance_db)
        if off:
            for slip, words in self.slips:
                apart = difference_db(slip.response(forms.HZ), response)
                if np.abs(apart).max() <= self.tolerance_db:
                    return Finding(False, words)
            return Finding(False, f"Your {self.what} is {off}.")
        turn = np.degrees(np.abs(np.angle(response / np.where(target == 0, 1, target))))
        if self.phase and turn.max() > 10:
            at = hertz(float(forms.HZ[turn.argmax()]))
            words = f"The gain of your {self.what} is right, its phase is not: {turn.max():.0f} "
            return Finding(False, f"{words}degrees off around {at}.")
        return Finding(True, self.praise)


@checked
@dataclass(frozen=True)
class Choice:
    """One of several words.

    Args:
        right: the right one's name, in `options`.
        options: what to say of each, by its name.
    """

    right: str
    options: Mapping[str, str]

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it is no text."""
        if isinstance(answer, bool | np.bool_):
            answer = "yes" if answer else "no"
        if not isinstance(answer, str):
            return None
        said = _plain(answer)
        named = [name for name in self.options if _plain(name) == said]
        named = named or [n for n in self.options if said and f" {_plain(n)} " in f" {said} "]
        if len(named) != 1:
            return Finding(False, f"Say one of: {', '.join(self.options)}.")
        return Finding(named[0] == self.right, self.options[named[0]])


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+(?:\.[0-9]+)?", text.casefold()))


@checked
@dataclass(frozen=True)
class Network:
    """A trained network, by its SNR on notes that nobody trains on.

    Args:
        target: what it should do to a sound.
        at_least_db: the mean SNR that counts as learned.
        praise: what to say of one that has.
    """

    target: Callable[[np.ndarray], np.ndarray]
    at_least_db: float
    praise: str = ""

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it cannot process a sound."""
        effect = forms.as_effect(answer)
        if effect is None:
            return None
        reached = material.unseen_snr_db(effect, self.target)
        nothing = material.unseen_snr_db(np.copy, self.target)
        if reached >= self.at_least_db:
            return Finding(
                True, f"{reached:.1f} dB on notes it has not heard. {self.praise}".strip()
            )
        words = f"{reached:.1f} dB on notes it has not heard"
        if reached < nothing + 1:
            words += (
                f"; doing nothing has {nothing:.1f} dB. Has it been trained, and on this target?"
            )
            return Finding(False, words)
        return Finding(False, f"{words}; {self.at_least_db:.0f} dB are within reach. Train on.")


@checked
@dataclass(frozen=True)
class OwnTarget:
    """A pair of an equalizer that is not the chapter's and a network that learned it.

    Args:
        at_least_db: the mean SNR that counts as learned.
        praise: what to say of one that has.
    """

    at_least_db: float
    praise: str = ""

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it is no such pair."""
        if not isinstance(answer, list | tuple) or len(answer) != 2:
            return None
        eq, network = answer
        if not isinstance(eq, EQ) or forms.as_effect(network) is None:
            return None
        if eq in TARGETS.values():
            return Finding(False, "This target has its network already. Choose one of your own.")
        return Network(eq, self.at_least_db, self.praise)(network)


@checked
@dataclass(frozen=True)
class Either:
    """The first of several judges that can read an answer.

    Args:
        judges: in the order in which they are asked.
    """

    judges: tuple[Judge, ...]

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if no judge can."""
        for judge in self.judges:
            finding = judge(answer)
            if finding is not None:
                return finding
        return None


def faders_of(answer: object) -> np.ndarray | Finding | None:
    """The mean gains of 128 faders, from (128,), (128, moments) or what has such `gains`."""
    gains = forms.as_array(getattr(answer, "gains", answer))
    if gains is not None and gains.ndim == 2 and gains.shape[0] == 128:
        gains = gains.mean(1)
    if gains is None or gains.ndim != 1:
        return None
    if len(gains) != 128:
        return Finding(False, f"These are {len(gains)} faders; it takes 128, one a channel.")
    return gains
