"""The workbench: draw a target, train a network on it, and hear every moment of its training.

    from eqlib.widgets.workbench import Workbench

    bench = Workbench(EQ.low_shelf(cutoff_hz=500, gain_db=10))
    bench  # the last line of a cell shows it
    bench.net, bench.target  # after training: the network, and what it learned

In the rendered book, where no Python runs, the same workbench trains in the reader's browser.

Chapter: "Train one yourself".
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from eqlib import checkpoints, data
from eqlib.audio import Audio
from eqlib.config import EQNetConfig
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE
from eqlib.errors import (
    EqlibError,
    check_sample_rate,
    checked,
)
from eqlib.hints import short
from eqlib.model import EQNet
from eqlib.widgets.bench_run import BenchRun, frequencies_hz
from eqlib.widgets.component import HOW_TO_USE, answered
from eqlib.widgets.drawing import DrawsAnEqualizer
from eqlib.widgets.linking import module, styles

SPLITS = ("train", "validation", "test")
EVERY = 3
"""Of the piano notes for training, every third is learned from, as in the page."""
RUN = {"filters": 16, "steps": 400, "learningRate": 8e-3, "pretrainSteps": 0, "seed": 0}
"""The settings of a run, as in page/run_link.js."""
ASKED = ("open", "start", "continue", "stop", "process", "save", "load")
"""What the page asks for."""


class Workbench(DrawsAnEqualizer):
    """Trains a network on a drawn target, in the kernel or, in the rendered book, in the page.

    It trains beside the kernel's cells, which can be run meanwhile. Front ends differ in which of
    the kernel's threads their messages reach, and in some an interrupt reaches no other one: so
    the page's button stops a run by a message.

    Args:
        target: what it shows first: biquads, or one drawn curve of minimum phase and 129 taps.
        sounds: name -> (samples,), clips to hear it on besides the test notes, at 16 kHz.

    Attributes:
        target: the equalizer as it is drawn now, without bypassed bands. Setting it redraws it.
        net: the network that was trained last, with its best weights; None before. While it
            trains, its weights are those of the step under way.

    Raises:
        EqlibError: for a target that cannot be drawn, or sounds that no player takes.
    """

    _name = "workbench"
    _esm = module("workbench")
    _css = styles("desk", "player", "workbench")
    run = traitlets.Dict().tag(sync=True)

    @checked
    def __init__(
        self, target: EQ | None = None, *, sounds: Mapping[str, Audio] | None = None
    ) -> None:
        target = REFERENCE["low-shelf"] if target is None else target
        check_sample_rate("the target", target.sample_rate, data.SAMPLE_RATE)
        super().__init__(target, sounds=sounds, run=dict(RUN))
        self._trained: BenchRun | None = None
        self._training: threading.Thread | None = None
        self.on_msg(self._hear)

    @property
    def net(self) -> EQNet | None:
        """The network that was trained, or opened, last."""
        return self._trained.net if self._trained else None

    @property
    def target(self) -> EQ:
        """The equalizer as it is drawn now."""
        return self._drawn

    @target.setter
    def target(self, target: EQ) -> None:
        self._draw("the target", target)

    def _page_state(self) -> Mapping[str, object]:
        return {**super()._page_state(), "run": self.run}

    def _words(self) -> str:
        return f"a workbench that trains a network on: {self.target}. {HOW_TO_USE}"

    # --- what the page asks for, by messages

    @answered
    def _hear(self, _widget: Any, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """Answers the page, which waits; whatever goes wrong, it gets to know."""
        what, ident = message["what"], message["id"]
        if what not in ASKED:
            cure = "Run the cell again, or reload the page."
            raise EqlibError(f"the page asks for {short(what)}", f"one of {', '.join(ASKED)}", cure)
        answer, arrays = getattr(self, f"_on_{what}")(message, buffers)
        self.send({"id": ident, **answer}, buffers=arrays)

    def _tell(self, event: str, detail: dict[str, Any], **arrays: np.ndarray) -> None:
        content = [np.ascontiguousarray(a, np.float32).tobytes() for a in arrays.values()]
        self.send({"event": event, "detail": detail, "arrays": list(arrays)}, buffers=content)

    def _on_open(self, *_: Any) -> Any:
        response_hz, bank_hz = frequencies_hz(self.sample_rate)
        notes = data.load(instrument="piano", split="test")
        answer = {
            "sample_rate": self.sample_rate,
            "frequencies_hz": response_hz.tolist(),
            "bank_hz": bank_hz.tolist(),
            "names": list(notes.names),
        }
        return answer, [np.ascontiguousarray(note, np.float32).tobytes() for note in notes]

    def _on_start(self, message: dict[str, Any], _buffers: Any) -> Any:
        self._check_idle()
        settings = _settings(message, *RUN)
        net = EQNet(EQNetConfig(filters=settings["filters"]), seed=settings["seed"])
        self._trained = self._run_of(net)
        return self._go(settings)

    def _on_continue(self, message: dict[str, Any], _buffers: Any) -> Any:
        self._check_idle()
        return self._go(_settings(message, "steps", "learningRate", "seed") | {"pretrainSteps": 0})

    def _go(self, settings: dict[str, Any]) -> Any:
        run = self._bench()
        run.stop = False
        self._training = threading.Thread(target=self._train, args=(run, settings), daemon=True)
        self._training.start()
        return {}, []

    def _train(self, run: BenchRun, settings: dict[str, Any]) -> None:
        try:
            run.go(
                steps=settings["steps"],
                pretrain_steps=settings["pretrainSteps"],
                learning_rate=settings["learningRate"],
                seed=settings["seed"],
            )
        except Exception as error:  # nobody else hears of it, and the page waits
            self._tell("failed", {"message": str(error) or type(error).__name__})

    def _on_stop(self, *_: Any) -> Any:
        self._bench().stop = True
        return {}, []

    def _check_idle(self) -> None:
        if self._training is not None and self._training.is_alive():
            cure = "Stop it, or wait for its end."
            raise EqlibError("a network is trained already", "one run at a time", cure)

    def _bench(self) -> BenchRun:
        if self._trained is None:
            cure = "Press Train, or open a file."
            raise EqlibError("no network was trained or opened", "one that was", cure)
        return self._trained

    def _run_of(self, net: EQNet) -> BenchRun:
        notes = {split: data.load(instrument="piano", split=split) for split in SPLITS}
        notes["train"] = notes["train"][::EVERY]
        pairs, validation, test = (data.pair(clips, self.target) for clips in notes.values())
        return BenchRun(net, pairs=pairs, validation=validation, test=test, tell=self._tell)

    def _on_process(self, message: dict[str, Any], buffers: list[memoryview]) -> Any:
        audio = np.frombuffer(buffers[0], np.float32)
        output = self._bench().at(message["step"]).process(audio.copy())
        return {}, [np.ascontiguousarray(output, np.float32).tobytes()]

    def _on_save(self, *_: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = checkpoints.save(self._bench().net, Path(folder) / "network.safetensors")
            return {"step": self._bench().step}, [path.read_bytes()]

    def _on_load(self, _message: Any, buffers: list[memoryview]) -> Any:
        self._check_idle()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.safetensors"
            path.write_bytes(buffers[0])
            net = checkpoints.load(path)
        self._trained = self._run_of(net)
        return {"header": {"config": asdict(net.config), "info": net.info}}, []


def _settings(message: dict[str, Any], *names: str) -> dict[str, Any]:
    """The settings in a message, numbers all, before the network there is gives way to them."""
    settings = message["settings"]
    kinds = {name: float if name == "learningRate" else int for name in names}
    for name, kind in kinds.items():
        value = settings.get(name) if isinstance(settings, dict) else settings
        if isinstance(value, bool) or not isinstance(value, int | kind):
            whole = "a whole number" if kind is int else "a number"
            cure = "Press Train again, or reload the page."
            raise EqlibError(f"the setting {name} is {short(value)}", whole, cure)
    return dict(settings)
