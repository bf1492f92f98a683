"""What is done with sound at 44.1 and 48 kHz: networks of three rates, and what stands beside them.

Two bands are judged: all of it, and what lies above 8 kHz, which a network at 16 kHz never hears.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Literal, TypeAlias, get_args

import numpy as np
import soxr

from eqlib import metrics
from eqlib.audio import Process
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.config import EQNetConfig
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import AIR, REFERENCE
from eqlib.experiments import originals
from eqlib.experiments.originals import RATE, Which
from eqlib.model import EQNet
from eqlib.networks.shipped import pretrained
from eqlib.training import loop
from eqlib.training.losses import Loss
from eqlib.training.recipe import Recipe

TARGETS: Mapping[str, EQ] = {**REFERENCE, "air": AIR}
"""The four reference targets, of which only the lowpass does something above 8 kHz, and a high
shelf at 4 kHz, which raises all that is there."""
CD, LOW = 44_100, 16_000
FILTERS = 16
PRETRAIN_STEPS, STEPS = 100, 1_100
RECIPE = Recipe(learning_rate=4e-3, validate_every=1_100)
LOSSES: dict[int, Loss] = {
    LOW: "normalized_mae",
    CD: "error_to_signal_ratio",
    RATE: "error_to_signal_ratio",
}
OTHER_LOSSES: dict[tuple[str, int], Loss] = {("lowpass", RATE): "normalized_mae"}
"""A rate has the loss that is better on the validation recordings of the low shelf: at 16 kHz with
"normalized_mae" 42.8 dB, with the other 31.2; at 48 kHz, with 8 filters and 1,400 steps, 34.0 and
43.8, of that above 8 kHz 1.0 and 21.0. 44.1 kHz has that of 48. The lowpass at 48 kHz has its own:
34.0 dB with "normalized_mae", 0.3 with the other, for the highs that it counts are not there."""

TAPS = 383
"""Of the causal filter: the reach of the network at 48 kHz, whose filters have 192, twice."""

Band: TypeAlias = Literal["all of it", "above 8 kHz"]
BANDS: tuple[Band, ...] = get_args(Band)
SPLIT_HZ = 8_000
LEAST_DB = -50.0
"""What a recording needs above 8 kHz, of all its energy, to be judged there."""

DRY, CAUSAL = "doing nothing", "causal FIR"
EXACT, RESAMPLED = "equalizer at 16 kHz, resampled", "16 kHz network, resampled"
SHIPPED = "the one that ships, resampled"
NATIVE_48, NATIVE_44, NATIVE_16 = "48 kHz network", "44.1 kHz network", "16 kHz network"
METHODS = {
    **dict.fromkeys((DRY, CAUSAL, EXACT, SHIPPED), RATE),
    NATIVE_16: LOW,
    RESAMPLED: RATE,
    NATIVE_48: RATE,
    NATIVE_44: CD,
}
"""Each method, and the rate in Hz at which it is judged. `RESAMPLED` is what `EQNet.equalize` makes
of sound at 48 kHz, and `EXACT` what it would make of it if the network were perfect. `SHIPPED` is
the package's network for the target, wider and trained for longer. A network that is judged twice
is judged twice in a row: it is trained once."""
TRAINED_AT = {RESAMPLED: LOW, NATIVE_48: RATE, NATIVE_44: CD, NATIVE_16: LOW}


def loss_of(target: str, rate: int) -> Loss:
    """What a network of a rate in Hz minimizes for a target."""
    return OTHER_LOSSES.get((target, rate), LOSSES[rate])


def config(rate: int) -> EQNetConfig:
    """The sizes of the network at a rate, in Hz."""
    return EQNetConfig(filters=FILTERS).at(sample_rate=rate)


@functools.lru_cache(maxsize=4)
def pairs_of(which: Which, target: str, rate: int) -> Pairs:
    """Recordings of a set at a rate in Hz, before and after the target at that rate."""
    eq = replace(TARGETS[target], sample_rate=rate)
    return pair(originals.load(which, sample_rate=rate), eq)


@functools.lru_cache(maxsize=1)
def trained(target: str, rate: int, seed: int) -> EQNet:
    """A network of a rate in Hz, trained on a target."""
    net = EQNet(config(rate), seed=seed)
    both = pairs_of("train", target, rate), pairs_of("validation", target, rate)
    recipe = replace(RECIPE, loss=loss_of(target, rate))
    loop.pretrain(net, *both, steps=PRETRAIN_STEPS, recipe=recipe, seed=seed, progress=False)
    loop.train(net, *both, steps=STEPS, recipe=recipe, seed=seed, progress=False)
    return net


@functools.cache
def keeps_above(target: str) -> bool:
    """Whether the band above 8 kHz is better left as it is than cut off; validation tells."""
    pairs = pairs_of("validation", target, RATE)
    kept, cut = (
        np.mean([of[0] for of in judged(pairs, exact(target, keep_above=keep)).values()])
        for keep in (True, False)
    )
    return bool(kept >= cut)


def exact(target: str, *, keep_above: bool) -> Process:
    """The target as `EQNet.equalize` does it with sound at 48 kHz, its network being perfect."""
    eq = replace(TARGETS[target], sample_rate=LOW)

    def process(audio: np.ndarray) -> np.ndarray:
        low = soxr.resample(audio, RATE, LOW, quality="VHQ")
        wet = soxr.resample(eq(low) - (low if keep_above else 0), LOW, RATE, quality="VHQ")
        wet = np.pad(wet, (0, max(0, len(audio) - len(wet))))[: len(audio)]
        made: np.ndarray = wet + (audio if keep_above else 0)
        return made

    return process


def judged(pairs: Pairs, process: Process) -> dict[str, list[float]]:
    """The SNR in dB of each clip, by its name; and above 8 kHz, where the clip has enough there."""
    found = {}
    for name, dry, wet in zip(pairs.dry.names, pairs.dry, pairs.wet, strict=True):
        output = process(dry)
        values = [float(metrics.snr_db(wet, output))]
        if share_above_db(dry, pairs.dry.sample_rate) >= LEAST_DB:
            high = (above(x, pairs.dry.sample_rate) for x in (wet, output))
            values.append(float(metrics.snr_db(*high)))
        found[name] = [round(value, 2) for value in values]
    return found


def above(audio: np.ndarray, rate: int) -> np.ndarray:
    """What of (samples,) at a rate in Hz lies above 8 kHz, and nothing else."""
    spectrum = np.fft.rfft(audio.astype(np.float64))
    spectrum[np.fft.rfftfreq(len(audio), 1 / rate) <= SPLIT_HZ] = 0
    made: np.ndarray = np.fft.irfft(spectrum, len(audio))
    return made


def share_above_db(audio: np.ndarray, rate: int) -> float:
    """The energy above 8 kHz in dB of all that there is; minus infinity for none."""
    share = (above(audio, rate) ** 2).sum() / (audio.astype(np.float64) ** 2).sum()
    return float(10 * np.log10(share)) if share > 0 else -np.inf


def made(method: str, target: str, seed: int) -> Process:
    """A method for a target, fitted or trained."""
    if method == DRY:
        return np.copy
    if method == EXACT:
        return exact(target, keep_above=keeps_above(target))
    if method == CAUSAL:
        pairs = pairs_of("train", target, RATE)
        return least_squares_fir(pairs, taps=TAPS, advance_samples=0, weighting="clips")
    if method == SHIPPED:
        net = pretrained(target)
    else:
        net = trained(target, TRAINED_AT[method], seed)
    if method in (SHIPPED, RESAMPLED):
        return partial(net.equalize, sample_rate=RATE, keep_above=keeps_above(target))
    return net.process
