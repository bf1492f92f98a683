"""The training monitor: loss, SNR and response of a network while it learns, with a stop button.

    from eqlib.widgets.monitor import TrainingMonitor

    eqlib.train(net, pairs, validation, watch=TrainingMonitor(low_shelf, net=net))

It shows itself when the run begins. Its button asks the Jupyter server to interrupt the kernel,
which ends the run after the step under way and keeps the best weights: a busy kernel hears nothing
else. Where there is no such server to ask (Colab, VS Code), the front end's own interrupt does the
same. In the rendered book the run is replayed from what the monitor has noted.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import Any

import traitlets

from eqlib.analysis.systems import sweep_response
from eqlib.audio import db
from eqlib.equalizers.eq import EQ
from eqlib.errors import checked
from eqlib.model import EQNet
from eqlib.training.history import History
from eqlib.widgets.component import HOW_TO_USE, StateComponent
from eqlib.widgets.linking import module, styles

POINTS = 48  # of a response
EARLY = (1, 5, 20, 80, 200)  # steps after which the response is measured between validations
LOSSES = 80  # an even number; so many become half as many
SECONDS = 0.5  # between two messages to the page


class TrainingMonitor(StateComponent):
    """Follows one run of `eqlib.pretrain` or `eqlib.train`, as its argument ``watch``.

    Args:
        target: the equalizer that is learned, to be drawn beside the network's response. Step one
            learns to return what it hears: there, a flat response is drawn.
        net: the network that will be trained. With it the response is also measured soon after
            the beginning, when most is learned, and not only at validations.

    Attributes:
        state: what is shown, as JSON: losses by step, one check for each validation (step,
            seconds, mae, SNR in dB, response in dB), frames between them (step, seconds, response
            in dB), and how much of the budget is used.
        stop: set it to True to end the run after the step under way.

    Raises:
        EqlibError: for a target that is no EQ.
    """

    _name = "monitor"
    _esm = module("monitor")
    _css = styles("monitor")
    kernel_id = traitlets.Unicode("").tag(sync=True)
    _log: dict[str, Any]
    # Of the losses since the last that was noted: their sum, how many, and how many there will be.
    _sum: float
    _count: int
    _each: int
    _sent: float  # when the page last heard of it

    @checked
    def __init__(self, target: EQ | None = None, *, net: EQNet | None = None) -> None:
        super().__init__(kernel_id=kernel_id())
        self.target, self.net = target, net
        self._shown = None
        self._begin("")

    def stepped(self, stage: str, *, step: int, seconds: float, used: float, mae: float) -> bool:
        """Notes a step's loss; returns whether the button was pressed."""
        if not self._log["running"]:
            self._begin(stage)
            self._show()
        self._sum, self._count = self._sum + mae, self._count + 1
        if self._count == self._each:
            self._log["losses"].append([step, _short(self._sum / self._count)])
            self._sum = self._count = 0
            if len(self._log["losses"]) == LOSSES:
                self._halve()
        left = seconds * (1 - used) / used if used else 0.0
        self._log |= {"step": step, "seconds": _short(seconds), "left_s": _short(max(0.0, left))}
        checks = self._log["checks"]
        checked = bool(checks) and checks[-1]["step"] == step
        if self.net is not None and step in EARLY and not checked:
            gain_db = self._response(self.net, stage)
            frame = {"step": step, "seconds": _short(seconds), "gain_db": gain_db}
            self._log["frames"].append(frame)
        if time.monotonic() - self._sent > SECONDS:
            self._publish()
        return self.stop

    def validated(self, history: History, net: EQNet) -> None:
        """Notes a validation, and measures the response."""
        if not self._log["running"]:  # a run that was over before its first step
            self._begin(history.stage)
        gain_db = self._response(net, history.stage)
        check = {
            "step": history.steps[-1],
            "seconds": _short(history.seconds[-1]),
            "mae": _short(history.validation_mae[-1]),
            "snr_db": round(history.validation_snr_db[-1], 1),
            "gain_db": gain_db,
        }
        self._log["checks"].append(check)
        self._log["best"] = self._best(history)
        self._publish()

    def ended(self, history: History, net: EQNet) -> None:
        """Shows the whole run, ready to be replayed."""
        if not self._log["running"]:  # a run that failed before its first step
            self._begin(history.stage)
        self._log |= {"running": False, "interrupted": history.interrupted}
        self._log["best"] = self._best(history)
        self._publish()
        self.stop = False
        if self._shown:
            self._shown.update(self._placed(self._forms()), raw=True)

    def _response(self, net: EQNet, stage: str) -> list[float]:
        """The network's response in dB; notes at which frequencies, and what is wanted there."""
        process = net.reconstruct if stage == "pretrain" else net.process
        rate = net.config.sample_rate
        found = sweep_response(process, points=POINTS, high_hz=0.46875 * rate, sample_rate=rate)
        self._log["frequencies_hz"] = [round(hz, 1) for hz in found.frequencies_hz.tolist()]
        target = EQ.flat(sample_rate=rate) if stage == "pretrain" else self.target
        if target is not None and target.sample_rate == rate:
            wanted = db(target.response(found.frequencies_hz), floor=1e-6)
            self._log["target_db"] = [round(level, 1) for level in wanted.tolist()]
        return [round(level, 1) for level in db(found.response, floor=1e-6).tolist()]

    def _begin(self, stage: str) -> None:
        self._log = {
            "stage": stage,
            "running": bool(stage),
            "interrupted": False,
            "step": 0,
            "seconds": 0,
            "left_s": 0,
            "losses": [],
            "checks": [],
            "frames": [],
            "best": None,
            "frequencies_hz": [],
            "target_db": None,
        }
        self._sum, self._count, self._each, self._sent = 0.0, 0, 4, -math.inf
        self.stop = False

    def _best(self, history: History) -> int | None:
        """Which check's weights were kept; None if it was before the run was resumed."""
        steps = [check["step"] for check in self._log["checks"]]
        kept = history.steps[history.best] if history.steps else None
        return steps.index(kept) if kept in steps else None

    def _halve(self) -> None:
        """Makes one loss of each two neighbors, and of as many steps from now on."""
        pairs = zip(self._log["losses"][::2], self._log["losses"][1::2], strict=True)
        self._log["losses"] = [[b[0], _short((a[1] + b[1]) / 2)] for a, b in pairs]
        self._each *= 2

    def _publish(self) -> None:
        self.state = self._log | {name: list(self._log[name]) for name in ("losses", "frames")}
        self._sent = time.monotonic()

    def _show(self) -> None:
        try:
            from IPython import get_ipython
        except ImportError:  # a program, which has nowhere to show it
            return
        if get_ipython():
            self._shown = self._display(self._forms())

    def _words(self) -> str:
        checks = self._log["checks"]
        if not checks:
            return f"a training monitor. {HOW_TO_USE}"
        best_db = max(check["snr_db"] for check in checks)
        return (
            f"the log of a run of {self._log['step']} steps in {self._log['seconds']:.0f} s; its "
            f"best SNR on validation clips is {best_db} dB. {HOW_TO_USE}"
        )


def kernel_id() -> str:
    """The name that a Jupyter server knows this kernel by; "" where there is none."""
    try:
        from ipykernel.connect import get_connection_file

        found = re.fullmatch(r"kernel-(.+)\.json", Path(get_connection_file()).name)
    except (ImportError, RuntimeError):
        return ""
    return found[1] if found else ""


def _short(number: float) -> float:
    return float(f"{number:.4g}")
