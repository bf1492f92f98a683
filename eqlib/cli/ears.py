"""`eqlib ears`: outputs judged by four measures, and networks that learn levels; two chapters."""

from __future__ import annotations

import argparse

from eqlib.experiments import ears


def run(options: argparse.Namespace) -> int:
    """Judges and trains what is named, or all."""
    ears.run(options.names)
    return 0
