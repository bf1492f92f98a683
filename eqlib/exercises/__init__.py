"""Exercises that answer: `predict`, `check` an answer, ask for a `hint`, hand in a `report`."""

from eqlib.exercises.answering import check, hint
from eqlib.exercises.handing_in import report
from eqlib.exercises.predictions import predict
from eqlib.exercises.record import keep

__all__ = ["check", "hint", "keep", "predict", "report"]
