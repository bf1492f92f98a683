"""`eqlib claims`: what the book claims, or one claim computed anew.

Chapter: "What we claim, and how to check it".
"""

from __future__ import annotations

import argparse
import sys

from eqlib.experiments import claims


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    told = claims.check(options.name) if options.name else repr(claims.table())
    sys.stdout.write(f"{told}\n")
    return 0
