"""By ear and by number: four measures of the same outputs, and a network trained on one of them.

`run` judges the networks that ship and their rivals, trains small networks on the waveform and on
the spectrum, and keeps what is finished in `ears.json`, beside this file; `python -m eqlib ears`
calls it. What it adds needs the extra "perceptual" (`eqlib.perceptual`).

Chapters: "Results", "Stage two, supervised".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eqlib import checkpoints, metrics, perceptual, spectral_metrics
from eqlib.audio import Audio, Process
from eqlib.config import EQNetConfig
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import TARGETS
from eqlib.errors import EqlibError
from eqlib.experiments import rivals, sets
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval, of_difference
from eqlib.experiments.parts import Measure, Parts
from eqlib.experiments.plan import UNHEARD, experiments
from eqlib.experiments.results import entry
from eqlib.experiments.scores import BASELINES_VERSION
from eqlib.experiments.table import Table
from eqlib.model import EQNet
from eqlib.training import loop
from eqlib.training.recipe import Recipe

RESULTS = Path(__file__).resolve().parent / "ears.json"
SHIPPED = ("low-shelf",)
"""The targets whose networks and rivals are judged."""
TARGET = "low-shelf"
SEEDS = (0, 1)
SECONDS = 3
"""Of each recording, from its beginning."""
MEASURES = ("SNR", "STFT distance", "log-spectral distance", "ViSQOL")
DIGITS = {"SNR": 1, "STFT distance": 3, "log-spectral distance": 2, "ViSQOL": 2}
CONFIG = EQNetConfig(filters=32)
PRETRAIN_STEPS, TRAIN_STEPS = 500, 1_500
WAVEFORM = Recipe(loss="normalized_mae", learning_rate=5e-3, validate_every=10_000)
SPECTRUM = Recipe(loss="multi_resolution_stft", learning_rate=5e-3, validate_every=10_000)
"""Both rates by validation, from seed 0: of `WAVEFORM` by the SNR (47.1 dB, and 42.7 at 1e-2), of
this by the STFT distance (0.007, and 0.011 at 2e-3; in both steps 0.025, and 0.029 at 2e-3)."""


@dataclass(frozen=True)
class Way:
    """How a network is trained.

    Attributes:
        pretrain: the recipe of step one.
        train: of step two.
    """

    pretrain: Recipe
    train: Recipe


WAYS = {
    "waveform": Way(WAVEFORM, WAVEFORM),
    "spectrum": Way(WAVEFORM, SPECTRUM),
    "spectrum from the start": Way(SPECTRUM, SPECTRUM),
}
"""The loss of the networks that ship; the STFT distance after the same step one; and the STFT
distance in both steps, where nothing ever tells the sign of the waveform."""
WEIGHTS = {way: RESULTS.parent / f"ears-{way.replace(' ', '-')}.safetensors" for way in WAYS}
"""Of seed 0, in half precision."""


def recordings() -> Clips:
    """Every second note of the unheard instruments, and phrases, each at most `SECONDS` long."""
    both = sets.to_judge_on(UNHEARD)
    clips = [both["unheard"][::2], both["phrases"]]
    return Clips.from_arrays(
        [clip[: SECONDS * of.sample_rate] for of in clips for clip in of],
        sample_rate=clips[0].sample_rate,
        names=[name for of in clips for name in of.names],
    )


def trained(way: str, seed: int) -> EQNet:
    """A small network, trained on the low shelf in one of `WAYS`."""
    net, how = EQNet(CONFIG, seed=seed), WAYS[way]
    heard, validation = (
        pair(sets.heard(split, UNHEARD), TARGETS[TARGET]) for split in ("train", "validation")
    )
    for step, steps, recipe in (
        (loop.pretrain, PRETRAIN_STEPS, how.pretrain),
        (loop.train, TRAIN_STEPS, how.train),
    ):
        step(net, heard, validation, steps=steps, recipe=recipe, seed=seed, progress=False)
    return net


def network(way: str) -> EQNet:
    """A network that ships, from seed 0.

    Raises:
        EqlibError: for a way that was not tried, or a file that holds another network.
    """
    return checkpoints.load(WEIGHTS[_known("way", way, WAYS)])


def four(target: Audio, output: Audio) -> list[float]:
    """`MEASURES` of one output, at the networks' sample rate."""
    both = target, output
    found = (
        metrics.snr_db(*both),
        spectral_metrics.multi_resolution_stft_error(*both),
        spectral_metrics.log_spectral_distance_db(*both),
        perceptual.visqol_mos(*both, sample_rate=CONFIG.sample_rate),
    )
    return [float(f"{float(each):.4g}") for each in found]


def judged(pairs: Pairs, process: Process) -> dict[str, list[float]]:
    """`MEASURES` of each clip, by its name."""
    clips = zip(pairs.dry.names, pairs.dry, pairs.wet, strict=True)
    return {name: four(wet, process(dry)) for name, dry, wet in clips}


