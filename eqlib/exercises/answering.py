"""Looking at a learner's answer, and giving hints.

Chapters: all that have exercises.
"""

from __future__ import annotations

import warnings

import numpy as np

from eqlib.errors import checked
from eqlib.exercises import record
from eqlib.exercises.looking import work_of
from eqlib.exercises.registry import Finding, Judge, find
from eqlib.exercises.reply import Reply
from eqlib.hints import short


@checked
def check(name: str, answer: object) -> Reply:
    """Says whether an answer to an exercise is right, and if not, what is off.

    Nothing is run but what is given: an answer that is a function or a network is applied to
    sounds of the package. What it makes, as a curve and a sound, is noted for `report`. Nothing
    leaves the machine.

    Args:
        name: of the exercise: "latent.2" is the second one of book/latent.ipynb.
        answer: in any form that the exercise takes; its text names them. `...` asks for the task.

    Returns:
        A reply that shows itself, and that is true if the answer is right.

    Raises:
        EqlibError: if there is no exercise of this name. No answer raises anything.
    """
    exercise = find(name)
    if _is_blank(answer):
        words = f"{exercise.prompt} Give {exercise.takes}, in place of the dots."
        return Reply(name, "no answer", words)
    finding = _judged(exercise.judge, answer)
    if finding is None:
        words = f"This is {short(answer)}, which cannot be read here. Give {exercise.takes}."
        finding = Finding(False, words)
    record.attempted(name, work_of(name, answer, finding, at=record.now()))
    return Reply(name, "right" if finding.right else "not yet", finding.words)


@checked
def hint(name: str) -> Reply:
    """A first hint for an exercise, and a second one when asked again.

    Args:
        name: of the exercise.

    Raises:
        EqlibError: if there is no exercise of this name.
    """
    exercise = find(name)
    asked = record.hinted(name)
    if asked <= len(exercise.hints):
        return Reply(name, "hint", f"{asked} of {len(exercise.hints)}. {exercise.hints[asked - 1]}")
    words = " ".join(exercise.hints)
    return Reply(name, "hint", f"These were all: {words} The chapter's solution is in its box.")


def _is_blank(answer: object) -> bool:
    if isinstance(answer, list | tuple):
        return any(each is ... for each in answer)
    return answer is ... or (isinstance(answer, dict) and any(v is ... for v in answer.values()))


def _judged(judge: Judge, answer: object) -> Finding | None:
    # Whatever a learner's function does, the learner is told and goes on.
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return judge(answer)
    except Exception as error:
        words = f"Your answer could not be used. It ended in {type(error).__name__}: {error}"
        return Finding(False, words[:400])
