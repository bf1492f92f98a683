"""The sounds that chapters store, against what their text says of them."""

from __future__ import annotations

import base64
import html
import io
import itertools
import re
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
import soundfile as sf

from eqlib.metrics import snr_db
from eqlib.widgets.player import LOSSLESS_ABOVE_DB
from support import ROOT, each_chapter, outputs

FIGURE = re.compile(
    r'<strong>(?P<name>.*?)</strong>, (?P<change>.*?)</figcaption>.*?src="data:(?P<kind>.*?);'
    r'base64,(?P<file>[^"]+)"',
    re.DOTALL,
)


class Claim(NamedTuple):
    """What a chapter prints about two sounds of a player: an SNR."""

    chapter: str
    pair: tuple[str, str]
    said: str
    player: int = 0  # of those of the chapter that have such a pair


CLAIMS = (
    Claim("back_end", ("input", "least squares"), r"least squares: +(\S+) dB"),
    Claim("back_end", ("target", "output, unreversed"), r"unreversed +(\S+) dB on this note"),
    Claim("families", ("target", "output"), r"^low shelf .* (\S+)$"),
    Claim("families", ("target", "output"), r"^peak .* (\S+)$", 1),
    Claim("families", ("target", "output"), r"^lowpass .* (\S+)$", 2),
    Claim("families", ("target", "output"), r"^highpass .* (\S+)$", 3),
    Claim("fast", ("target", "output"), r"the difference is (\d+) dB below"),
    Claim("learned", ("target", "network"), r"network +(\S+) dB\nreversed"),
    Claim("tour", ("target", "output"), r"SNR of this note: (\S+) dB\nlargest error"),
    Claim("tour", ("target", "output"), r": (\S+) dB on the unseen note", 1),
    Claim("when_not", ("target", "network"), r"^SNR (\S+) dB$", 1),
)


def read(chapter):
    """What a chapter printed, and its players: name -> (media type, samples at their own level)."""
    notebook = nbformat.read(ROOT / "book" / f"{chapter}.ipynb", 4)
    shown = [each for cell in notebook.cells for each in outputs(cell)]
    printed = "\n".join(text for kind, text in shown if kind == "stream/stdout")
    players = []
    for kind, text in shown:
        if kind == "text/html" and "eq-player" in text:
            tracks = {}
            for found in FIGURE.finditer(text):
                audio, _ = sf.read(io.BytesIO(base64.b64decode(found["file"])))
                down = re.search(r"turned down by ([\d.]+) dB", found["change"])
                level = 10 ** (float(down[1]) / 20) if down else 1
                tracks[html.unescape(found["name"])] = (found["kind"], audio * level)
            players.append(tracks)
    return printed, players


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: f"{c.chapter}-{c.said[:16]}")
def test_a_players_sounds_differ_by_what_is_printed(claim):
    printed, players = read(claim.chapter)
    with_pair = [tracks for tracks in players if tracks.keys() >= set(claim.pair)]
    (_, a), (_, b) = (with_pair[claim.player][name] for name in claim.pair)
    (said,) = re.findall(claim.said, printed, re.MULTILINE)
    digit = 0.05 if "." in said else 0.5
    assert float(snr_db(a, b)) == pytest.approx(float(said), abs=0.25 + digit)


@each_chapter
def test_what_is_nearly_alike_is_stored_without_loss(chapter):
    for tracks in read(chapter.stem)[1]:
        for (name, (kind, a)), (other, (as_well, b)) in itertools.combinations(tracks.items(), 2):
            if len(a) == len(b) and not np.array_equal(a, b) and snr_db(a, b) > LOSSLESS_ABOVE_DB:
                assert (kind, as_well) == ("audio/flac", "audio/flac"), (name, other)
