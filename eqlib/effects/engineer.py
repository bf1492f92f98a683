"""A simulated engineer: an equalizer that is set anew for each recording, always by one taste.

A person at a desk does not set the same equalizer for everything. What is dark is made brighter,
what booms is thinned, what sounds like a box is hollowed out. Here is a rule of that kind, as a
stand-in for the habit of a person. It is no model of any engineer, and its numbers are our choice;
what it has in common with one is that the setting depends on the recording, in a consistent way
that nobody writes down.

Of the recording's energy in third octaves (`eqlib.data.bands`) it looks at three shares:

==============  ==========================  ====================================================
share of        the stage                   what it does
==============  ==========================  ====================================================
2 to 5 kHz      high shelf at `shelf_hz`    makes dark sounds brighter and bright ones duller
up to 160 Hz    low cut, 12 dB an octave    the more there is, the higher it cuts
0.7 to 1.4 kHz  dip at `dip_hz`             the more there is, the deeper
==============  ==========================  ====================================================

How loud the recording is does not matter.

Chapter: "The style of an engineer".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eqlib.audio import check_mono, to_array
from eqlib.data.bands import BANDS_HZ, band_energies
from eqlib.effects.rows import check_positive, each_row
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_number, checked

LOWS_HZ, MIDDLE_HZ, HIGHS_HZ = (45.0, 180.0), (700.0, 1_400.0), (1_800.0, 5_800.0)
"""Where the three shares are measured: bands whose centers lie between."""
RANGE_DB = 12.0
"""How far a share has to be from the taste until a gain is three quarters of its utmost."""


@checked
@dataclass(frozen=True)
class Engineer:
    """A taste: one rule that sets a high shelf, a low cut and a dip for each recording.

    Attributes:
        wanted_highs_db: the share of the highs, relative to all bands, that is left as it is.
        shelf_hz: cutoff of the high shelf.
        most_shelf_db: its gain at the utmost, up and down.
        lowest_cut_hz: cutoff of the low cut for a recording without lows.
        highest_cut_hz: for one that has nothing else.
        wanted_middle_db: the share of the middle at which the dip is half as deep as it gets.
        dip_hz: center of the dip, with a q of 1.
        most_dip_db: its depth at the utmost.
        sample_rate: in Hz.

    Raises:
        EqlibError: for frequencies that are not positive, negative depths, or a lowest cut above
            the highest.
    """

    wanted_highs_db: float = -18.0
    shelf_hz: float = 3_000.0
    most_shelf_db: float = 6.0
    lowest_cut_hz: float = 20.0
    highest_cut_hz: float = 80.0
    wanted_middle_db: float = -10.0
    dip_hz: float = 1_000.0
    most_dip_db: float = 6.0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        for name in ("wanted_highs_db", "wanted_middle_db"):
            check_number(name, getattr(self, name), cure="Give the share in dB: -18.")
        for name in ("most_shelf_db", "most_dip_db"):
            cure = "Give the dB without a sign: 6."
            check_number(name, getattr(self, name), above=-1e-12, below=60, cure=cure)
        for name in ("shelf_hz", "lowest_cut_hz", "highest_cut_hz", "dip_hz"):
            check_positive(name, getattr(self, name), "Hz")
        check_integer("sample_rate", self.sample_rate, at_least=12_000, cure="Use 16_000.")
        if self.lowest_cut_hz > self.highest_cut_hz:
            given = f"lowest_cut_hz is {self.lowest_cut_hz:g}"
            expected = f"at most highest_cut_hz, {self.highest_cut_hz:g}"
            raise EqlibError(given, expected, "Exchange the two.")

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape; every row is a recording of its own.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        return each_row(audio, lambda row: self.equalizer(row)(row))

    @checked
    def equalizer(self, audio: np.ndarray) -> EQ:
        """The equalizer that it sets for a recording: (samples,) -> three stages.

        Raises:
            EqlibError: for audio that is not mono, or not finite floating point.
        """
        samples = to_array("audio", audio)
        check_mono("audio", samples)
        energy = band_energies(samples, sample_rate=self.sample_rate)
        lows, middle, highs = (_share(energy, of) for of in (LOWS_HZ, MIDDLE_HZ, HIGHS_HZ))
        missing_db = self.wanted_highs_db - _db(highs)
        shelf_db = self.most_shelf_db * math.tanh(missing_db / RANGE_DB)
        too_much_db = _db(middle) - self.wanted_middle_db
        dip_db = -self.most_dip_db * (1 + math.tanh(too_much_db / RANGE_DB)) / 2
        cut_hz = self.lowest_cut_hz * (self.highest_cut_hz / self.lowest_cut_hz) ** lows
        rate = self.sample_rate
        return (
            EQ.high_shelf(cutoff_hz=self.shelf_hz, gain_db=shelf_db, sample_rate=rate)
            + EQ.highpass(cutoff_hz=cut_hz, sample_rate=rate)
            + EQ.peaking(cutoff_hz=self.dip_hz, gain_db=dip_db, q=1, sample_rate=rate)
        )


def _share(energy: np.ndarray, between_hz: tuple[float, float]) -> float:
    """Of bands among all, from 0 to 1; nothing of silence."""
    low, high = between_hz
    inside = [low < f < high for f in BANDS_HZ]
    return float(energy[inside].sum() / max(float(energy.sum()), 1e-30))


def _db(share: float) -> float:
    return 10 * math.log10(share + 1e-9)
