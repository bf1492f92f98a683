"""Recordings and training pairs: the package's own, a folder of yours, or NSynth's."""

from eqlib.data.clips import Clips
from eqlib.data.nsynth import from_nsynth
from eqlib.data.pairs import Pairs, pair
from eqlib.data.recordings import attributions, index, load
from eqlib.data.sound_files import MIN_SAMPLES, SAMPLE_RATE, from_folder, read, write

__all__ = [
    "MIN_SAMPLES",
    "SAMPLE_RATE",
    "Clips",
    "Pairs",
    "attributions",
    "from_folder",
    "from_nsynth",
    "index",
    "load",
    "pair",
    "read",
    "write",
]
