"""The smallest training there is: ten steps of a tiny network, for tests of what surrounds them."""

from __future__ import annotations

import numpy as np

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, Recipe
from eqlib.data.clips import Clips

TINY = EQNetConfig(frame=64, hop=32, filters=2, kernel=8, local_kernel=8, pool=16)


def noise():
    """Three clips of noise, and the same through a highpass."""
    clips = np.random.default_rng(0).uniform(-0.5, 0.5, (3, 2000)).astype(np.float32)
    return eqlib.pair(
        Clips.from_arrays(list(clips), sample_rate=16_000), EQ.highpass(cutoff_hz=300)
    )


def training(folder=None, **options):
    """The network and its history."""
    net, pairs = EQNet(TINY), noise()
    options = {"steps": 10, "recipe": Recipe(validate_every=5), "progress": False} | options
    return net, eqlib.train(net, pairs, pairs, folder=folder, **options)
