"""A trained network to try on any sound: the reader's own files too, in Jupyter and in the page.

    from eqlib.widgets.network import NetworkDesk

    NetworkDesk(sounds={"piano": note})  # the networks that ship
    NetworkDesk({"mine": (net, my_eq)}, sounds={"piano": note})  # one of your own

In the rendered book the shipped networks run in the reader's browser, from the ONNX files that
``python -m eqlib export --pages`` makes; in Jupyter, Python runs them.

Chapter: "Results".
"""

from __future__ import annotations

import functools
import html
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import traitlets

from eqlib.audio import Audio, check_same_shape
from eqlib.config import EQNetConfig
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_sample_rate, checked
from eqlib.model import EQNet
from eqlib.networks.shipped import SHIPPED, pretrained
from eqlib.widgets.component import HOW_TO_USE, Component, answered
from eqlib.widgets.drawing import state_of
from eqlib.widgets.encoding import addresses
from eqlib.widgets.linking import module, styles

System = Callable[[np.ndarray], np.ndarray]


class NetworkDesk(Component):
    """Chooses a network and a sound, runs one on the other, and compares it with the target.

    Args:
        networks: name -> (network, its target: an equalizer or any function of the samples). By
            default those that ship; only these run in a page.
        sounds: name -> (samples,), clips to run them on, besides the reader's own files.
        sample_rate: of the sounds and networks, in Hz.

    Raises:
        EqlibError: for a network of another sample rate, for no network, for one without a
            target, or sounds that no player takes.
    """

    _name = "network"
    _esm = module("network")
    _css = styles("network", "player")
    networks = traitlets.Dict().tag(sync=True)
    sounds = traitlets.Dict().tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)

    @checked
    def __init__(
        self,
        networks: Mapping[str, tuple[EQNet, System]] | None = None,
        *,
        sounds: Mapping[str, Audio],
        sample_rate: int = 16_000,
    ) -> None:
        if networks is not None and not networks:
            raise EqlibError(
                "there is no network", "at least one", 'Give them as {"mine": (net, equalizer)}.'
            )
        for name, both in (networks or {}).items():
            if not (isinstance(both, tuple) and len(both) == 2 and callable(both[1])):
                raise EqlibError(
                    f"{name!r} is {type(both).__name__}",
                    "a network and its target, an equalizer or a function of the samples",
                    'Give both: {"mine": (net, equalizer)}.',
                )
            net = both[0]
            check_sample_rate(f"the network {name!r}", net.config.sample_rate, sample_rate)
        self._own = dict(networks) if networks else None
        self._pieces: list[np.ndarray] = []  # of the sound that arrives
        super().__init__(
            networks=_shipped() if networks is None else {n: {"about": ""} for n in networks},
            sounds=addresses(sounds, sample_rate=sample_rate),
            sample_rate=sample_rate,
        )
        self.on_msg(self._run)

    @checked
    def process(self, name: str, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a network of the desk and its target make of (samples,): output and target.

        Raises:
            EqlibError: for audio that the network refuses, or a target of another length.
        """
        if name not in self.networks:
            raise EqlibError(
                f"there is no network {name!r} on the desk",
                f"one of {', '.join(self.networks)}",
                "Choose one of these.",
            )
        net, target = self._own[name] if self._own else _loaded(name)
        wanted = np.asarray(target(audio.copy()), np.float32)  # a target may write into its input
        check_same_shape("the target's output", wanted, "the sound", audio)
        return net.process(audio), wanted

    @answered
    def _run(self, _widget: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """Answers the page, which sends a network's name and the samples, piece by piece."""
        ident, pieces = message["id"], self._pieces
        first, last = message["first"], message["last"]
        name = message["name"] if last else ""
        if first == 0:
            pieces.clear()  # of a run that was given up
        piece = np.frombuffer(buffers[0], np.float32)
        received = check_integer("first", first, at_least=0, cure="Reload the page.") + len(piece)
        pieces.append(piece)
        self.send({"id": ident, "received": received})
        if not last:
            return
        began = time.perf_counter()
        try:
            signals = self.process(name, np.concatenate(pieces))
        except Exception as error:  # a target may be anybody's function, and the page waits
            self.send({"id": ident, "error": str(error) or type(error).__name__})
            return
        finally:
            pieces.clear()
        answer = {"id": ident, "seconds": time.perf_counter() - began}
        self.send(answer, buffers=[np.ascontiguousarray(s, np.float32).tobytes() for s in signals])

    def _page_state(self) -> Mapping[str, object]:
        names = ("networks", "sounds", "sample_rate")
        return {name: getattr(self, name) for name in names}

    def _words(self) -> str:
        return f"trained networks to try: {', '.join(self.networks)}. {HOW_TO_USE}"

    def _repr_html_(self) -> str:
        if self._own is None:
            return super()._repr_html_()
        return f"<p>{html.escape(self._words())}</p>"  # no page has their weights


@functools.cache
def _loaded(name: str) -> tuple[EQNet, EQ]:
    """A network that ships and its target, read once: a page asks for them again and again."""
    net = pretrained(name)
    return net, EQ.from_dict(net.info["target"])


def _shipped() -> dict[str, dict[str, object]]:
    described: dict[str, dict[str, object]] = {}
    for name in SHIPPED:
        net, eq = _loaded(name)
        config = net.config
        longer = config.kernel != EQNetConfig().kernel
        described[name] = {
            "about": eq.describe() + (f"; filters of {config.kernel} taps" if longer else ""),
            "address": f"{name}.onnx",
            "frame": config.frame,
            "hop": config.hop,
            "eq": state_of(eq),
        }
    return described
