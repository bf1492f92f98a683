"""`eqlib generalize`: the networks outside their training, for the chapter on that."""

from __future__ import annotations

import argparse

from eqlib.experiments import every_type, generalize


def run(options: argparse.Namespace) -> int:
    """Measures and trains what is named, or all."""
    types = [name for name in options.names if name.startswith("every type")]
    others = [name for name in options.names if name not in types]
    if others or not types:
        generalize.run(others)
    if types or not others:
        every_type.run(types)
    return 0
