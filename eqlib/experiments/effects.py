"""Six effects that are no equalizers, and how far each method comes with them.

`run` fits or trains every method on every effect, from several seeds, and keeps what is finished in
`effects.json`, beside this file; `python -m eqlib effects` calls it. Networks are small (32
channels), and their trainings short, so that a chapter can repeat one of them.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import torch
from filelock import FileLock

from eqlib import checkpoints, metrics
from eqlib.audio import Process
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.baselines.long import long_fir
from eqlib.data.files import replacing
from eqlib.data.pairs import Pairs, pair
from eqlib.effects.compressor import Compressor
from eqlib.effects.modulation import AutoWah, Tremolo
from eqlib.effects.phaser import Phaser
from eqlib.effects.room import Room
from eqlib.effects.waveshaping import Waveshaper
from eqlib.errors import EqlibError
from eqlib.experiments import sets
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.results import machine
from eqlib.experiments.table import Table, decimals
from eqlib.model import EQNet, EQNetConfig
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.dilated import DilatedConfig, DilatedNet
from eqlib.spectral_metrics import multi_resolution_stft_error
from eqlib.training import loop
from eqlib.training.recipe import Recipe

RESULTS = Path(__file__).resolve().parent / "effects.json"
EFFECTS: dict[str, Waveshaper | Compressor | Tremolo | AutoWah | Phaser | Room] = {
    "distortion": Waveshaper(drive_db=12),
    "compressor": Compressor(makeup_db=12),
    "tremolo": Tremolo(),
    "auto-wah": AutoWah(),
    "phaser": Phaser(),
    "room": Room(),
}
SEEDS: dict[str, dict[str, tuple[int, ...]]] = {
    "network": {
        "distortion": (0,),
        "compressor": (0, 1),
        "tremolo": (0,),
        "auto-wah": (0,),
        "phaser": (0,),
        "room": (0,),
    },
    "network with side chain": {"compressor": (0, 1, 2), "auto-wah": (0, 1, 2)},
    "dilated network": {"distortion": (0, 1)},
}
"""What is trained on which effect, and from which seeds."""
SIDE_CHAINS = {
    name: RESULTS.parent / f"{name}-side-chain.safetensors" for name in ("compressor", "auto-wah")
}
"""The weights of the longer trainings, in half precision."""
LONGER_STEPS = 7_000
LONGER = "side chain, 7,000 steps"
NetT = TypeVar("NetT", bound=EQNet)
RECIPE = Recipe(loss="normalized_mae", validate_every=10_000)
RECIPE_DILATED = replace(RECIPE, learning_rate=2e-2)
DILATED = DilatedConfig(channels=8, kernel=3, layers=2, samples=1024)
PRETRAIN_STEPS, TRAIN_STEPS, DILATED_STEPS = 500, 1_500, 1_500

log = logging.getLogger(__name__)


def effect_of(name: str, *, seed: int) -> Process:
    """The effect for one set of clips; an oscillator stands anywhere as a clip begins."""
    effect = EFFECTS[name]
    if not isinstance(effect, Tremolo | Phaser):
        return effect
    rng = np.random.default_rng(seed)
    return lambda audio: replace(effect, phase_deg=float(rng.uniform(0, 360)))(audio)


def pairs_of(name: str) -> dict[str, Pairs]:
    """Training, validation and test pairs of an effect, by split."""
    found = {}
    for seed, split in enumerate(("train", "validation", "test")):
        clips = sets.heard(split, UNHEARD)
        found[split] = pair(clips, effect_of(name, seed=seed))
    return found


def fixed_gain(pairs: Pairs) -> Process:
    """The one gain with the smallest error, relative to each clip's target."""
    both = [(x, y, 1 / float(y @ y)) for x, y in zip(pairs.dry, pairs.wet, strict=True)]
    gain = sum(w * float(x @ y) for x, y, w in both) / sum(w * float(x @ x) for x, _, w in both)
    return lambda audio: gain * audio


def plain(pairs: Pairs, validation: Pairs, seed: int) -> EQNet:
    """The network of the paper, with 32 channels."""
    return _trained(EQNet(EQNetConfig(filters=32), seed=seed), pairs, validation, seed)


