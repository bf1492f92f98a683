"""`eqlib style`: what is learned of an engineer's habit, for the chapter on it."""

from __future__ import annotations

import argparse

from eqlib.experiments import style


def run(options: argparse.Namespace) -> int:
    """Fits and trains the methods that are named, or all."""
    style.run(options.names)
    return 0
