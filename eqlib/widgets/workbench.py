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
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from eqlib import checkpoints, data
from eqlib.audio import Audio
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE, TARGETS
from eqlib.errors import EqlibError, check_sample_rate, checked
from eqlib.model import EQNet, EQNetConfig
from eqlib.widgets.bench_run import BenchRun, frequencies_hz
from eqlib.widgets.component import HOW_TO_USE, Component
from eqlib.widgets.desk import PRESETS, eq_of, state_of
from eqlib.widgets.encoding import addresses
from eqlib.widgets.linking import module, styles
from eqlib.widgets.monitor import kernel_id

SPLITS = ("train", "validation", "test")
EVERY = 3
"""Of the piano notes for training, every third is learned from, as in the page."""
RUN = {"filters": 16, "steps": 400, "learningRate": 8e-3, "pretrainSteps": 0, "seed": 0}
"""The settings of a run, as in page/run_link.js."""


class Workbench(Component):
    """Trains a network on a drawn target, in the kernel or, in the rendered book, in the page.

    Args:
        target: what it shows first: biquads, or one drawn curve of minimum phase and 129 taps.
        sounds: name -> (samples,), clips to hear it on besides the test notes, at 16 kHz.

    Attributes:
        target: the equalizer as it is drawn now, without bypassed bands. Setting it redraws it.
        net: the network that was trained last, with its best weights; None before.

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
    kernel_id = traitlets.Unicode("").tag(sync=True)

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
            kernel_id=kernel_id(),
        )
        self._trained: BenchRun | None = None
        self.on_msg(self._hear)

    @property
    def net(self) -> EQNet | None:
        """The network that was trained, or opened, last."""
        return self._trained.net if self._trained else None

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

    def _page_state(self) -> Mapping[str, object]:
        names = ("bands", "curve", "run", "sounds", "presets", "sample_rate")
        return {name: getattr(self, name) for name in names}

    def _words(self) -> str:
        return f"a workbench that trains a network on: {self.target}. {HOW_TO_USE}"

    # --- what the page asks for, by messages

    def _hear(self, _widget: Any, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """Answers the page, which waits; whatever goes wrong, it gets to know."""
        ask = getattr(self, f"_on_{message['what']}")
        try:
            answer, arrays = ask(message, buffers)
        except Exception as error:
            self.send({"id": message["id"], "error": str(error) or type(error).__name__})
            return
        self.send({"id": message["id"], **answer}, buffers=arrays)

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
        settings = message["settings"]
        net = EQNet(EQNetConfig(filters=settings["filters"]), seed=settings["seed"])
        self._trained = self._run_of(net)
        return self._go(settings)

    def _on_continue(self, message: dict[str, Any], _buffers: Any) -> Any:
        return self._go(message["settings"] | {"pretrainSteps": 0})

    def _go(self, settings: dict[str, Any]) -> Any:
        self._bench().go(
            steps=settings["steps"],
            pretrain_steps=settings["pretrainSteps"],
            learning_rate=settings["learningRate"],
            seed=settings["seed"],
        )
        return {}, []

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
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.safetensors"
            path.write_bytes(buffers[0])
            net = checkpoints.load(path)
        self._trained = self._run_of(net)
        return {"header": {"config": asdict(net.config), "info": net.info}}, []
