"""`eqlib dynamic`: how close rivals come to an equalizer that listens, for its chapter."""

from __future__ import annotations

import argparse

from eqlib.experiments import dynamic


def run(options: argparse.Namespace) -> int:
    """Fits and trains the methods that are named, or all."""
    dynamic.run(options.names)
    return 0
