"""`eqlib compare DIR`: the shipped networks beside the paper authors' published audio.

Chapter: "Results".
"""

from __future__ import annotations

import argparse
import sys

from eqlib.experiments import authors


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    sys.stdout.write(authors.as_text(authors.compare(options.folder)))
    return 0
