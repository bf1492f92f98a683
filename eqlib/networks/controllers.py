"""What moves the faders of a network with a controller, and what it hears of a whole clip.

Chapters: "Does it generalize?", "Much more complex effects", "The style of an engineer".
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from eqlib.data.bands import BANDS_HZ as BANDS_HZ
from eqlib.data.bands import band_energies
from eqlib.errors import EqlibError, checked
from eqlib.layers import glorot_uniform_

Kind = Literal["setting", "spectrum", "history", "peaks"]
KINDS: tuple[Kind, ...] = get_args(Kind)

QUIET = 1e-9
"""Mean energy, -90 dBFS, that is added to all others, so that silence has a level."""


class Controller(nn.Sequential):
    """Two hidden layers with ReLU, and a last one that begins at zero.

    Args:
        inputs: numbers that it hears.
        first: units of the first hidden layer.
        second: of the second.
        outputs: logarithms of factors, one for each channel.

    Shapes:
        input (..., inputs), output (..., outputs).
    """

    @checked
    def __init__(self, inputs: int, first: int, second: int, outputs: int) -> None:
        layers = (nn.Linear(inputs, first), nn.Linear(first, second), nn.Linear(second, outputs))
        for layer in layers:
            glorot_uniform_(layer.weight, fan_in=layer.in_features, fan_out=layer.out_features)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(layers[-1].weight)
        super().__init__(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def levels(energy: Tensor) -> Tensor:
    """Mean energies as numbers about 0: dB above -30 dBFS, divided by 20."""
    return (10 * (energy + QUIET).log10() + 30) / 20


@checked
def band_levels(audio: Tensor, *, sample_rate: int) -> Tensor:
    """The third-octave levels of a whole clip, which a "spectrum" controller hears.

    Args:
        audio: (samples,).
        sample_rate: in Hz, above 12 kHz.

    Returns:
        (21,) in the audio's dtype, as `levels` scales them.

    Raises:
        EqlibError: for audio that is not (samples,), or a lower sample rate.
    """
    if audio.ndim != 1 or not len(audio):
        raise EqlibError(f"audio has shape {tuple(audio.shape)}", "(samples,)", "Give one clip.")
    energies = band_energies(audio.detach().cpu().double().numpy(), sample_rate=sample_rate)
    return levels(torch.from_numpy(energies)).to(audio)
