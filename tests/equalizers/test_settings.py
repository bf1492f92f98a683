"""Equalizers as dicts: with the type of each stage, and as they were written without it."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

import eqlib
from eqlib import EQ, EqlibError
from eqlib.equalizers.settings import as_written_today
from eqlib.equalizers.targets import TARGETS
from eqlib.experiments import results
from eqlib.networks import shipped

SHIPPED = sorted(shipped.WEIGHTS_FOLDER.glob("*.safetensors"))
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)


def untyped(eq: EQ) -> dict:
    """What `EQ.to_dict` was until stages named their types."""
    return asdict(eq)


def stage(**changes: object) -> dict:
    return {**SHELF.to_dict()["stages"][0], **changes}


def types(value: object) -> list:
    if isinstance(value, list):
        return [found for item in value for found in types(item)]
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == "type"] + types(list(value.values()))
    return []


def test_each_stage_names_its_type_and_json_changes_nothing():
    eq = SHELF.fir(taps=9) + EQ.drawn(frequencies_hz=[50, 90], gains_db=[-3, 6], taps=9)
    eq += EQ.from_taps([1, 0.5], advance_samples=1) + EQ.from_sos(SHELF.sos)
    written = eq.to_dict()
    assert types(written) == ["fir", "biquad", "fir", "curve", "taps", "section"]
    assert json.loads(json.dumps(written)) == written
    assert EQ.from_dict(written) == eq


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_written_without_types_is_read_as_the_same(name):
    eq, old = TARGETS[name], untyped(TARGETS[name])
    assert types(json.loads(json.dumps(old))) == []
    for settings in (old, json.loads(json.dumps(old))):
        assert EQ.from_dict(settings) == eq
        assert as_written_today(settings) == eq.to_dict()
    assert as_written_today(eq.to_dict()) == eq.to_dict()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_checkpoint_still_tells_its_target(path):
    target = "peaking" if path.stem == "peaking-long" else path.stem
    assert EQ.from_dict(eqlib.load(path).info["target"]) == TARGETS[target]


def test_each_result_still_tells_its_target_and_its_biquads():
    found = results.read_results()["networks"]
    fitted = 0
    for entry in found.values():
        eq = EQ.from_dict(entry["settings"]["eq"])
        assert eq == TARGETS[entry["target"]] and eq.describe() == entry["equalizer"]
        if "baselines" in entry:
            method = entry["baselines"]["methods"]["biquads"]
            cascade = EQ.from_sos(method["sos"])
            assert cascade.sos.tolist() == method["sos"]
            assert cascade.parameters == method["parameters"]
            fitted += 1
    assert fitted > 20


def test_what_is_no_equalizer_stays_as_it_is():
    for other in (None, 3, "flat", {}, {"drive_db": 6}, {"stages": 3, "sample_rate": 16_000}):
        assert as_written_today(other) == other


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (3, "stages is 3"),
        ("biquad", "stages is 'biquad'"),
        ([3], "a stage is 3"),
        ([None], "a stage is None"),
        ([{}], "a stage has the keys ; expected those of a biquad"),
        ([stage(type="allpass")], "type 'allpass'; expected one of biquad, .*newer eqlib"),
        ([stage(type=None)], "type None"),
        ([stage(type=["biquad"])], r"type \['biquad'\]"),
        ([stage(type="fir")], "expected those of a fir "),
        ([stage(color="blue")], "keys type, kind.*color; expected those of a biquad"),
        ([{"type": "biquad"}], "keys type; expected those of a biquad"),
        ([stage(cutoff_hz=True)], "cutoff_hz is True"),
        ([stage(cutoff_hz=9_000)], "below 8000"),
        ([{"taps": [1.0], "advance_samples": 0}], "keys taps, advance_samples; expected"),
        ([{"type": "taps", "taps": 1.0, "advance_samples": 0}], r"taps is 1\.0"),
        ([{"type": "taps", "taps": [stage()], "advance_samples": 0}], r"taps\[0\] is Biquad"),
        (
            [{"type": "section"} | dict.fromkeys(("b0", "b1", "b2", "a1"), 0) | {"a2": 2}],
            "pole of magnitude",
        ),
        ([{"type": "curve", "frequencies_hz": [50, 90], "gains_db": [0, 1]}], r"\(Curve\("),
    ],
)
def test_stages_that_cannot_be_are_named(stages, message):
    with pytest.raises(EqlibError, match=message):
        EQ.from_dict({"stages": stages, "sample_rate": 16_000})
