"""The sizes and switches of the network, by default the paper's.

Source: Martínez Ramírez and Reiss, "End-to-end equalization with convolutional neural
networks", DAFx-18, section 3. Chapters: "The adaptive front-end", "The latent-space DNN",
"The synthesis back-end".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

from eqlib import frames
from eqlib.errors import EqlibError, check_integer, checked
from eqlib.layers import ORIENTATIONS, Orientation

MOST, MOST_WEIGHTS = 2**20, 2**29
"""Of one size, and of all weights together (2 GB): more is refused before any memory is taken."""

Unpooling = Literal["repeat", "position"]
UNPOOLINGS: tuple[Unpooling, ...] = get_args(Unpooling)
Rectifier = Literal["abs", "square"]
RECTIFIERS: tuple[Rectifier, ...] = get_args(Rectifier)

ConfigT = TypeVar("ConfigT", bound="EQNetConfig")


@checked
@dataclass(frozen=True)
class EQNetConfig:
    """The sizes of the network, by default the paper's, which give 561,473 parameters.

    Hop, window and orientation could not be verified from the paper; these are those of the
    authors' released code.

    Attributes:
        frame: samples N in a frame.
        hop: samples from one frame to the next when a whole signal is processed.
        filters: channels C of the filter bank.
        kernel: taps of each Conv1D filter.
        local_kernel: taps of each Conv1D-Local filter.
        pool: samples that one latent value stands for; frame / pool are the latent units.
        sample_rate: in Hz, of all audio the network hears.
        window: "hann" or "rectangular", applied to a frame before it enters the network. What
            comes out is added up as it is: at a hop of half a frame, Hann windows sum to one.
        orientation: how the deConv1D applies the Conv1D filters again. "unreversed": as they
            are, so that a channel's path has the response W(f)^2, whose phase can be learned.
            "adjoint": reversed in time, |W(f)|^2 without any phase, which cannot match an EQ's.
        unpooling: how a latent value becomes `pool` samples again. "repeat": that many times.
            "position": once, where the maximum was, with zeros elsewhere, as in pretraining.
        rectifier: what makes an envelope of a channel before it is smoothed. "abs": its absolute
            value. "square": its power, which weighs loud moments more.

    Raises:
        EqlibError: for sizes that are not positive integers or too large, that do not divide each
            other (hop and pool divide the frame), or do not meet the overlap-add condition; and for
            an unknown window, orientation, unpooling or rectifier.
    """

    frame: int = 1024
    hop: int = 512
    filters: int = 128
    kernel: int = 64
    local_kernel: int = 128
    pool: int = 16
    sample_rate: int = 16_000
    window: frames.Window = "hann"
    orientation: Orientation = "unreversed"
    unpooling: Unpooling = "repeat"
    rectifier: Rectifier = "abs"

    def __post_init__(self) -> None:
        for name in ("frame", "hop", "filters", "kernel", "local_kernel", "pool", "sample_rate"):
            cure = f"Give {name} a positive whole number, such as {getattr(EQNetConfig, name)}."
            value = check_integer(name, getattr(self, name), at_least=1, at_most=MOST, cure=cure)
            object.__setattr__(self, name, value)  # NumPy's integers become Python's
        if self.frame % self.pool:
            raise EqlibError(
                f"pool is {self.pool} samples for a frame of {self.frame}",
                "a pool that divides the frame",
                "The paper's sizes are frame 1024 with pool 16; frame 4096 with pool 64 works too.",
            )
        weights = self.filters * (self.kernel + self.local_kernel + self.units**2)
        if weights > MOST_WEIGHTS:
            raise EqlibError(
                f"the network would have {weights:,} weights",
                f"at most {MOST_WEIGHTS:,}; the paper's has 561,473",
                "Take fewer filters, or a larger pool for a longer frame.",
            )
        switches = {"orientation": ORIENTATIONS, "unpooling": UNPOOLINGS, "rectifier": RECTIFIERS}
        for name, choices in switches.items():
            if getattr(self, name) not in choices:
                raise EqlibError(
                    f"{name} is {getattr(self, name)!r}",
                    f"one of {', '.join(choices)}",
                    "Choose one; the docstring of EQNetConfig says what each does.",
                )
        frames.overlap_add_gain(frames.window(self.window, self.frame), hop=self.hop)

    @property
    def units(self) -> int:
        """Latent values of each channel in one frame."""
        return self.frame // self.pool

    def at(self: ConfigT, *, sample_rate: int) -> ConfigT:
        """The same network for sound of another rate: as many units and filters, the same times.

        `pool` becomes the whole number of samples that is nearest to as long as it was, and frame,
        hop and taps keep their proportions to it. At 48 kHz the paper's sizes are three times as
        large: frame 3072, taps 192 and 384, pool 48. At 44.1 kHz they are 2.75 times as large
        (frame 2816, taps 176 and 352, pool 44), which is 0.2 % shorter than at 16 kHz. The lower
        the rate, the coarser: a pool of few samples cannot be as long as it was.

        Args:
            sample_rate: in Hz.

        Raises:
            EqlibError: for a rate that is no positive integer, or sizes that become too large.

        Example:
            >>> net = EQNet(EQNetConfig(filters=16).at(sample_rate=48_000))

        Chapter: "Use it on your own sound".
        """
        cure = "Give it in Hz: 48_000."
        rate = check_integer("sample_rate", sample_rate, at_least=1, cure=cure)
        overlap = self.frame // self.hop
        # A frame of `units` pools has to be a whole number of hops, too.
        step = overlap // math.gcd(self.units, overlap)
        pool = step * max(1, round(self.pool * rate / self.sample_rate / step))
        frame = self.units * pool
        return replace(
            self,
            frame=frame,
            hop=frame // overlap,
            kernel=max(1, round(self.kernel * pool / self.pool)),
            local_kernel=max(1, round(self.local_kernel * pool / self.pool)),
            pool=pool,
            sample_rate=rate,
        )
