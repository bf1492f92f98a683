"""One network for every setting of a peak: its numbers, and the network's sizes.

    net = ConditionedEQNet(PEAK)
    boosted = net.process(audio, setting=peak_setting(cutoff_hz=800, gain_db=6, q=1))

Cutoffs, gains and widths are told to the controller on the scales of the ear, octaves and decibels,
and the cutoff once more by waves over its range: a small network of ReLUs bends slowly, and what a
filter does to one channel rises and falls within an octave.

Source of the waves: M. Tancik et al., "Fourier Features Let Networks Learn High Frequency Functions
in Low Dimensional Domains", NeurIPS 2020. Chapter: "Does it generalize?".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from eqlib.errors import EqlibError, check_number, checked
from eqlib.networks.conditioned import ConditionedConfig

CUTOFF_HZ = (200.0, 4_000.0)
GAIN_DB = (-12.0, 12.0)
Q = (0.5, 2.0)
"""The range of each knob, from end to end."""
WAVES = 4
NUMBERS = 3 + 2 * WAVES
PEAK = ConditionedConfig(
    filters=32, controller="setting", settings=NUMBERS, hidden=128, change=True
)
"""The sizes of the network for every peak."""


@checked
def peak_numbers(cutoff_hz: Tensor, gain_db: Tensor, q: Tensor) -> Tensor:
    """Settings as the controller hears them; the first number is the gain, which scales the change.

    Args:
        cutoff_hz: (...).
        gain_db: (...).
        q: (...).

    Returns:
        (..., 11), each between -1 and 1 within the knobs' ranges.
    """
    low, high = CUTOFF_HZ
    place = (cutoff_hz / low).log() / math.log(high / low)
    turns = [math.pi * k * place for k in range(1, WAVES + 1)]
    waves = [wave for turn in turns for wave in (turn.sin(), turn.cos())]
    return torch.stack((gain_db / GAIN_DB[1], 2 * place - 1, q.log2(), *waves), -1)


@checked
def peak_setting(*, cutoff_hz: float, gain_db: float, q: float) -> Tensor:
    """One setting for ``net.process(audio, setting=...)``: (11,).

    Args:
        cutoff_hz: 200 to 4,000 Hz.
        gain_db: -12 to 12 dB.
        q: 0.5 to 2.

    Raises:
        EqlibError: for a setting outside of what the network has learned.
    """
    values = {"cutoff_hz": cutoff_hz, "gain_db": gain_db, "q": q}
    for (name, value), (low, high) in zip(values.items(), (CUTOFF_HZ, GAIN_DB, Q), strict=True):
        cure = f"Give {name} from {low:g} to {high:g}: nothing else was learned."
        if not low <= check_number(name, value, cure=cure) <= high:
            raise EqlibError(f"{name} is {value!r}", f"{low:g} to {high:g}", cure)
    return peak_numbers(*(torch.tensor(float(v)) for v in values.values()))
