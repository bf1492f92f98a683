"""What the book claims: each claim with its number, its interval, and how to compute it again.

    python -m eqlib claims                    # all of them, from the results file
    python -m eqlib claims low-shelf-notes    # one, computed anew

Chapter: "What we claim, and how to check it".
"""

from __future__ import annotations

from eqlib.errors import EqlibError, checked
from eqlib.experiments.claimed import claims
from eqlib.experiments.intervals import Interval
from eqlib.experiments.sealed import EXACT_DB
from eqlib.experiments.table import Table, decimals

INEXACT_DB = 0.1
"""What may differ from machine to machine by rounding; above `EXACT_DB` rounding decides alone."""


@checked
def in_words(number: float, unit: str) -> str:
    """A number as the page has it: one decimal, and its unit."""
    return f"{decimals(number)} {unit}"


def table() -> Table:
    """All claims, each with its number, its interval and its command."""
    rows = []
    for name, claim in claims().items():
        number = claim.number()
        if isinstance(number, Interval):
            mean, interval = number.mean, f"{decimals(number.low)} to {decimals(number.high)}"
        else:
            mean, interval = number, "-"
        cells = (in_words(mean, claim.unit), interval, claim.chapter, claim.command(name))
        rows.append((claim.says, *cells))
    return Table(
        "What the book claims: the number, its interval of 95 % over pitches, loops, songs and "
        "seeds where it is a mean of such, the chapter, and the command that computes it anew.",
        ("claim", "number", "interval", "chapter", "command"),
        tuple(rows),
    )


@checked
def check(name: str) -> str:
    """Computes a claim anew, and says whether it holds.

    Args:
        name: of the claim.

    Returns:
        A line for the terminal.

    Raises:
        EqlibError: for a name that is not there, or a claim that takes training.
    """
    known = claims()
    if name not in known:
        raise EqlibError(f"there is no claim {name!r}", f"one of {', '.join(known)}", "Choose one.")
    claim = known[name]
    if not claim.again:
        cure = f"Move its results away, and train: {claim.command(name)}."
        raise EqlibError(f"{name} takes training", "a claim that can be computed", cure)
    said, found = claim.number(), claim.again()
    mean = said.mean if isinstance(said, Interval) else said
    to_meet = claim.to_meet() if claim.to_meet else mean
    holds = abs(found - to_meet) <= INEXACT_DB or min(found, to_meet) > EXACT_DB
    verdict = "holds" if holds else "does NOT hold"
    said_db = str(said) if isinstance(said, Interval) else f"{said:.1f}"
    alone = f" ({to_meet:.1f} by the training that ships)" if claim.to_meet else ""
    return f"{claim.says}: said {said_db}{alone}, found {found:.1f} {claim.unit}: it {verdict}"
