"""Predictions: which choice was taken, before the chapter shows what happens.

Chapters: all that have exercises.
"""

from __future__ import annotations

import difflib
from types import MappingProxyType

from eqlib.errors import EqlibError, checked
from eqlib.exercises import record
from eqlib.exercises.registry import CHAPTERS
from eqlib.exercises.reply import Reply
from eqlib.hints import short

# How many choices each question of a chapter has, in the chapters' order.
_CHOICES = (
    "3333 3333 3333 3333 3333 3333 3333 3343 3333 3333 333 433 3333 334 3333 4333 333"
).split()
QUESTIONS = MappingProxyType(
    {
        f"{chapter}.{i}": "abcd"[: int(choices)]
        for chapter, each in zip(CHAPTERS, _CHOICES, strict=True)
        for i, choices in enumerate(each, 1)
    }
)
"""The letters of each question's choices: those of "latent.3" are "abcd"."""


@checked
def predict(name: str, choice: object) -> Reply:
    """Notes what you expect, for `report` and for the file of `keep`. The first choice stays.

    Args:
        name: of the question: "latent.2" is the second one of "Predict before you run" there.
        choice: the letter of the choice that you take. `...` asks for the letters.

    Returns:
        A reply that shows itself. It does not say what is right: the word inside the choice does.

    Raises:
        EqlibError: if there is no question of this name. No choice raises anything.
    """
    if name not in QUESTIONS:
        near = difflib.get_close_matches(name.strip().lower(), QUESTIONS, n=1, cutoff=0)
        raise EqlibError(
            f"there is no question called {name!r}",
            "a chapter and a number of a question in it that asks for a prediction",
            f"The nearest one is {near[0]!r}." if near else 'Such as "latent.2".',
        )
    letters, asked = QUESTIONS[name], f"Give the letter of a choice, {_spelled(QUESTIONS[name])}"
    if choice is ...:
        return Reply(name, "no answer", f"{asked}, in place of the dots.")
    letter = choice.strip().strip(".").lower() if isinstance(choice, str) else ""
    if len(letter) != 1 or letter not in letters:
        return Reply(name, "no answer", f"This is {short(choice)}, which is no choice. {asked}.")
    first = record.predicted(name, letter).choice
    if first != letter:
        words = f"Your prediction was {first}, and the first one stays."
        return Reply(name, "noted", words)
    return Reply(name, "noted", f"You predict {letter}. Open that choice for a word on it.")


def _spelled(letters: str) -> str:
    quoted = [f'"{letter}"' for letter in letters]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
