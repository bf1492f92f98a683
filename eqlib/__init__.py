"""eqlib: end-to-end equalization with convolutional neural networks, to learn from and to use.

Example::

    import eqlib
    from eqlib import EQ, EQNet, data

    notes = data.load(instrument="piano", split="train")
    held_out = data.load(instrument="piano", split="validation")
    low_shelf = EQ.low_shelf(cutoff_hz=500, gain_db=10)

    net = EQNet()
    pairs, validation = eqlib.pair(notes, low_shelf), eqlib.pair(held_out, low_shelf)
    eqlib.pretrain(net, pairs, validation)  # a minute
    eqlib.train(net, pairs, validation)  # two minutes
    equalized = net.process(audio)

Figures are in `eqlib.plots`, players and other components in `eqlib.widgets`. Both are imported by
name, so that a program that needs neither starts quickly.
"""

import os

# Threads of OpenMP that wait spin, and on shared cores take the time of those that work. torch
# reads this once, as it is loaded: hence before all other imports.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from eqlib import starting

starting.quiet_interrupt()  # before torch, whose import takes most of the time

from eqlib import baselines, data, equalizers, frames, layers, metrics
from eqlib.checkpoints import load, save
from eqlib.config import EQNetConfig
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError
from eqlib.model import EQNet
from eqlib.networks.shipped import pretrained
from eqlib.training.history import History
from eqlib.training.loop import pretrain, train
from eqlib.training.recipe import PAPER, Recipe

__version__ = "0.1.0"
__all__ = [
    "EQ",
    "PAPER",
    "Clips",
    "EQNet",
    "EQNetConfig",
    "EqlibError",
    "History",
    "Pairs",
    "Recipe",
    "baselines",
    "data",
    "equalizers",
    "frames",
    "layers",
    "load",
    "metrics",
    "pair",
    "pretrain",
    "pretrained",
    "save",
    "train",
]