def measures() -> dict[str, Measure]:
    """Everything that is measured: "low-shelf | network", or "trained | waveform | seed 0"."""

    def of_shipped(name: str, method: str, _: Path) -> dict[str, list[float]]:
        experiment = experiments()[name]
        return judged(pair(recordings(), experiment.eq), rivals.methods(experiment)[method])

    def of_trained(way: str, seed: int, path: Path) -> dict[str, list[float]]:
        net = trained(way, seed)
        if seed == SEEDS[0]:
            file = path.parent / WEIGHTS[way].name
            net = checkpoints.load(checkpoints.save(net, file, dtype=torch.float16))
        return judged(pair(recordings(), TARGETS[TARGET]), net.process)

    found: dict[str, Measure] = {}
    for way in WAYS:
        for seed in SEEDS:
            found[f"trained | {way} | seed {seed}"] = partial(of_trained, way, seed)
    for name in SHIPPED:
        for method in rivals.METHODS:
            found[f"{name} | {method}"] = partial(of_shipped, name, method)
    return found


def settings() -> dict[str, object]:
    """All that decides the results, as JSON."""
    return {
        "judged": {
            "recordings": sets.recordings_hash(),
            "left_out": UNHEARD,
            "seconds": SECONDS,
            "silence_s": perceptual.SILENCE_S,
        },
        "trained": {
            "target": TARGETS[TARGET].to_dict(),
            "config": asdict(CONFIG),
            "steps": [PRETRAIN_STEPS, TRAIN_STEPS],
        },
        "ways": {way: asdict(how) for way, how in WAYS.items()},
        "shipped": {
            name: {"weights": entry(name)["weights"]["sha256"], "baselines": BASELINES_VERSION}
            for name in SHIPPED
        },
    }


def _decided_by(part: str, settings: dict[str, Any]) -> object:
    kind, method, *_ = part.split(" | ")
    own = settings["shipped"].get(kind, (settings["trained"], settings["ways"].get(method)))
    return settings["judged"], own


_PARTS = Parts("python -m eqlib ears", settings, measures, decided_by=_decided_by)


def run(names: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Judges and trains what the file of results does not hold, and adds each as it is done.

    Args:
        names: beginnings of `measures`; all for none.
        path: of the file.

    Raises:
        EqlibError: for an unknown name, a damaged file, or without the extra "perceptual".
    """
    if set(measures()) - set(_PARTS.read(path)):
        perceptual.check_library()  # before minutes of training, and weights that are replaced
    _PARTS.run(names, path)


def values(kind: str, method: str, measure: str) -> list[dict[str, float]]:
    """What a method reached: for each seed, if it has seeds, the value of each recording.

    Args:
        kind: one of `SHIPPED`, or "trained".
        method: one of `rivals.METHODS`, or of `WAYS`; "spectrum | seed 0" is one seed alone.
        measure: one of `MEASURES`.

    Raises:
        EqlibError: for another name, or for what was not measured yet.
    """
    column = MEASURES.index(_known("measure", measure, MEASURES))
    beginning = f"{kind} | {method}"
    names = [name for name in measures() if f"{name} |".startswith(f"{beginning} |")]
    if not names:
        cure = "Choose a target and a method, or 'trained' and a way."
        raise EqlibError(f"nothing is called {beginning!r}", "one of measures()", cure)
    found = _PARTS.read(RESULTS)
    missing = [name for name in names if name not in found]
    if missing:
        cure = "Measure it: python -m eqlib ears."
        raise EqlibError(f"there is no result for {missing[0]!r}", "one of its parts", cure)
    return [{clip: of[column] for clip, of in found[name]["values"].items()} for name in names]


def interval(kind: str, method: str, measure: str) -> Interval:
    """The mean over recordings and seeds, and its interval; arguments and errors as `values`."""
    found = values(kind, method, measure)
    rows = np.array([list(of.values()) for of in found])
    return mean_interval(rows, [cluster_of(clip) for clip in found[0]])


def difference(way: str, other: str, measure: str) -> Interval:
    """The mean of a way less that of another, seed by seed; errors as `values`."""
    return of_difference(*(values("trained", each, measure) for each in (way, other)))


def table(*names: str) -> Table:
    """All methods on targets, a group for each, by four measures.

    Args:
        names: of targets, from `SHIPPED`; or "trained", for the networks of `WAYS`.

    Raises:
        EqlibError: for another name.
    """
    rows: list[tuple[str, ...]] = []
    for name in names:
        _known("a name", name, (*SHIPPED, "trained"))
        rows += [(name,)] if len(names) > 1 else []
        for method in WAYS if name == "trained" else rivals.METHODS:
            cells = (_cell(interval(name, method, m), m) for m in MEASURES)
            rows.append((method, *cells))
    caption = (
        f"The {TARGET} on unheard instruments and phrases: SNR and log-spectral distance in dB, "
        "STFT distance, and the opinion score that ViSQOL predicts (4.73 at best). Means, with an "
        "interval of 95 %."
    )
    return Table(caption, ("method", *MEASURES), tuple(rows))


def _cell(found: Interval, measure: str) -> str:
    digits = DIGITS[measure]
    distance = measure in ("STFT distance", "log-spectral distance")
    tiny = distance and found.high < 0.5 * 10**-digits
    return f"< {10**-digits:g}" if tiny else found.text(digits)


def _known(what: str, name: str, known: Iterable[str]) -> str:
    if name not in known:
        raise EqlibError(f"{what} is {name!r}", f"one of {', '.join(known)}", "Choose one.")
    return name
