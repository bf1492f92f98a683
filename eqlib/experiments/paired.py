"""Tables of differences, paired by recording and seed: what a verdict in the text stands on.

Where two means have intervals that overlap, their difference may have one without a zero: the
recordings that are hard for the one are hard for the other. Two networks of the same seed share,
where their sizes are equal, their first weights and the order of their frames; otherwise the seed
is only a number, and which is paired with which does not matter to the mean.

Chapters: "Results", "What the network learned".
"""

from __future__ import annotations

from collections.abc import Mapping

from eqlib.errors import checked
from eqlib.experiments.comparisons import difference, lead, seeds_of
from eqlib.experiments.report import SETS
from eqlib.experiments.table import Table

CAPTION = (
    "Differences of SNR in dB, paired by recording and seed, with their interval of 95 % over "
    "pitches, loops, songs and, where there are several, seeds. Of one seed it knows nothing but "
    "the recordings, and three tell little of luck in training."
)


@checked
def differences(pairs: Mapping[str, tuple[str, str]]) -> Table:
    """By how much networks are ahead of others, on each set.

    Args:
        pairs: for the label of each row two experiments, of which the first is ahead where a
            number is positive.

    Raises:
        EqlibError: for a name that is not there.
    """
    rows = []
    for label, (name, other) in pairs.items():
        seeds = len(seeds_of(name).keys() & seeds_of(other).keys())
        cells = (difference(name, other, which).signed for which in SETS)
        rows.append((label, *cells, str(seeds)))
    return Table(CAPTION, ("difference", *SETS, "seeds"), tuple(rows))


@checked
def leads(*names: str, method: str) -> Table:
    """By how much the networks of targets are ahead of a fitted method, on each set.

    Args:
        names: of targets.
        method: one of their baselines, such as "least-squares FIR".

    Raises:
        EqlibError: for a name that is not there.
    """
    rows = [
        (name, *(lead(name, method, which).signed for which in SETS), str(len(seeds_of(name))))
        for name in names
    ]
    return Table(f"{CAPTION} Network less {method}.", ("target", *SETS, "seeds"), tuple(rows))
