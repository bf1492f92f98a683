"""`eqlib sealed`: the scores on recordings that nothing was chosen on.

Chapter: "Results".
"""

from __future__ import annotations

import argparse
import sys

from eqlib.errors import EqlibError
from eqlib.experiments import sealed


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    if options.score:
        if options.names:
            cure = "Leave the names out."
            raise EqlibError("some targets only", "all, for a release is scored once", cure)
        sealed.score()
    if options.check:
        wrong = sealed.check(options.names)
        sys.stdout.write("\n".join(wrong or ["The same scores."]) + "\n")
        return 1 if wrong else 0
    for measure in sealed.MEASURES:
        told = sealed.table(*(options.names or sealed.targets()), measure=measure)
        sys.stdout.write(f"{told!r}\n\n")
    return 0