def side_chain(
    pairs: Pairs, validation: Pairs, seed: int, *, steps: int | None = None
) -> ConditionedEQNet:
    """The same, with a controller that hears the level's history."""
    net = ConditionedEQNet(ConditionedConfig(filters=32), seed=seed)
    return _trained(net, pairs, validation, seed, steps)


def trained_side_chain(name: str = "compressor") -> ConditionedEQNet:
    """A side chain that ships: trained on an effect, for longer.

    Raises:
        EqlibError: for an effect on which none was.
    """
    if name not in SIDE_CHAINS:
        raise EqlibError(
            f"no side chain was trained on {name!r}",
            f"one of {', '.join(SIDE_CHAINS)}",
            "Choose one.",
        )
    net = checkpoints.load(SIDE_CHAINS[name])
    if not isinstance(net, ConditionedEQNet):
        given = f"{SIDE_CHAINS[name]} holds another network"
        raise EqlibError(given, "a ConditionedEQNet", "Restore it.")
    return net


def dilated(pairs: Pairs, validation: Pairs, seed: int) -> DilatedNet:
    """A small one of dilated convolutions: two layers, which hear ten samples of the past."""
    net = DilatedNet(DILATED, seed=seed)
    both = pairs, validation
    # No EQNet, but it has what this step of training needs: a segment and a process.
    like = cast(EQNet, net)
    loop.train(like, *both, steps=DILATED_STEPS, recipe=RECIPE_DILATED, seed=seed, progress=False)
    return net


def _trained(
    net: NetT, pairs: Pairs, validation: Pairs, seed: int, steps: int | None = None
) -> NetT:
    for step, count in ((loop.pretrain, PRETRAIN_STEPS), (loop.train, steps or TRAIN_STEPS)):
        step(net, pairs, validation, steps=count, recipe=RECIPE, seed=seed, progress=False)
    return net


FITTED: dict[str, Callable[[Pairs], Process]] = {
    "doing nothing": lambda _: np.copy,
    "best fixed gain": fixed_gain,
    "FIR, 127 taps": lambda pairs: least_squares_fir(pairs, weighting="clips"),
    "FIR, 127 taps, causal": lambda pairs: least_squares_fir(
        pairs, advance_samples=0, weighting="clips"
    ),
    "FIR, 2,401 taps, causal": long_fir,
}
"""What needs no seed, by the method's name."""
TRAINED: dict[str, Callable[[Pairs, Pairs, int], EQNet | DilatedNet]] = {
    "network": plain,
    "network with side chain": side_chain,
    "dilated network": dilated,
}
"""What is trained, by the method's name."""


def settings() -> dict[str, object]:
    """All that decides the results, as JSON."""
    steps = {"pretrain": PRETRAIN_STEPS, "train": TRAIN_STEPS, "dilated": DILATED_STEPS}
    return {
        "effects": {name: asdict(effect) for name, effect in EFFECTS.items()},
        "recipe": asdict(RECIPE),
        "recipe_dilated": asdict(RECIPE_DILATED),
        "dilated": asdict(DILATED),
        "steps": steps,
        "longer": LONGER_STEPS,
        "recordings": sets.recordings_hash(),
    }


def judged(pairs: Pairs, process: Process) -> dict[str, float]:
    """Mean and worst SNR in dB over clips, and the mean multi-resolution STFT error."""
    outputs = [process(dry) for dry in pairs.dry]
    both = list(zip(pairs.wet, outputs, strict=True))
    snrs_db = [float(metrics.snr_db(*each)) for each in both]
    stft = [float(multi_resolution_stft_error(*each)) for each in both if len(each[0]) >= 2048]
    return {
        "snr_db": round(float(np.mean(snrs_db)), 3),
        "worst_snr_db": round(min(snrs_db), 3),
        "stft": round(float(np.mean(stft)), 4),
    }


Scores = dict[str, dict[str, dict[str, dict[str, float]]]]
"""By effect, method and seed ("-" where there is none): what `judged` returned, and "seconds"."""


