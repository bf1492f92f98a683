"""The workbench: draw a target, train a network on it, and hear every moment of its training.

    from eqlib.widgets.workbench import Workbench

    bench = Workbench(EQ.low_shelf(cutoff_hz=500, gain_db=10))
    bench  # the last line of a cell shows it
    bench.net, bench.target  # after training: the network, and what it learned

In the rendered book, where no Python runs, the same workbench trains in the reader's browser.

Chapter: "Train one yourself".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import traitlets

from eqlib import data
from eqlib.audio import Audio
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE, TARGETS
from eqlib.errors import check_sample_rate, checked
from eqlib.widgets.component import HOW_TO_USE, Component
from eqlib.widgets.desk import PRESETS, eq_of, state_of
from eqlib.widgets.encoding import addresses
from eqlib.widgets.linking import module, styles

RUN = {"filters": 16, "steps": 300, "learningRate": 5e-3, "pretrainSteps": 0, "seed": 0}
"""The settings of a run, as in page/run_link.js."""


class Workbench(Component):
    """Trains a network on a drawn target, in the kernel or, in the rendered book, in the page.

    Args:
        target: what it shows first: biquads, or one drawn curve of minimum phase and 129 taps.
        sounds: name -> (samples,), clips to hear it on besides the test notes, at 16 kHz.

    Attributes:
        target: the equalizer as it is drawn now, without bypassed bands. Setting it redraws it.

    Raises:
        EqlibError: for a target that cannot be drawn, or sounds that no player takes.
    """

    _name = "workbench"
    _esm = module("workbench")
    _css = styles("desk", "player", "workbench")
    bands = traitlets.List(traitlets.Dict()).tag(sync=True)
    curve = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    run = traitlets.Dict().tag(sync=True)
    sounds = traitlets.Dict().tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)

    @checked
    def __init__(
        self, target: EQ | None = None, *, sounds: Mapping[str, Audio] | None = None
    ) -> None:
        target = REFERENCE["low-shelf"] if target is None else target
        check_sample_rate("the target", target.sample_rate, data.SAMPLE_RATE)
        super().__init__(
            **state_of(target),
            run=dict(RUN),
            sounds=addresses(sounds, sample_rate=data.SAMPLE_RATE) if sounds else {},
            presets={name: state_of(TARGETS[name]) for name in PRESETS},
            sample_rate=data.SAMPLE_RATE,
        )

    @property
    def target(self) -> EQ:
        """The equalizer as it is drawn now."""
        return eq_of(self.bands, self.curve, sample_rate=self.sample_rate)

    @target.setter
    def target(self, target: EQ) -> None:
        state = state_of(target)
        check_sample_rate("the target", target.sample_rate, self.sample_rate)
        with self.hold_sync():  # both at once, or the page would draw a mixture
            for name, value in state.items():
                setattr(self, name, value)

    def _page_state(self) -> dict[str, Any]:
        names = ("bands", "curve", "run", "sounds", "presets", "sample_rate")
        return {name: getattr(self, name) for name in names}

    def _words(self) -> str:
        return f"a workbench that trains a network on: {self.target}. {HOW_TO_USE}"
