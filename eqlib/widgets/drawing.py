"""An equalizer as desk and workbench draw it: bands, or the points of a curve.

Chapters: the tour (book/tour.ipynb), "Train one yourself".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypedDict

import traitlets

from eqlib.audio import Audio
from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.fir import FIR, Curve
from eqlib.equalizers.targets import TARGETS
from eqlib.errors import EqlibError, check_sample_rate, checked
from eqlib.hints import short
from eqlib.widgets.component import Component
from eqlib.widgets.encoding import addresses

PRESETS = ("low-shelf", "peaking", "highpass", "lowpass", "air", "vocal-chain", "drawn-curve")
TAPS = 129  # of a drawn curve, as in page/curve.js


class Drawing(TypedDict):
    """What the desk shows: its bands, or else the points of its curve."""

    bands: list[dict[str, object]]
    curve: dict[str, list[float]] | None


class DrawsAnEqualizer(Component):
    """A component whose page holds an equalizer that its reader draws.

    Args:
        eq: what it shows first: biquads, or one drawn curve of minimum phase and 129 taps.
        sounds: name -> (samples,), clips to hear it on, at the equalizer's sample rate.
        traits: what else the page begins with.

    Raises:
        EqlibError: for an equalizer that has other FIR stages, or sounds that no player takes.
    """

    bands = traitlets.List(traitlets.Dict()).tag(sync=True)
    curve = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    sounds = traitlets.Dict().tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)

    @checked
    def __init__(self, eq: EQ, *, sounds: Mapping[str, Audio] | None, **traits: object) -> None:
        state, rate = state_of(eq), eq.sample_rate
        presets = {name: state_of(TARGETS[name]) for name in PRESETS} if rate == 16_000 else {}
        super().__init__(
            **state,
            sample_rate=rate,
            sounds=addresses(sounds, sample_rate=rate) if sounds else {},
            presets=presets,
            **traits,
        )

    @property
    def _drawn(self) -> EQ:
        """The equalizer as it is drawn now."""
        return eq_of(self.bands, self.curve, sample_rate=self.sample_rate)

    def _draw(self, what: str, eq: EQ) -> None:
        """Draws another one; `what` it is, for messages."""
        state = state_of(eq)
        check_sample_rate(what, eq.sample_rate, self.sample_rate)
        with self.hold_sync():  # both at once, or the page would draw a mixture
            for name, value in state.items():
                setattr(self, name, value)

    def _page_state(self) -> Mapping[str, object]:
        names = ("bands", "curve", "sample_rate", "sounds", "presets")
        return {name: getattr(self, name) for name in names}


def eq_of(bands: list[dict[str, Any]], curve: dict[str, Any] | None, *, sample_rate: int) -> EQ:
    """The equalizer that the page's bands, without bypassed ones, or its curve make."""
    try:
        if curve is not None:
            return EQ.drawn(**curve, taps=TAPS, phase="minimum", sample_rate=sample_rate)
        settings = [dict(band) for band in bands if not band.get("bypass")]
        for band in settings:
            band.pop("bypass", None)
        return EQ(tuple(Biquad(**band) for band in settings), sample_rate)
    except TypeError as error:  # other names than a band's or a curve's
        raise EqlibError(
            f"the page has drawn {short(bands if curve is None else curve)} ({error})",
            "bands, or a curve, as this version's page draws them",
            "Run the cell again, or set the equalizer in Python.",
        ) from error


@checked
def state_of(eq: EQ) -> Drawing:
    """An equalizer as the page's bands and curve.

    Raises:
        EqlibError: for what is no equalizer, or has FIR stages that no desk draws.
    """
    if not isinstance(eq, EQ):
        raise EqlibError(
            f"the equalizer is {eq!r}",
            "an EQ",
            "Make one, such as EQ.low_shelf(cutoff_hz=500, gain_db=10), or take one of "
            "eqlib.equalizers.targets.TARGETS.",
        )
    if all(isinstance(stage, Biquad) for stage in eq.stages):
        return {"bands": [asdict(stage) | {"bypass": False} for stage in eq.stages], "curve": None}
    (stage, *others) = eq.stages
    drawn = isinstance(stage, FIR) and (stage.taps, stage.phase) == (TAPS, "minimum")
    curve = stage.target[0] if isinstance(stage, FIR) and len(stage.target) == 1 else None
    if others or not drawn or not isinstance(curve, Curve):
        raise EqlibError(
            f"the equalizer is {eq}",
            f"biquads only, or one drawn curve of minimum phase and {TAPS} taps",
            "Other FIR filters have nothing to drag; look at them with plots.responses.",
        )
    return {"bands": [], "curve": {name: list(values) for name, values in asdict(curve).items()}}