def read(path: Path = RESULTS) -> Scores:
    """The results that are current: by effect, method and seed.

    Other settings of an effect make its own results old, all other settings those of all effects.

    Raises:
        EqlibError: if the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        scores: Scores = found["scores"]
        before = found["settings"] | {"effects": None}
        effects_before: dict[str, object] = found["settings"]["effects"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EqlibError(
            f"{path} cannot be read ({error!r})",
            "the results that `python -m eqlib effects` wrote",
            "Get the file again from version control, or move it away to start anew.",
        ) from error
    if before != settings() | {"effects": None}:
        return {}
    now = {name: asdict(effect) for name, effect in EFFECTS.items()}
    return {name: of for name, of in scores.items() if now.get(name) == effects_before.get(name)}


def run(names: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Fits and trains what the file of results does not hold, and adds each as it is done.

    Args:
        names: of effects; all for none.
        path: of the file.

    Raises:
        EqlibError: for an unknown effect, or a damaged file.
    """
    wanted = list(names) or list(EFFECTS)
    for name in wanted:
        if name not in EFFECTS:
            expected = f"one of {', '.join(EFFECTS)}"
            raise EqlibError(f"there is no effect called {name!r}", expected, "Choose one.")
    for name in wanted:
        missing = [(m, s) for m, s in methods(name) if s not in read(path).get(name, {}).get(m, {})]
        pairs = pairs_of(name) if missing else {}
        for method, seed in missing:
            began = time.perf_counter()
            if method in FITTED:
                process = FITTED[method](pairs["train"])
            elif method == LONGER:
                file = path.parent / SIDE_CHAINS[name].name
                process = _shipped(pairs["train"], pairs["validation"], int(seed), file)
            else:
                process = TRAINED[method](pairs["train"], pairs["validation"], int(seed)).process
            seconds = round(time.perf_counter() - began, 1)
            entry = judged(pairs["test"], process) | {"seconds": seconds}
            log.info("%s, %s, seed %s: %s", name, method, seed, entry)
            _add(path, name, method, seed, entry)


def _add(path: Path, name: str, method: str, seed: str, entry: dict[str, float]) -> None:
    with FileLock(path.parent / f".{path.name}.lock"):
        scores = read(path)
        scores.setdefault(name, {}).setdefault(method, {})[seed] = entry
        content = {"machine": machine(), "settings": settings(), "scores": scores}
        with replacing(path) as temporary:
            text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
            temporary.write_text(text, encoding="utf-8")


def _shipped(pairs: Pairs, validation: Pairs, seed: int, file: Path) -> Process:
    """Trains for longer, and judges what was written to the file beside the results."""
    net = side_chain(pairs, validation, seed, steps=LONGER_STEPS)
    return checkpoints.load(checkpoints.save(net, file, dtype=torch.float16)).process


def methods(name: str) -> list[tuple[str, str]]:
    """Every method for an effect, with every seed that it has there."""
    fitted = [(method, "-") for method in FITTED]
    trained = [(m, str(seed)) for m in TRAINED for seed in SEEDS[m].get(name, ())]
    return fitted + trained + [(LONGER, "0")] * (name in SIDE_CHAINS)


def table(measure: str = "snr_db") -> Table:
    """All methods on all effects: the mean over seeds, of the mean over unheard clips.

    Args:
        measure: "snr_db", "worst_snr_db" or "stft".

    Raises:
        EqlibError: for another measure.
    """
    captions = {
        "snr_db": "Mean SNR in dB on unheard recordings, for each seed.",
        "worst_snr_db": "SNR in dB of the worst unheard recording, for each seed.",
        "stft": "Multi-resolution STFT error on unheard recordings: the smaller, the better.",
    }
    if measure not in captions:
        raise EqlibError(f"measure is {measure!r}", f"one of {', '.join(captions)}", "Choose one.")
    scores, digits = read(), 2 if measure == "stft" else 1
    rows = []
    for method in [*FITTED, *TRAINED, LONGER]:
        found = (scores.get(name, {}).get(method, {}) for name in EFFECTS)
        cells = (
            " / ".join(decimals(s[measure], digits) for s in of.values()) or "-" for of in found
        )
        rows.append((method, *cells))
    return Table(captions[measure], ("method", *EFFECTS), tuple(rows))
