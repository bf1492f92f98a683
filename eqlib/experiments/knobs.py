"""One network for every setting of a peak: how it is trained, and what it is compared with.

Each frame gets a setting of its own, at random, and the exact filter's output as its target. No
stage one comes before: a new network of this kind changes nothing, and learns from there.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from eqlib import frames, metrics
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.frames import Segment
from eqlib.model import EQNet
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.knobs import CUTOFF_HZ, GAIN_DB, PEAK, Q, peak_numbers
from eqlib.training import loop
from eqlib.training.history import History
from eqlib.training.recipe import Budget, Recipe
from eqlib.training.run import Run
from eqlib.training.sampler import FrameSampler

RUN_IN = 3_072
"""Samples before a frame that the exact filter hears: where it rings longest, it has faded by 60 dB
after a tenth of them."""
PER_CLIP = 4
"""Settings that each recording is judged with."""
RECIPE = Recipe(loss="normalized_mae", validate_every=1_000)


@dataclass(frozen=True)
class _Listener:
    """What a sampler asks of a network, with another segment."""

    net: EQNet
    segment: Segment

    @property
    def config(self) -> object:
        return self.net.config

    def parameters(self) -> object:
        return self.net.parameters()


class StillEQNet(ConditionedEQNet):
    """The rival whose faders the setting alone sets, whatever is heard: a linear filter."""

    def latent(self, Z: Tensor) -> Tensor:
        """One, for all faders at all times."""
        return torch.ones_like(Z)


def peak_of(setting: tuple[float, float, float]) -> EQ:
    """The exact filter of a setting: cutoff in Hz, gain in dB, q."""
    cutoff_hz, gain_db, q = setting
    return EQ.peaking(cutoff_hz=cutoff_hz, gain_db=gain_db, q=q)


def numbers_of(settings: np.ndarray) -> Tensor:
    """What the controller hears of settings (n, 3): (n, 11)."""
    return peak_numbers(*torch.from_numpy(settings).float().unbind(-1))


def random_settings(shares: np.ndarray) -> np.ndarray:
    """Settings of all knobs from shares of their ranges, (n, 3) between 0 and 1, to (n, 3).

    Cutoff and q are spread over octaves, the gain over decibels.
    """
    (low, high), (least, most), (wide, narrow) = CUTOFF_HZ, GAIN_DB, Q
    f, g, q = shares.T
    return np.stack(
        (low * (high / low) ** f, least + (most - least) * g, wide * (narrow / wide) ** q), -1
    )


class EveryPeak:
    """A step of training: frames, each with a setting of its own, and the filter's output."""

    name = "train"
    shares = 3
    """Random numbers that a setting is made from."""

    def __init__(self, clips: Clips, net: EQNet) -> None:
        self.frame = net.config.frame
        self.window = frames.window(net.config.window, self.frame).float()
        segment = Segment(
            samples=self.frame, hop=net.config.hop, window="rectangular", context=RUN_IN
        )
        listener = cast(EQNet, _Listener(net, segment))
        self.sampler = FrameSampler(Pairs(clips, clips, computed=True), listener)
        bins = (RUN_IN + self.frame) // 2 + 1
        self.bins_hz = np.linspace(0, net.config.sample_rate / 2, bins)
        self.setting = torch.zeros(0)

    def filters(self, shares: np.ndarray) -> tuple[list[EQ], Tensor]:
        """Settings from shares of their ranges, (n, shares): the filters, and their numbers."""
        settings = random_settings(shares)
        return [peak_of(tuple(row)) for row in settings], numbers_of(settings)

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """Frames under the window, and their targets."""
        batch = run.recipe.batch
        heard, _ = self.sampler.draw(batch, run.generator)
        shape = batch, self.shares
        shares = torch.rand(*shape, dtype=torch.float64, generator=run.generator).numpy()
        eqs, self.setting = self.filters(shares)
        H = np.stack([eq.response(self.bins_hz) for eq in eqs])
        # Around the end of a block, the filter's tail falls on samples that are thrown away.
        spectrum = torch.fft.rfft(heard) * torch.from_numpy(H).to(torch.complex64).unsqueeze(1)
        wet = torch.fft.irfft(spectrum, n=heard.shape[-1])
        return heard[..., RUN_IN:] * self.window, wet[..., RUN_IN:] * self.window

    def forward(self, net: EQNet, x: Tensor) -> Tensor:
        """Through the whole network, with the settings that were drawn."""
        return cast(ConditionedEQNet, net).forward(x, self.setting)

    def check(self, net: EQNet, validation: Pairs) -> tuple[float, float]:
        """On whole recordings that are not trained on, with one setting each, always the same."""
        knobs = cast(ConditionedEQNet, net)
        shares = np.random.default_rng(1).random((len(validation), self.shares))
        maes, snrs_db = [], []
        for dry, eq, s in zip(validation.dry, *self.filters(shares), strict=True):
            both = eq(dry), knobs.process(dry, setting=s)
            maes.append(float(metrics.mae(*both)))
            snrs_db.append(float(metrics.snr_db(*both)))
        return float(np.mean(maes)), float(np.mean(snrs_db))


def trained(
    clips: Clips,
    validation: Clips,
    *,
    steps: int,
    seed: int = 0,
    config: ConditionedConfig = PEAK,
    network: type[ConditionedEQNet] = ConditionedEQNet,
    recipe: Recipe = RECIPE,
    task: type[EveryPeak] = EveryPeak,
) -> tuple[ConditionedEQNet, History]:
    """A network for every peak.

    Args:
        clips: what it hears.
        validation: what chooses its best weights.
        steps: of training.
        seed: of its weights, and of the frames and settings that are drawn.
        config: its sizes.
        network: its class: for the rival, `StillEQNet`.
        recipe: of the optimizer.
        task: what is learned: every peak, or `every_type.EveryType`.
    """
    net = network(config, seed=seed)
    both = (Pairs(each, each, computed=True) for each in (clips, validation))
    pairs, checked_by = both
    run = Run(
        EveryPeak.name,
        net,
        pairs,
        checked_by,
        recipe=recipe,
        seed=seed,
        budget=Budget("steps", steps),
        folder=None,
        resume=False,
        watch=None,
        device=None,
    )
    history = loop.fit(run, task(clips, net), progress=False)
    return net, history


def judged(
    clips: Clips, method: str | ConditionedEQNet, *, gain_db: float | None = None
) -> dict[str, list[float]]:
    """The SNR in dB of each recording with each of its settings, by the recording's name.

    Args:
        clips: recordings that were not trained on.
        method: a network; "nothing"; or "FIR", the exact filter's response cut to 127 taps.
        gain_db: instead of the settings' own; then each recording is judged with one of them.
    """
    shares = np.random.default_rng(2).random((len(clips), PER_CLIP, 3))
    scores: dict[str, list[float]] = {}
    for name, dry, of in zip(clips.names, clips, shares, strict=True):
        settings = random_settings(of)
        if gain_db is not None:
            settings = settings[:1]
            settings[:, 1] = gain_db
        scores[name] = []
        for row, s in zip(settings, numbers_of(settings), strict=True):
            exact = peak_of(tuple(row))
            if isinstance(method, ConditionedEQNet):
                output = method.process(dry, setting=s)
            else:
                output = dry if method == "nothing" else exact.fir(taps=127, phase="minimum")(dry)
            scores[name].append(round(float(metrics.snr_db(exact(dry), output)), 2))
    return scores
