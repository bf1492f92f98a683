"""What the absolute value folds down: the wobble of an envelope that should stand still.

The absolute value of a sine has a mean and harmonics at even multiples of its frequency f,

    |sin 2 pi f t| = 2 / pi (1 - sum over k >= 1 of 2 / (4 k^2 - 1) cos 4 pi k f t).

In samples, what lies above half the sample rate f_s is mirrored down: 2 f to |2 f - f_s|, 4 f to
|4 f - f_s|. Near f = f_s / 2 and f_s / 4 that is slow enough to pass the smoother.

Chapter: "The latent-space DNN".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from eqlib.equalizers.stage import taps_response
from eqlib.errors import check_integer, checked
from eqlib.model import EQNet


class Wobble(NamedTuple):
    """The strongest swing of an envelope.

    Attributes:
        depth: its amplitude, as a share of the envelope's mean.
        rate_hz: how often it swings.
    """

    depth: float
    rate_hz: int


@checked
def envelope_wobble(net: EQNet, *, frequency_hz: int, channel: int = 0) -> Wobble:
    """How much the smoothed envelope of a steady sine swings, before pooling and softplus.

    The sine stands for a channel of X1: it is rectified and smoothed as the network does it.

    Args:
        net: the network, whose rectifier and smoother count.
        frequency_hz: of the sine, a whole number below half the sample rate.
        channel: whose smoother.

    Raises:
        EqlibError: for a frequency or a channel that is not there.
    """
    rate, taps = net.config.sample_rate, net.config.local_kernel
    cure = "Give a whole number of Hz below half the sample rate."
    check_integer("frequency_hz", frequency_hz, at_least=1, cure=cure)
    check_integer(
        "frequency_hz left below half the rate",
        (rate - 1) // 2 - frequency_hz,
        at_least=0,
        cure=cure,
    )
    cure = f"The network has {net.config.filters}, from 0 on."
    check_integer("channel", channel, at_least=0, cure=cure)
    check_integer("channels after it", net.config.filters - 1 - channel, at_least=0, cure=cure)
    # One second, a whole number of periods: the lines are 1 Hz apart, and nothing leaks.
    sine = torch.sin(
        2 * torch.pi * frequency_hz * torch.arange(rate, dtype=torch.float64) / rate + 1
    )
    lines = np.fft.rfft(net.rectify(sine).numpy())
    smoother = net.conv_local.weight.detach().cpu().double().numpy()[channel]
    lines_hz = np.arange(len(lines), dtype=np.float64)
    smoothed = np.abs(lines * taps_response(smoother, np.arange(taps), lines_hz, sample_rate=rate))
    strongest = 1 + int(smoothed[1:].argmax())
    return Wobble(float(2 * smoothed[strongest] / smoothed[0]), strongest)
