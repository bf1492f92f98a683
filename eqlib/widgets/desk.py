"""The EQ desk: an equalizer that is drawn, dragged and heard, in Jupyter and in the book's page.

    from eqlib.widgets.desk import EQDesk

    desk = EQDesk(EQ.low_shelf(cutoff_hz=500, gain_db=10), sounds={"piano": note})
    desk                 # the last line of a cell shows it
    pairs = eqlib.pair(notes, desk.eq)

In the rendered book, where no Python runs, the same desk runs by itself in the reader's browser.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

from collections.abc import Mapping

from eqlib.audio import Audio
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE
from eqlib.errors import checked
from eqlib.widgets.component import HOW_TO_USE
from eqlib.widgets.drawing import DrawsAnEqualizer
from eqlib.widgets.linking import module, styles


class EQDesk(DrawsAnEqualizer):
    """An equalizer with a handle for each band, or each point of a curve: seen, moved and heard.

    Args:
        eq: what it shows first: biquads, or one drawn curve of minimum phase and 129 taps.
        sounds: name -> (samples,), clips to hear it on, at the equalizer's sample rate.

    Attributes:
        eq: the equalizer as it is set now, without bypassed bands. Setting it moves the handles.

    Raises:
        EqlibError: for an equalizer that has other FIR stages, or sounds that no player takes.
    """

    _name = "desk"
    _esm = module("desk")
    _css = styles("desk")

    @checked
    def __init__(self, eq: EQ | None = None, *, sounds: Mapping[str, Audio] | None = None) -> None:
        super().__init__(REFERENCE["low-shelf"] if eq is None else eq, sounds=sounds)

    @property
    def eq(self) -> EQ:
        """The equalizer as it is set now."""
        return self._drawn

    @eq.setter
    def eq(self, eq: EQ) -> None:
        self._draw("the equalizer", eq)

    def _words(self) -> str:
        return f"an equalizer desk, set to: {self.eq}. {HOW_TO_USE}"
