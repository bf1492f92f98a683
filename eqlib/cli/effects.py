"""`eqlib effects`: what is learned of effects that are no equalizers, for their chapter."""

from __future__ import annotations

import argparse

from eqlib.experiments import effects


def run(options: argparse.Namespace) -> int:
    """Fits and trains for the effects that are named, or for all."""
    effects.run(options.names)
    return 0
