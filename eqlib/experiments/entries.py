"""What the results file holds: names and types of an experiment's entry.

Chapter: "Results".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from eqlib.baselines.least_squares import Weighting

Kind = Literal["target", "ablation", "left-out", "seed"]
"""Of an experiment: its weights ship, one thing is changed, a family of instruments is new, or it
is one of these once more, from another seed."""


class Scores(TypedDict):
    """How a method does on a set of recordings: see `eqlib.experiments.scores.of`."""

    mae: float
    normalized_mae: float
    error_to_signal_ratio: float
    snr_db: float
    worst_snr_db: float
    worst: str
    bands: dict[str, float | None]
    clips: dict[str, float]


class Method(TypedDict):
    """What a method costs, and its scores by the name of the set."""

    parameters: int
    fit_seconds: float
    run_seconds: float
    scores: dict[str, Scores]


class Baseline(Method, total=False):
    """A method that needs no network; filters come with their weighting, biquads with sections."""

    weighting: Weighting
    sos: list[list[float]]


class Baselines(TypedDict):
    """All of them, by name, and the version of the code that fitted them."""

    version: int
    methods: dict[str, Baseline]


class Weights(TypedDict):
    """The file that ships."""

    file: str
    sha256: str
    precision: Literal["half", "single"]
    half_precision_costs_db: float


class Entry(TypedDict, total=False):
    """All that is kept of an experiment: what was trained, where, for how long, how it does.

    Each has everything, but for weights, baselines and history: which of them, its kind decides.
    """

    kind: Kind
    target: str
    equalizer: str
    label: str
    seed: int
    parameters: int
    steps: int
    seconds: float
    processes: int
    threads: int
    machine: Mapping[str, str | int | None]
    torch: str
    history: dict[str, dict[str, object]]
    settings: Mapping[str, object]
    weights: Weights
    run_seconds: float
    scores: dict[str, Scores]
    baselines: Baselines


class Results(TypedDict):
    """The file."""

    networks: dict[str, Entry]
