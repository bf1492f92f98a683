"""Inside the network: one note on its way through it, with a cursor that moves along time.

    from eqlib.widgets.inside import Inside

    Inside(eqlib.pretrained("low-shelf"), note)

Waveform, filter bank, envelopes and faders of the whole note are small pictures, a few thousand
bytes each; the filters come along as 8-bit numbers, so that a page can play the band of each.

Chapters: "The adaptive front-end", "What the network learned".
"""

from __future__ import annotations

import base64
import io
from typing import TypedDict

import numpy as np
from PIL import Image

from eqlib.analysis.channels import center_frequencies_hz, windowed_frames
from eqlib.audio import Audio, check_audio, db
from eqlib.data.clips import as_clips
from eqlib.errors import EqlibError, checked
from eqlib.model import EQNet
from eqlib.widgets.component import HOW_TO_USE, StateComponent
from eqlib.widgets.encoding import addresses
from eqlib.widgets.linking import module, styles

LONGEST_S = 2.0
COLUMNS = 240  # of a picture, at most
FLOOR_DB = -60.0  # black, below each picture's maximum
SIGNALS = ("X1", "X2", "Z", "Z_hat", "X1_hat")
IN_DB = ("X1", "Z_hat", "X1_hat")  # envelopes lie too close together for decibels


class Picture(TypedDict):
    """A gray image as a data URI, and the values that black and white stand for."""

    png: str
    low: float
    high: float


class Inside(StateComponent):
    """Every signal of the paper's table for a note, from moment to moment.

    Channels are sorted by the center frequency of their filters. Where frames overlap, the middle
    of each is shown, where its window is open; its opening and closing remains to be seen.

    Args:
        net: the network; its hop is half a frame.
        note: (samples,), up to 2 s, at the network's sample rate, numpy or torch.

    Attributes:
        state: what is shown: sizes, center frequencies, pictures, filters and the note.

    Raises:
        EqlibError: for a note that is too long, silent, not mono or not finite; for a network of
            another hop.
    """

    _name = "inside"
    _esm = module("inside")
    _css = styles("inside")

    @checked
    def __init__(self, net: EQNet, note: Audio) -> None:
        config = net.config
        (note,) = as_clips("note", {"the note": note}, sample_rate=config.sample_rate)
        if len(note) > LONGEST_S * config.sample_rate:
            raise EqlibError(
                f"the note is {len(note) / config.sample_rate:.1f} s long",
                f"up to {LONGEST_S:.0f} s",
                "Cut out a part: note[:16_000].",
            )
        if config.hop * 2 != config.frame:
            raise EqlibError(
                f"hop is {config.hop} for a frame of {config.frame}",
                "half a frame, so that the middles of the frames make up the note",
                "Use a network with the default hop.",
            )
        order = np.argsort(center_frequencies_hz(net), kind="stable")
        signals = along(net, note)
        (sound,) = addresses({"note": note}, sample_rate=config.sample_rate).values()
        bank = net.conv.weight.detach().cpu().numpy()[order]
        peak = np.abs(bank).max()
        state = {
            "sample_rate": config.sample_rate,
            "seconds": len(note) / config.sample_rate,
            "filters": config.filters,
            "centers_hz": [round(hz) for hz in center_frequencies_hz(net)[order].tolist()],
            "pictures": {n: _picture(signals[n][order], in_db=n in IN_DB) for n in SIGNALS},
            "kernel": config.kernel,
            "taps": _encoded(np.round(bank / peak * 127).astype(np.int8).tobytes()),
            "taps_scale": float(peak) / 127,
            "sound": sound,
        }
        super().__init__(state=state)

    def _words(self) -> str:
        seconds, count = self.state["seconds"], self.state["filters"]
        return f"{seconds:.1f} s of a note inside a network of {count} filters. {HOW_TO_USE}"


@checked
def along(net: EQNet, note: np.ndarray) -> dict[str, np.ndarray]:
    """Each signal's size over the whole note, as (channels, columns).

    X1, X2 and X1_hat are shown by their largest magnitude within a column, Z and Z_hat by their
    mean.

    Args:
        net: the network.
        note: (samples,).
    """
    config = net.config
    check_audio("the note", note, min_samples=config.pool // 2 + 1)  # a column of the faders
    found = net.intermediates(windowed_frames(net, note))._asdict()
    seconds, columns = len(note) / config.sample_rate, {}
    for name in SIGNALS:
        signal = found[name].float().cpu().numpy()
        width = signal.shape[-1]
        middle = signal[..., width // 4 : width - width // 4]  # one hop of each frame
        # Frame k begins (k - 1) hops into the note; its middle, half a hop later.
        joined = np.concatenate(list(middle), axis=-1)
        rate = middle.shape[-1] * config.sample_rate / config.hop
        joined = joined[:, round(rate * config.hop / 2 / config.sample_rate) :]
        joined = joined[:, : round(rate * seconds)]
        size = -(-joined.shape[-1] // COLUMNS)
        joined = np.pad(joined, ((0, 0), (0, -joined.shape[-1] % size)), mode="edge")
        blocks = joined.reshape(len(joined), -1, size)
        columns[name] = blocks.mean(-1) if name.startswith("Z") else np.abs(blocks).max(-1)
    return columns


def _picture(values: np.ndarray, *, in_db: bool) -> Picture:
    """Values as a gray image with a row for each channel, low ones below.

    From gray 0 to 255: decibels from FLOOR_DB below the maximum up to it; or, for values that lie
    close together, the values themselves but for one in a hundred at each end.
    """
    if in_db:
        values = db(values)
        high = float(values.max())
        low = high + FLOOR_DB
    else:
        low, high = map(float, np.percentile(values, (1, 99)))
    gray = np.round(255 * np.clip((values - low) / ((high - low) or 1.0), 0, 1)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(gray[::-1]).save(file, "PNG", optimize=True)
    return {
        "png": "data:image/png;base64," + _encoded(file.getvalue()),
        "low": float(f"{low:.5g}"),
        "high": float(f"{high:.5g}"),
    }


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
