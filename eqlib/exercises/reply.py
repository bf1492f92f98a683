"""What `check`, `hint` and `predict` return: a few words that show themselves.

Chapters: all that have exercises.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

from eqlib.errors import checked

State = Literal["right", "not yet", "no answer", "hint", "noted"]

# Text carries the meaning; the colors stand at an edge, so that both themes of a notebook do.
_COLORS = {"right": "#2e8b57", "not yet": "#c77700"}
_COLOR = "#4a7fb5"  # of all that judges nothing
_HEADS = {
    "right": "✓ Right.",
    "not yet": "Not yet.",
    "no answer": "No answer yet.",
    "hint": "Hint.",
    "noted": "Noted.",
}


@checked
@dataclass(frozen=True, repr=False)
class Reply:
    """A reply to a learner; it is true if it says that an answer is right.

    Args:
        name: of the exercise or question, such as "latent.2".
        state: what kind of reply it is.
        words: what to tell, in plain text.
    """

    name: str
    state: State
    words: str

    def __bool__(self) -> bool:
        return self.state == "right"

    def __str__(self) -> str:
        return f"{self.name}: {_HEADS[self.state]} {self.words}".strip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        edge = f"border-left:.3em solid {_COLORS.get(self.state, _COLOR)};padding:.3em .8em"
        head = f"<strong>{html.escape(f'{self.name}: {_HEADS[self.state]}')}</strong>"
        return f'<div role="status" style="{edge}">{head} {html.escape(self.words)}</div>'
