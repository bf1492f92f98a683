"""The network with a controller at its faders: one that knows more than the frame it hears.

The network of the paper sees 64 ms at a time and nothing else. Here a small network, the
*controller*, multiplies each fader by a factor of its own,

    Z_hat = latent(Z) exp(controller(s)),

and what s is makes the kind of it:

=============  =====================================================  =====================
controller     s                                                      what it is for
=============  =====================================================  =====================
"setting"      numbers that the caller gives, such as cutoff and      one network for all
               gain                                                   settings of an effect
"spectrum"     21 third-octave levels of the whole clip               an engineer's habit
"history"      levels of the last 1 ms to 0.5 s, from unit to unit    a side chain, such as an
                                                                      auto-wah's
"peaks"        the same, and the largest samples of the same times    a compressor that holds
                                                                      peaks
=============  =====================================================  =====================

The controller's last layer begins at zero, and exp(0) is 1: a new network is the plain one, to
the last bit. With ``change=True`` it is another one, whose faders make no more than a change,

    Z_hat = latent(Z) (exp(s_1 controller(s)) - 1),    y = x + back_end(X1, Z_hat),

in proportion to the setting's first number, a gain in dB say: where that is zero, the output is the
input. Faders may be negative there.

Chapters: "Does it generalize?", "Much more complex effects", "The style of an engineer".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor

from eqlib import frames, streaming
from eqlib.audio import AudioT, returned, to_tensor
from eqlib.config import EQNetConfig, Rectifier, Unpooling  # noqa: F401 (the same)
from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, check_integer, check_sample_rate, checked
from eqlib.layers import Orientation  # noqa: F401 (an inherited field's type)
from eqlib.model import EQNet
from eqlib.networks.controllers import BANDS_HZ, KINDS, Controller, Kind, band_levels, levels

REACH = tuple(sorted({round(2 ** (k / 2)) for k in range(19)}))
"""Lengths, in latent units, of the windows whose levels "history" and "peaks" hear: 1 to 512."""
PAST: tuple[Kind, ...] = ("history", "peaks")
"""The controllers that hear what was before a frame."""


@checked
@dataclass(frozen=True)
class ConditionedConfig(EQNetConfig):
    """The sizes of the network and of its controller.

    Attributes:
        controller: "setting", "spectrum", "history" or "peaks"; see the head of this file.
        settings: how many numbers a "setting" is; the others have their own.
        hidden: units of each of the controller's two hidden layers.
        change: whether the faders make a change that is added to the input; see there. For a
            "setting" only.

    Raises:
        EqlibError: as `EQNetConfig`, for another controller, for sizes that are not positive
            integers, for an unpooling by position, whose faders are not gains in time, and for a
            change without a setting.
    """

    controller: Kind = "history"
    settings: int = 1
    hidden: int = 64
    change: bool = False

    def __post_init__(self) -> None:
        EQNetConfig.__post_init__(self)
        for name in ("settings", "hidden"):
            cure = f"Give {name} a positive whole number."
            value = check_integer(name, getattr(self, name), at_least=1, cure=cure)
            object.__setattr__(self, name, value)
        if self.controller not in KINDS:
            given = f"controller is {self.controller!r}"
            raise EqlibError(given, f"one of {', '.join(KINDS)}", "Choose one of them.")
        if self.change not in (False, self.controller == "setting"):
            given = f"change is {self.change!r} for a controller that hears the {self.controller}"
            raise EqlibError(given, "True for a setting, or False", "Leave change out.")
        if self.unpooling != "repeat":
            cure = "Leave unpooling out."
            raise EqlibError(f"unpooling is {self.unpooling!r}", "'repeat'", cure)

    @property
    def inputs(self) -> int:
        """How many numbers the controller hears."""
        own = {"spectrum": len(BANDS_HZ), "history": len(REACH), "peaks": 2 * len(REACH)}
        return own.get(self.controller, self.settings)

    @property
    def context(self) -> int:
        """Samples before a frame that the controller hears: whole hops of them."""
        if self.controller not in PAST:
            return 0
        return -(-max(REACH) * self.pool // self.hop) * self.hop


class _Cut(TypedDict):
    """How a stream cuts sound into frames."""

    window: Tensor
    hop: int
    like: Tensor
    context: int


class ConditionedEQNet(EQNet):
    """The network of the paper with a controller at its faders.

    Args:
        config: its sizes; a side chain at the paper's sizes by default.
        seed: of the random initial weights. Those of the plain part are those of ``EQNet`` with
            the same seed.

    Shapes:
        input of the network itself: (batch, 1, context + frame), the frame under its window and
        the context without; output (batch, 1, frame).

    Example:
        >>> net = ConditionedEQNet(ConditionedConfig(filters=32))
        >>> eqlib.train(net, pairs, validation)  # learns a side chain
        >>> compressed = net.process(audio)
    """

    config: ConditionedConfig
    config_type: ClassVar[type[EQNetConfig]] = ConditionedConfig

    @checked
    def __init__(self, config: ConditionedConfig | None = None, *, seed: int = 0) -> None:
        config = config or ConditionedConfig()
        super().__init__(config, seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            sizes = (config.inputs, config.hidden, config.hidden, config.filters)
            self.controller = Controller(*sizes)

    @property
    def segment(self) -> frames.Segment:
        """What it hears at once: a frame, and as much before it as the controller needs."""
        c = self.config
        return frames.Segment(samples=c.frame, hop=c.hop, window=c.window, context=c.context)

    def forward(self, x: Tensor, s: Tensor | None = None) -> Tensor:
        """The whole network.

        Args:
            x: (batch, 1, context + frame).
            s: what a "setting" or "spectrum" controller hears, (batch, inputs), or
                (batch, units, inputs) if it changes within the frame.

        Raises:
            EqlibError: for other shapes, or a missing s.
        """
        config = self.config
        if x.shape[1:] != (1, config.context + config.frame):
            raise EqlibError(
                f"the frames have shape {tuple(x.shape)}",
                f"(batch, 1, {config.context + config.frame})",
                "For a whole signal, use net.process(audio).",
            )
        if config.controller in PAST:
            s = self.history(x[:, 0])
        if s is None or s.shape[-1] != config.inputs or s.ndim not in (2, 3):
            raise EqlibError(
                f"s is {None if s is None else tuple(s.shape)}",
                f"the controller's numbers, (batch, {config.inputs})",
                "Give them beside the frames: net(x, s).",
            )
        X1, Z, _ = self.front_end(x[..., config.context :], positions=False)
        factors = self.factors(s)  # (batch, C) or (batch, units, C)
        factors = factors.unsqueeze(-1) if s.ndim == 2 else factors.transpose(1, 2)
        y = self.back_end(X1, self.latent(Z) * factors)
        return x + (y - self.deconv.bias) if config.change else y

    def factors(self, s: Tensor) -> Tensor:
        """What multiplies the faders: (..., inputs) to (..., C)."""
        logarithms: Tensor = self.controller(s)
        return (s[..., :1] * logarithms).expm1() if self.config.change else logarithms.exp()

    @checked
    def of_clips(self, clips: Clips) -> Tensor | None:
        """What the controller hears of whole clips, for training: (clips, inputs).

        None, if it hears no clip as a whole.
        """
        if self.config.controller != "spectrum":
            return None
        rate, like = self.config.sample_rate, self.conv.weight
        rows = [band_levels(torch.from_numpy(x), sample_rate=rate) for x in clips]
        return torch.stack(rows).to(like)

    def autoencode(self, x: Tensor) -> Tensor:
        """Front-end and back-end alone, which neither need a context nor a controller."""
        return super().autoencode(x[..., -self.config.frame :])

    def history(self, x: Tensor) -> Tensor:
        """Levels of the past at each unit: (batch, context + frame) to (batch, units, inputs).

        Each is the mean energy of a window that ends with the unit, as `levels` scales it; for
        "peaks" followed by the energies of the largest samples in the same windows. The
        window of the frame is undone first: that is a division, which costs a float no precision,
        and only a first sample that was multiplied by zero is lost.
        """
        config = self.config
        window = frames.window(config.window, config.frame).to(x)
        past, frame = x.split((config.context, config.frame), -1)
        undone = torch.where(window > 0, frame / window.clamp_min(1e-30), frame)
        energy = torch.cat((past, undone), -1).double().square().unflatten(-1, (-1, config.pool))
        units = F.pad(energy.mean(-1).cumsum(-1), (1, 0))
        now = units[:, -config.units :]
        length = units.shape[-1]
        means = [
            (now - units[:, length - config.units - n : length - n]).clamp_min(0) / n for n in REACH
        ]
        if config.controller == "peaks":
            peaks = energy.amax(-1)
            means += [F.max_pool1d(peaks[:, 1 - config.units - n :], n, 1) for n in REACH]
        return levels(torch.stack(means, -1)).to(x)

    def process(
        self, audio: AudioT, *, sample_rate: int | None = None, setting: Tensor | None = None
    ) -> AudioT:
        """Processes a whole signal, as `EQNet.process` does.

        Args:
            audio: (..., samples) at the config's sample rate, numpy or torch, of any length.
            sample_rate: of the audio, in Hz, to be checked against the network's.
            setting: (inputs,), for a network whose controller hears a "setting".

        Returns:
            The same kind, dtype, device and shape, without gradients.

        Raises:
            EqlibError: as `EQNet.process`, for a setting that is missing, of another shape, or
                not asked for.
        """
        config, rate = self.config, self.config.sample_rate
        if sample_rate is not None:
            check_sample_rate("the audio", sample_rate, rate)
        self._check_setting(setting)
        if config.controller != "spectrum":
            return streaming.process(audio, self._knowing(setting), **self._cut())
        signal = to_tensor("audio", audio)
        rows = signal.to(self.conv.weight).reshape(-1, signal.shape[-1])
        parts = [
            streaming.process(row, self._knowing(band_levels(row, sample_rate=rate)), **self._cut())
            for row in rows
        ]
        return returned(torch.stack(parts), audio)

    def stream(self, *, setting: Tensor | None = None) -> streaming.Stream:
        """For sound that arrives block by block, as `EQNet.stream`.

        Args:
            setting: as of `process`.

        Raises:
            EqlibError: for a network whose controller hears the whole clip, and as `process` for
                the setting.
        """
        if self.config.controller == "spectrum":
            raise EqlibError(
                "the controller hears the spectrum of the whole clip",
                "a network that needs no more than the past",
                "Wait for the end of the sound, and use net.process(audio).",
            )
        self._check_setting(setting)
        return streaming.Stream(self._knowing(setting), **self._cut())

    def _knowing(self, s: Tensor | None) -> Callable[[Tensor], Tensor]:
        """The network on frames, of which its controller knows this."""
        if s is None:
            return self.forward
        return lambda x: self(x, s.to(x).expand(len(x), -1))

    def _cut(self) -> _Cut:
        config = self.config
        window = frames.window(config.window, config.frame)
        like = self.conv.weight
        return _Cut(window=window, hop=config.hop, like=like, context=config.context)

    def _check_setting(self, setting: object) -> None:
        wanted = self.config.settings if self.config.controller == "setting" else None
        if isinstance(setting, Tensor):
            given: object = tuple(setting.shape)
            fits = given == (wanted,)
        else:
            given, fits = setting, setting is None and wanted is None
        if not fits:
            raise EqlibError(
                f"setting is {given!r}",
                "None" if wanted is None else f"a tensor of shape ({wanted},)",
                f"This network's controller hears its {self.config.controller}.",
            )
