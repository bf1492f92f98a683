"""Sounds in the page: one labeled player for each signal, all of one loudness.

The louder of two sounds seems the better one, whatever was done to it. Signals that are to be
compared are therefore turned down to the loudness of the softest, and the page says by how much.

    from eqlib.widgets.player import player

    player({"input": dry, "target": wet, "output": net.process(dry)}, sample_rate=16_000)

The audio is inside the page, as MP3 of variable bit rate: every browser plays it, and 2 s at
16 kHz take 7 to 12 KB, a fifth of WAV. Its coding error lies 47 to 50 dB below a piano, 25 dB
below a violin, and only about 10 dB below a drum, whose noise hides it from the ear but not from
a meter. Where two signals differ by less than that, it would be the coder that one hears between
them: signals with an SNR above 35 dB to another one of the player come as FLAC, rounded 20 dB
below what they differ by.

Source of the loudness measure: Recommendation ITU-R BS.1770-5, annex 1. Chapter: the tour,
book/tour.ipynb.
"""

from __future__ import annotations

import base64
import html
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import traitlets

from eqlib.audio import Audio, db
from eqlib.data.clips import as_clips
from eqlib.errors import checked
from eqlib.metrics import loudness
from eqlib.widgets.component import Component, on_colab
from eqlib.widgets.encoding import encode, encode_lossless
from eqlib.widgets.linking import module, styles

LOSSLESS_ABOVE_DB = 35.0  # of SNR between two signals
ROUNDING_DB = -20.0  # of both signals together, below what they differ by
PEAK_LIMIT_DBFS = -1.0  # leaves room for the overshoot of the coder and of the sound card


@dataclass(frozen=True)
class Track:
    """One sound of a player.

    Attributes:
        name: what it is.
        gain_db: by how much it was changed, in dB: 0 or less, a multiple of 0.1.
        media_type: of the encoded sound, such as "audio/mpeg".
        encoded: the sound as a file.
    """

    name: str
    gain_db: float
    media_type: str
    encoded: bytes

    @property
    def change(self) -> str:
        """The gain in words."""
        return f"turned down by {-self.gain_db:.1f} dB" if self.gain_db else "at its own level"

    @property
    def address(self) -> str:
        """The sound as a data URI."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.encoded).decode()}"


def _for_the_page(tracks: tuple[Track, ...], _widget: object) -> list[dict[str, object]]:
    names = ("name", "gain_db", "change", "address")
    return [{name: getattr(track, name) for name in names} for track in tracks]


class Player(Component):
    """What `player` makes; as the last line of a cell it shows itself.

    Where there are widgets, all sounds run on one clock: switching without a gap, spectrum, blind
    test. Elsewhere each has the browser's own player.

    Attributes:
        tracks: its sounds (`Track`), in order.
        title: a heading, or None.
        sample_rate: of its sounds, in Hz.
    """

    _name = "player"
    _esm = module("player")
    _css = styles("player")
    tracks = traitlets.Tuple().tag(sync=True, to_json=_for_the_page)
    title = traitlets.Unicode(allow_none=True).tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)

    def _ipython_display_(self) -> None:
        if not on_colab():
            super()._ipython_display_()
            return
        from IPython.display import display

        display(self._forms(), raw=True)  # widgets come from elsewhere there, and not always

    def _words(self) -> str:
        return ", ".join(f"{track.name}: {track.change}" for track in self.tracks)

    def _repr_html_(self) -> str:
        figures = "\n".join(_figure(track, self.sample_rate) for track in self.tracks)
        if self.title is None:
            return figures
        title = html.escape(self.title)
        heading = f'<p style="margin:.5rem 0"><strong>{title}</strong></p>'
        return f'<div role="group" aria-label="{title}">\n{heading}\n{figures}\n</div>'


@checked
def player(
    signals: Mapping[str, Audio],
    *,
    sample_rate: int,
    title: str | None = None,
    match_loudness: bool = True,
) -> Player:
    """Players for some signals, to compare by ear.

    Args:
        signals: name -> (samples,), floating point, numpy or torch; the lengths may differ.
        sample_rate: of all of them, in Hz.
        title: a heading above the players.
        match_loudness: turns every signal down to the loudness of the softest. Without it, all
            keep their levels to each other.

    Returns:
        An object that a notebook shows as a live comparison player, or as plain HTML where it
        has no widgets. Where the loudest peak would exceed -1 dBFS, all signals are turned down
        alike, so that nothing clips. The gains are multiples of 0.1 dB, and the captions state
        them.

    Raises:
        EqlibError: for no signal at all; for a sample rate below 4000 Hz; and, naming the signal,
            for one that is not mono, or is empty, integer, NaN, infinite or silent.
    """
    clips = as_clips("signals", signals, sample_rate=sample_rate)
    gains_db = np.zeros(len(clips))
    if match_loudness:
        levels = np.array([loudness(clip, sample_rate=sample_rate) for clip in clips])
        gains_db = np.round(levels.min() - levels, 1)
    peaks_dbfs = db(np.array([np.abs(clip).max() for clip in clips])) + gains_db
    over_db = max(0.0, peaks_dbfs.max() - PEAK_LIMIT_DBFS)
    gains_db = np.round(gains_db - math.ceil(10 * over_db) / 10, 1) + 0.0  # no -0.0

    tracks = []
    kept = closest(list(clips))
    for name, clip, gain_db, error in zip(clips.names, clips, gains_db.tolist(), kept, strict=True):
        gain = 10 ** (gain_db / 20)
        if error is None:
            encoded = encode(clip * gain, sample_rate=sample_rate)
        else:
            allowed = error * gain * 10 ** (ROUNDING_DB / 20) / math.sqrt(2)
            encoded = encode_lossless(clip * gain, sample_rate=sample_rate, error_rms=allowed)
        tracks.append(Track(name, gain_db, *encoded))
    return Player(tracks=tuple(tracks), title=title, sample_rate=sample_rate)


@checked
def closest(signals: Sequence[np.ndarray]) -> list[float | None]:
    """By how much each signal differs from the one that is most like it, where that is little.

    Args:
        signals: (samples,) each; the shorter ones end in silence.

    Returns:
        For each the RMS value of that difference, or None where no other signal has an SNR above
        35 dB to it. Equal ones do not count: their coding is equal too.
    """
    found: list[float | None] = [None] * len(signals)
    length = max(map(len, signals), default=0)
    padded = [np.pad(np.asarray(x, np.float64), (0, length - len(x))) for x in signals]
    for i, j in itertools.combinations(range(len(signals)), 2):
        error = float(np.sqrt(np.mean((padded[i] - padded[j]) ** 2)))
        level = float(np.sqrt(np.mean(padded[i] ** 2)))
        if 0 < error < level * 10 ** (-LOSSLESS_ABOVE_DB / 20):
            for k in (i, j):
                found[k] = min(found[k] or error, error)
    return found


def _figure(track: Track, sample_rate: int) -> str:
    name = html.escape(track.name)
    # The styles are for pages without the book's style sheet: caption beside the controls, or
    # above them on a narrow screen.
    return f"""\
<figure class="eq-player" data-sample-rate="{sample_rate}" role="group" aria-label="{name}" \
style="display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1rem;margin:.5rem 0">
<figcaption style="flex:1 1 12rem"><strong>{name}</strong>, {track.change}</figcaption>
<audio controls preload="metadata" aria-label="{name}, {track.change}" \
style="flex:1 1 18rem;min-width:0;max-width:100%" src="{track.address}">
To hear this sound, open the notebook in Jupyter or Colab, or the book's page.
</audio>
</figure>"""
