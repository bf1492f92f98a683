"""What an exercise is, and where one is found by its name.

Chapters: all that have exercises.
"""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from eqlib.errors import EqlibError, checked

CHAPTERS = (
    "tour",
    "hearing",
    "phase",
    "frames",
    "front_end",
    "back_end",
    "stage_one",
    "latent",
    "stage_two",
    "fast",
    "families",
    "results",
    "learned",
    "when_not",
    "generalize",
    "effects",
    "style",
)
"""The chapters that have exercises, in the book's order."""


class Finding(NamedTuple):
    """What a judge found.

    Attributes:
        right: whether the answer is right.
        words: what to tell the learner, which is never the solution.
    """

    right: bool
    words: str


Judge: TypeAlias = Callable[[object], Finding | None]
"""Looks at an answer; None says that it cannot read an answer of this form."""


@checked
@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Args:
        title: as the chapter has it.
        level: how hard it is.
        prompt: what to do, in a sentence.
        takes: what forms of answer are read, to follow "Give".
        hints: a first and a second one.
        judge: what looks at an answer.
    """

    title: str
    level: Literal["easy", "medium", "hard"]
    prompt: str
    takes: str
    hints: tuple[str, str]
    judge: Judge


@functools.cache
def exercises() -> Mapping[str, Exercise]:
    """All exercises by name: "latent.2" is the second of the chapter book/latent.ipynb."""
    found: dict[str, Exercise] = {}
    for chapter in CHAPTERS:
        module = importlib.import_module(f"eqlib.exercises.chapters.{chapter}")
        found |= {f"{chapter}.{i}": each for i, each in enumerate(module.EXERCISES, 1)}
    return MappingProxyType(found)


@checked
def find(name: str) -> Exercise:
    """The exercise of a name.

    Raises:
        EqlibError: if there is none; the cure names the nearest one.
    """
    known = exercises()
    if name not in known:
        near = difflib.get_close_matches(name.strip().lower(), known, n=1, cutoff=0)
        raise EqlibError(
            f"there is no exercise called {name!r}",
            f"a chapter and a number, of the chapters {', '.join(CHAPTERS)}",
            f"The nearest one is {near[0]!r}." if near else 'Such as "latent.2".',
        )
    return known[name]
