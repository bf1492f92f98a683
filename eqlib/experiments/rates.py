"""How networks at 44.1 and 48 kHz compare with those at 16 kHz, all heard on the same recordings.

`run` trains them and measures all, and keeps what is finished in `rates.json`, beside this file;
`python -m eqlib rates` calls it, after `make originals`.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from eqlib import data
from eqlib.errors import EqlibError
from eqlib.experiments import originals, sets, wideband
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval
from eqlib.experiments.originals import RATE, Which
from eqlib.experiments.parts import Measure, Parts
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.table import Table
from eqlib.experiments.wideband import BANDS, CD, LOW, METHODS, TARGETS, TRAINED_AT, Band
from eqlib.networks.shipped import WEIGHTS_FOLDER

RESULTS = Path(__file__).resolve().parent / "rates.json"
SEEDS = {LOW: (0, 1), RATE: (0, 1), CD: (0,)}
AT_CD = ("low-shelf", "air")
"""The targets that are trained at 44.1 kHz, too: one in the bass, and one that reaches the top."""
UNHEARD_SETS: tuple[Which, ...] = ("recordings", "instruments")


def _name(method: str, target: str, seed: int) -> str:
    return f"{target} | {method}" + (f" | seed {seed}" if method in TRAINED_AT else "")


def _seeds(method: str, target: str) -> tuple[int, ...]:
    if TRAINED_AT.get(method) == CD and target not in AT_CD:
        return ()
    return SEEDS[TRAINED_AT[method]] if method in TRAINED_AT else (0,)


def measures() -> dict[str, Measure]:
    """Everything that is measured, by its name: target, method and, of a network, seed."""

    def measure(method: str, target: str, seed: int, _: Path) -> dict[str, list[float]]:
        process = wideband.made(method, target, seed)
        found: dict[str, list[float]] = {}
        for which in UNHEARD_SETS:
            pairs = wideband.pairs_of(which, target, METHODS[method])
            found |= wideband.judged(pairs, process)
        return found

    return {
        _name(method, target, seed): partial(measure, method, target, seed)
        for seed in sorted({seed for of in SEEDS.values() for seed in of})
        for target in TARGETS
        for method in METHODS
        if seed in _seeds(method, target)
    }


def settings() -> dict[str, object]:
    """All that decides the results, as JSON."""
    found = {
        "targets": {name: eq.to_dict() for name, eq in TARGETS.items()},
        "configs": {str(rate): asdict(wideband.config(rate)) for rate in SEEDS},
        "recipe": asdict(wideband.RECIPE),
        "losses": {
            target: {str(rate): wideband.loss_of(target, rate) for rate in SEEDS}
            for target in TARGETS
        },
        "steps": [wideband.PRETRAIN_STEPS, wideband.STEPS],
        "originals": {
            "sources": originals.sources(),
            "seconds": originals.SECONDS,
            "fade_seconds": originals.FADE_SECONDS,
            "onset_db": originals.ONSET_DB,
            "peak": originals.PEAK,
        },
        "least_db": wideband.LEAST_DB,
        "taps": wideband.TAPS,
        "shipped": {name: _hash(name) for name in TARGETS},
        "recordings": sets.recordings_hash(),
    }
    content: dict[str, object] = json.loads(json.dumps(found))
    return content


def _hash(target: str) -> str:
    weights = (WEIGHTS_FOLDER / f"{target}.safetensors").read_bytes()
    return hashlib.sha256(weights).hexdigest()


def _decided_by(part: str, settings: dict[str, Any]) -> object:
    """Of the settings, what is of the part's own network, and what all parts share."""
    target, method = part.split(" | ")[:2]
    rate = str(TRAINED_AT.get(method))
    own = settings["configs"].get(rate), settings["losses"][target].get(rate)
    shipped = settings["shipped"][target] if method == wideband.SHIPPED else None
    others = ("configs", "losses", "shipped")
    return own, shipped, {name: of for name, of in settings.items() if name not in others}


PARTS = Parts("python -m eqlib rates", settings, measures, decided_by=_decided_by)


def run(names: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Fits and trains what the file of results does not hold, and adds each as it is done.

    Args:
        names: beginnings of `measures`; all for none.
        path: of the file.

    Raises:
        EqlibError: for an unknown name, a damaged file, or originals that are not there.
    """
    PARTS.run(names, path)


def interval(method: str, target: str, which: Which, band: Band = "all of it") -> Interval:
    """The mean SNR in dB over unheard recordings and seeds, and its interval of 95 %.

    Args:
        method: one of `METHODS`.
        target: one of `TARGETS`.
        which: "recordings" of the instruments that were heard, or "instruments" that were not.
        band: all of it, or what lies above 8 kHz, where a recording has enough there.

    Raises:
        EqlibError: for a result that there is not.
    """
    for what, given, known in (
        ("method", method, METHODS),
        ("target", target, TARGETS),
        ("which", which, ("recordings", "instruments")),
        ("band", band, BANDS),
    ):
        if given not in known:
            expected = f"one of {', '.join(known)}"
            raise EqlibError(f"{what} is {given!r}", expected, "Choose one.")
    column, family = BANDS.index(band), _families()
    names = [_name(method, target, seed) for seed in _seeds(method, target)]
    parts = PARTS.read(RESULTS)
    rows = [
        {
            clip: values[column]
            for clip, values in parts[name]["values"].items()
            if len(values) > column and (family[clip] in UNHEARD) == (which == "instruments")
        }
        for name in names
        if name in parts
    ]
    if not rows or len(rows) < len(names) or not rows[0]:
        given = f"there is no result for {f'{target} | {method}'!r}"
        raise EqlibError(given, "one of its parts", "Measure it: python -m eqlib rates.")
    table = np.array([[row[clip] for clip in rows[0]] for row in rows])
    return mean_interval(table, [cluster_of(clip) for clip in rows[0]])


def _families() -> dict[str, str]:
    return {row["file"].removesuffix(".flac"): row["family"] for row in data.index()}


def table(band: Band = "all of it", which: Which = "recordings") -> Table:
    """All methods and targets: the mean SNR and its interval.

    Args:
        band: as of `interval`.
        which: as of `interval`.

    Raises:
        EqlibError: for a method that was not measured yet.
    """
    heard = "instruments that were heard" if which == "recordings" else "other instruments"
    caption = f"Mean SNR in dB, {band}, on unheard recordings of {heard}; interval of 95 %."
    rows = []
    for method in METHODS:
        if band == BANDS[1] and METHODS[method] == LOW:
            continue  # there is nothing above 8 kHz
        cells = [
            str(interval(method, target, which, band)) if _seeds(method, target) else "-"
            for target in TARGETS
        ]
        rows.append((method, *cells))
    return Table(caption, ("method", *TARGETS), tuple(rows))
