"""A test set that nothing was chosen on, scored once for each release.

The book's other test recordings were looked at while it was made: the recipe that hears notes an
octave up was chosen after a look at one of them. These were collected after all networks had been
trained. They are loaded here and nowhere else; `score` refuses to score a release twice, and the
file says when it was done.

    python -m eqlib sealed            # the scores of this release, from the file
    python -m eqlib sealed --check    # computed anew, and compared with it

Chapter: "Results".
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import importlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from eqlib import data, metrics, spectral_metrics
from eqlib.audio import Audio, Process
from eqlib.data.clips import Clips
from eqlib.data.files import replacing
from eqlib.data.pairs import Pairs, pair
from eqlib.errors import EqlibError, checked
from eqlib.experiments import rivals
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval
from eqlib.experiments.plan import Experiment, experiments
from eqlib.experiments.results import machine
from eqlib.experiments.rivals import METHODS
from eqlib.experiments.table import Table, decimals

FOLDER = Path(__file__).resolve().parent / "sealed"
SCORES = FOLDER / "scores.json"

SETS = {
    "new takes": ("piano", "drums"),
    "new instruments": ("cello", "harp", "tabla", "bell"),
    "new music": ("phrases",),
}
"""Folders by the name of the set: instruments that the networks know, played anew; instruments that
no network and no choice has met; loops, phrases and songs."""

MEASURES: dict[str, Callable[[Audio, Audio], np.ndarray]] = {
    "SNR": metrics.snr_db,
    "STFT distance": spectral_metrics.multi_resolution_stft_error,
    "log-spectral distance": spectral_metrics.log_spectral_distance_db,
}
DIGITS = {"SNR": 1, "STFT distance": 3, "log-spectral distance": 2}
INEXACT = {"SNR": 0.1, "STFT distance": 0.002, "log-spectral distance": 0.02}
"""What may differ from machine to machine by rounding, in the mean."""
EXACT_DB = 100.0
"""SNR above which rounding decides, so that `check` asks for no more than this."""

ByClip = dict[str, dict[str, float]]
"""Measure, then recording."""


class Release(TypedDict):
    """What is kept of one scoring.

    Attributes:
        scored: the day.
        recordings: one hash of all sealed recordings.
        machine: where.
        targets: for each target, each method's value of each measure for each recording.
    """

    scored: str
    recordings: str
    machine: Mapping[str, str | int | None]
    targets: dict[str, dict[str, ByClip]]


def version() -> str:
    """This release."""
    return str(importlib.import_module("eqlib").__version__)


def clips() -> Clips:
    """The sealed recordings, with their rows of `sealed/index.csv` as `info`."""
    with open(FOLDER / "index.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Clips.from_arrays(
        [data.read(FOLDER / row["file"]) for row in rows],
        sample_rate=data.SAMPLE_RATE,
        names=[row["file"].removesuffix(".flac") for row in rows],
        info=rows,
    )


def targets() -> dict[str, Experiment]:
    """The experiments whose networks ship."""
    return {name: each for name, each in experiments().items() if each.kind == "target"}


@checked
def score(names: Sequence[str] = (), *, path: Path = SCORES) -> Release:
    """Opens the seal: scores this release's networks and their rivals, once.

    Args:
        names: of targets; all that ship for none.
        path: the file that keeps the scores of each release.

    Raises:
        EqlibError: if this release was scored before, if a target is not known, or if the file is
            damaged.
    """
    known, now = _read(path), version()
    if now in known:
        raise EqlibError(
            f"release {now} was scored on {known[now]['scored']}",
            "a release that was not scored, for whoever scores until it pleases has chosen",
            "Compare with `python -m eqlib sealed --check`, or raise the version for a release.",
        )
    release: Release = {
        "scored": datetime.date.today().isoformat(),
        "recordings": _hash(),
        "machine": machine(),
        "targets": {name: _of_target(each) for name, each in _asked(names).items()},
    }
    text = json.dumps(known | {now: release}, indent=1, allow_nan=False) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return release


@checked
def check(names: Sequence[str] = (), *, path: Path = SCORES) -> list[str]:
    """Computes the scores anew, and tells which are not those of the file.

    Args:
        names: of targets; all that ship for none.
        path: the file that keeps the scores of each release.

    Raises:
        EqlibError: if this release has no scores, or a target is not known.
    """
    told = read(path)
    wrong = [] if told["recordings"] == _hash() else ["the recordings are others"]
    for name, experiment in _asked(names).items():
        for method, again in _of_target(experiment).items():
            for measure, by_clip in again.items():
                before = np.array(list(told["targets"][name][method][measure].values()))
                after = np.array(list(by_clip.values()))
                apart = np.abs(np.minimum(after, EXACT_DB) - np.minimum(before, EXACT_DB)).mean()
                if not apart <= INEXACT[measure]:
                    wrong.append(f"{name}, {method}: {measure} differs by {apart:.3g} in the mean")
    return wrong


@checked
def read(path: Path = SCORES) -> Release:
    """The scores of this release.

    Raises:
        EqlibError: if it has none, or if the file is damaged.
    """
    known, now = _read(path), version()
    if now not in known:
        raise EqlibError(
            f"release {now} is not in {path}",
            f"one of {', '.join(known) or 'none'}",
            "Score it, once: python -m eqlib sealed --score.",
        )
    return known[now]


@checked
def interval(target: str, method: str, measure: str, which: str) -> Interval:
    """The mean of a measure over one of `SETS`, with its interval over pitches, drums and songs.

    Raises:
        EqlibError: for a target that does not ship, or another method, measure or set.
    """
    told = read()["targets"]
    for name, value, known in (
        ("target", target, told),
        ("method", method, METHODS),
        ("measure", measure, MEASURES),
        ("which", which, SETS),
    ):
        _check_one_of(name, value, known)
    values = told[target][method][measure]
    names = [name for name in values if name.split("/")[0] in SETS[which]]
    clusters = [re.sub(r"_(soft|hard)$", "", cluster_of(name)) for name in names]
    return mean_interval(np.array([values[name] for name in names]), clusters)


@checked
def table(*names: str, measure: str = "SNR") -> Table:
    """Each method on each of the sealed sets, a group for each target.

    Args:
        names: of targets.
        measure: one of `MEASURES`.

    Raises:
        EqlibError: for another measure, or a target that does not ship.
    """
    _check_one_of("measure", measure, MEASURES)
    release, digits = read(), DIGITS[measure]

    def cell(*of: str) -> str:
        found = interval(*of)
        tiny = measure != "SNR" and not float(decimals(found.high, digits))
        return f"< {10**-digits:g}" if tiny else found.text(digits)

    rows: list[tuple[str, ...]] = []
    _asked(names)
    for name in names:
        rows.append((name,))
        rows += [(how, *(cell(name, how, measure, which) for which in SETS)) for how in METHODS]
    unit = "" if measure == "STFT distance" else " in dB"
    return Table(
        f"Sealed recordings, scored once, on {release['scored']}: {measure}{unit}, the mean and in "
        "square brackets the interval of 95 % over pitches, drums and songs.",
        ("method", *SETS),
        tuple(rows),
    )


def _of_target(experiment: Experiment) -> dict[str, ByClip]:
    pairs = pair(clips(), experiment.eq)
    return {name: _by_clip(pairs, each) for name, each in rivals.methods(experiment).items()}


def _by_clip(pairs: Pairs, process: Process) -> ByClip:
    both = [(wet, process(dry)) for dry, wet in zip(pairs.dry, pairs.wet, strict=True)]
    return {
        measure: {
            name: float(f"{min(float(of(*each)), 200):.4g}")
            for name, each in zip(pairs.dry.names, both, strict=True)
        }
        for measure, of in MEASURES.items()
    }


def _check_one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise EqlibError(f"{name} is {value!r}", f"one of {', '.join(known)}", "Choose one.")


def _asked(names: Sequence[str]) -> dict[str, Experiment]:
    known = targets()
    for name in names:
        if name not in known:
            cure = f"Choose from {', '.join(known)}."
            raise EqlibError(f"there is no target called {name!r}", "one that ships", cure)
    return {name: each for name, each in known.items() if not names or name in names}


def _read(path: Path) -> dict[str, Release]:
    if not path.exists():
        return {}
    try:
        found: dict[str, Release] = json.loads(path.read_text(encoding="utf-8"))
        for release in found.values():
            release["scored"], release["recordings"], release["targets"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EqlibError(
            f"{path} cannot be read ({error!r})",
            "the scores that `python -m eqlib sealed --score` wrote",
            "Get the file again from version control.",
        ) from error
    return found


def _hash() -> str:
    with open(FOLDER / "index.csv", newline="", encoding="utf-8") as file:
        hashes = sorted(row["sha256"] for row in csv.DictReader(file))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
