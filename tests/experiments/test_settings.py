"""What the results file tells of an experiment's settings, and what makes a result stale."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass, fields, replace

import pytest

from eqlib import EQ, EQNetConfig, Recipe
from eqlib.experiments import plan, reproduce, results, sets, settings
from eqlib.experiments.plan import Experiment, experiments
from eqlib.experiments.settings import NOT_STORED, full, sparse
from eqlib.networks import shipped

STORED = results.read_results()["networks"]
LOW_SHELF = experiments()["low-shelf"]


def everything(experiment: Experiment) -> dict:
    """All settings, as they were stored at first: no types in the EQ, an octave where heard."""
    found = asdict(experiment) | {
        "eq": asdict(experiment.eq),
        "recordings": sets.recordings_hash(),
    }
    if not experiment.octave_up:
        del found["octave_up"]
    return json.loads(json.dumps(found))


def is_current(experiment: Experiment) -> bool:
    places = {"results": results.RESULTS, "weights": shipped.WEIGHTS_FOLDER}
    return reproduce.is_current(experiment, **places, quick=False)


TRAINED = [name for name in experiments() if name in STORED]


def test_only_other_seeds_may_be_missing():
    missing = {experiments()[name].kind for name in set(experiments()) - set(TRAINED)}
    assert missing <= {"seed"} and set(STORED) <= set(experiments())


@pytest.mark.parametrize("name", TRAINED)
def test_the_shipped_results_are_current_in_the_form_they_have(name):
    """The first ones hold all settings, the later ones those that are not as usual."""
    experiment = experiments()[name]
    assert STORED[name]["settings"] in (everything(experiment), experiment.settings())
    assert is_current(experiment)


@pytest.mark.parametrize("name", TRAINED)
def test_sparse_settings_are_the_same_settings(name):
    experiment = experiments()[name]
    stored = experiment.settings()
    assert json.loads(json.dumps(stored)) == stored
    assert full(stored) == full(STORED[name]["settings"])
    expected = json.loads(json.dumps(asdict(experiment)))
    assert {key: full(stored)[key] for key in expected} == expected


def test_only_what_is_not_as_usual_is_stored():
    usual = {"name", "target", "kind", "pretrain_steps", "train_steps", "eq", "recordings"}
    stored = LOW_SHELF.settings()
    assert set(stored) == usual | {"recipe"}
    assert stored["recipe"] == {"loss": "normalized_mae", "validate_every": 1_000}
    long_frames = experiments()["peaking, frame-4096"].settings()
    assert long_frames["config"] == {"frame": 4096, "hop": 2048, "pool": 64}
    assert long_frames["recipe"] == {"loss": "normalized_mae", "batch": 2}
    assert experiments()["lowpass"].settings()["octave_up"] is True


def test_every_setting_has_its_line():
    """A new setting gets one in NOT_STORED, with what it was before there was a choice."""
    own = {"name", "target", "kind", "pretrain_steps", "train_steps"}
    assert set(NOT_STORED) == {field.name for field in fields(Experiment)} - own
    assert set(NOT_STORED["config"]) == {field.name for field in fields(EQNetConfig)}
    assert set(NOT_STORED["recipe"]) == {field.name for field in fields(Recipe)}
    assert json.loads(json.dumps(dict(NOT_STORED))) == dict(NOT_STORED), "as JSON has them"


def changed(config=None, recipe=None, **others) -> Experiment:
    others |= {"config": replace(LOW_SHELF.config, **config)} if config else {}
    others |= {"recipe": replace(LOW_SHELF.recipe, **recipe)} if recipe else {}
    return replace(LOW_SHELF, **others)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"train_steps": 15_001},
        {"pretrain_steps": 0},
        {"label": "another"},
        {"left_out": ("brass",)},
        {"left_out": ()},
        {"octave_up": True},
        {"target": "peaking"},
        {"config": {"orientation": "adjoint"}},
        {"config": {"kernel": 128}},
        {"recipe": {"batch": 4}},
        {"recipe": {"loss": "mae"}},
        {"recipe": {"validate_every": 500}},
    ],
    ids=str,
)
def test_what_is_changed_is_stale(changes):
    assert is_current(LOW_SHELF)
    assert not is_current(changed(**changes))


def test_other_recordings_make_results_stale(monkeypatch):
    monkeypatch.setattr(sets, "recordings_hash", lambda: "0" * 64)
    assert not is_current(LOW_SHELF)


def test_another_equalizer_of_the_same_name_makes_results_stale(monkeypatch):
    other = dict(plan.TARGETS) | {"low-shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10.5)}
    monkeypatch.setattr(plan, "TARGETS", other)
    assert not is_current(LOW_SHELF)


# A package with one setting more, each of a kind of its own.


@dataclass(frozen=True)
class NewRecipe(Recipe):
    weight_decay: float = 0.0


@dataclass(frozen=True)
class NewConfig(EQNetConfig):
    dilation: int = 1


@dataclass(frozen=True)
class NewExperiment(Experiment):
    noise_db: float | None = None


def newer(**changes) -> Experiment:
    names = ("name", "target", "kind", "pretrain_steps", "train_steps")
    made = {name: getattr(LOW_SHELF, name) for name in names}
    made["config"] = NewConfig(**asdict(LOW_SHELF.config))
    made["recipe"] = NewRecipe(**asdict(LOW_SHELF.recipe))
    return NewExperiment(**made | changes)


@pytest.fixture
def told(monkeypatch):
    """The three new settings have their lines in the table."""
    table = copy.deepcopy(dict(NOT_STORED))
    table["recipe"]["weight_decay"] = 0.0
    table["config"]["dilation"] = 1
    table["noise_db"] = None
    monkeypatch.setattr(settings, "NOT_STORED", table)


def test_a_new_setting_as_it_was_before_leaves_results_current(told):
    assert is_current(newer())


@pytest.mark.parametrize(
    "changes",
    [
        {"noise_db": -60.0},
        {"recipe": NewRecipe(**asdict(LOW_SHELF.recipe), weight_decay=0.01)},
        {"config": NewConfig(dilation=2)},
    ],
    ids=["experiment", "recipe", "config"],
)
def test_a_new_setting_that_is_used_makes_results_stale(told, changes):
    assert not is_current(newer(**changes))


def test_a_new_setting_without_a_line_is_not_taken_for_granted():
    assert not is_current(newer())


def test_a_new_default_makes_results_stale_and_gives_them_no_other_meaning(tmp_path):
    """Stored sparsely under the old default; then the default changes."""
    stored = {"networks": {"low-shelf": STORED["low-shelf"] | {"settings": LOW_SHELF.settings()}}}
    file = tmp_path / "results.json"
    file.write_text(json.dumps(stored))
    places = {"results": file, "weights": shipped.WEIGHTS_FOLDER, "quick": False}
    assert reproduce.is_current(LOW_SHELF, **places)
    assert "config" not in LOW_SHELF.settings()

    @dataclass(frozen=True)
    class LongKernels(EQNetConfig):
        kernel: int = 96

    by_default = replace(LOW_SHELF, config=LongKernels())
    assert by_default.settings()["config"] == {"kernel": 96}
    assert not reproduce.is_current(by_default, **places)
    # Who wants the old network still gets it.
    as_before = replace(LOW_SHELF, config=LongKernels(kernel=64))
    assert reproduce.is_current(as_before, **places)
    assert full(LOW_SHELF.settings())["config"]["kernel"] == 64


def test_what_is_not_in_the_table_is_kept_whole():
    kept = {"eq": {"stages": []}, "config": {"kernel": 64, "new": {"a": 1}}, "seed": 0}
    assert sparse(kept) == {"eq": {"stages": []}, "config": {"new": {"a": 1}}}
    assert full({})["config"]["frame"] == 1024 and full({})["eq"] is None
