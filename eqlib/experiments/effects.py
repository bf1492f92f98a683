"""Six effects that are no equalizers, and how far each method comes with them.

`run` fits or trains every method on every effect, from several seeds, and keeps what is finished in
`effects.json`, beside this file; `python -m eqlib effects` calls it. Networks are small (32
channels), and their trainings short, so that a chapter can repeat one of them.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import torch

from eqlib import checkpoints, metrics
from eqlib.audio import Process
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.baselines.long import long_fir
from eqlib.data.pairs import Pairs, pair
from eqlib.effects.compressor import Compressor
from eqlib.effects.modulation import AutoWah, Tremolo
from eqlib.effects.phaser import Phaser
from eqlib.effects.room import Room
from eqlib.effects.waveshaping import Waveshaper
from eqlib.errors import EqlibError
from eqlib.experiments import sets
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval
from eqlib.experiments.parts import Measure, Parts
from eqlib.experiments.plan import UNHEARD
    for method in [*FITTED, *NETWORKS]:
        tried = NETWORKS.get(method, ALL)
        of = (interval(name, method, measure) if name in tried else () for name in EFFECTS)
        texts = ([decimals(number, digits) for number in each] for each in of)
        cells = (f"{each[0]} [{each[1]}, {each[2]}]" if each else "-" for each in texts)
        rows.append((method, *cells))
    return Table(
        captions[measure] + " Below: an interval of 95 %.", ("method", *EFFECTS), tuple(rows)
    )
