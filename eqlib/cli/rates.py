"""`eqlib rates`: networks at 44.1 and 48 kHz beside 16 kHz, for their chapter."""

from __future__ import annotations

import argparse

from eqlib.experiments import rates


def run(options: argparse.Namespace) -> int:
    """Fits and trains what is named, or all."""
    rates.run(options.names)
    return 0
