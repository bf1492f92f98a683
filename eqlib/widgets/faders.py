"""The faders of a trained network: mute, solo or drag any of them, and hear it.

    from eqlib.widgets.faders import Faders

    Faders(net, note)

The network runs in the page, channel by channel, so that each can be moved while the sound plays.
Its form without Python holds the whole network: small ones are meant.

Chapter: "What the network learned".
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import numpy as np

from eqlib import checkpoints
from eqlib.audio import Audio
from eqlib.data.clips import as_clips
from eqlib.errors import EqlibError, checked
from eqlib.model import EQNet
from eqlib.widgets.component import HOW_TO_USE, StateComponent
from eqlib.widgets.encoding import encode_lossless
from eqlib.widgets.linking import module, styles

LONGEST_S = 10.0
ERROR_RMS = 1e-4


class Faders(StateComponent):
    """A network whose faders can be moved by hand while a note plays.

    Args:
        net: an `EQNet` that unpools by repetition. Where its info names a target, the page compares
            with it.
        note: (samples,), within -1 and 1, up to 10 s, at the network's sample rate.

    Attributes:
        state: the network as a file, and the note, as addresses.

    Raises:
        EqlibError: for another network; for a note that is too long, too loud, silent or not mono.
    """

    _name = "faders"
    _esm = module("faders")
    _css = styles("opening", "faders")

    @checked
    def __init__(self, net: EQNet, note: Audio) -> None:
        if type(net) is not EQNet or net.config.unpooling != "repeat":
            raise EqlibError(
                f"net is a {type(net).__name__} that unpools by {net.config.unpooling!r}",
                "an EQNet that unpools by 'repeat'",
                "Give one whose config has unpooling='repeat', such as eqlib.pretrained(...).",
            )
        network, sound = addresses(net, note)
        super().__init__(
            state={"networks": {"the network": network}, "sound": sound, "name": "the note"}
        )

    def _words(self) -> str:
        return f"the faders of a trained network, to be moved by hand. {HOW_TO_USE}"


@checked
def addresses(net: EQNet, note: Audio) -> tuple[str, str]:
    """A network, and a note for it, as addresses that hold all of both.

    Args:
        net: any that can be saved.
        note: (samples,), within -1 and 1, up to 10 s, at the network's sample rate.

    Raises:
        EqlibError: for a note that is too long, too loud, silent or not mono.
    """
    rate = net.config.sample_rate
    (note,) = as_clips("note", {"the note": note}, sample_rate=rate)
    if len(note) > LONGEST_S * rate or np.abs(note).max() > 1:
        raise EqlibError(
            f"the note is {len(note) / rate:.1f} s long, its peak is {np.abs(note).max():.2f}",
            f"up to {LONGEST_S:.0f} s, and a peak of up to 1",
            "Cut out a part: note[:16_000]; or turn it down.",
        )
    with tempfile.TemporaryDirectory() as folder:
        network = checkpoints.save(net, Path(folder) / "network.safetensors").read_bytes()
    media_type, sound = encode_lossless(note, sample_rate=rate, error_rms=ERROR_RMS)
    return _address("application/octet-stream", network), _address(media_type, sound)


def _address(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
