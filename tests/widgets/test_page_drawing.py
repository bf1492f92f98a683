"""The page's drawing of equalizers: typed numbers, freehand lines, undo, links, by Node.js."""

from __future__ import annotations

import numpy as np
import pytest

from nodejs import needs_node, node

pytestmark = needs_node


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1,5", "", 1.5),
        (" -3,25 ", "dB", -3.25),
        ("−3.25 dB", "dB", -3.25),
        ("+ 6dB", "dB", 6),
        ("1.5 kHz", "Hz", 1500),
        ("2k", "Hz", 2000),
        ("1 500 Hz", "Hz", 1500),
        ("12 500,5", "Hz", 12500.5),
        ("1,500 Hz", "Hz", 1500),
        ("0,125 kHz", "Hz", 125),
        (".7", "", 0.7),
        ("1e3", "Hz", 1000),
    ],
)
def test_a_number_is_read_as_people_type_it(tmp_path, text, unit, value):
    assert node(tmp_path, "fields.typed(...value)", [text, unit]) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("", ""), ("loud", "dB"), ("1.2.3", ""), ("1 2", ""), ("3 dB", "Hz"), ("3 Hz", "dB"),
     ("3 kdB", "dB"), ("--3", "dB"), ("1,2,3", ""), ("NaN", ""), ("Infinity", ""), ("5 q", "")],
)  # fmt: skip
def test_what_is_no_number_is_none(tmp_path, text, unit):
    assert node(tmp_path, "Number.isNaN(fields.typed(...value))", [text, unit]) is True


def test_a_line_by_hand_becomes_few_points_close_to_it(tmp_path):
    hz = np.geomspace(80, 5_000, 400)
    rng = np.random.default_rng(0)
    drawn = 8 * np.sin(np.log2(hz) * 1.7) + rng.uniform(-0.1, 0.1, len(hz))
    curve = {"frequencies_hz": [40, 1000, 7000], "gains_db": [3, -3, 6]}
    script = "freehand.sketched(value.curve, value.stroke, [30, 8000])"
    stroke = np.stack([hz, drawn], 1).tolist()
    made = node(tmp_path, script, {"curve": curve, "stroke": stroke})
    points_hz, points_db = np.array(made["frequencies_hz"]), np.array(made["gains_db"])
    assert len(points_hz) <= 20
    assert (np.diff(points_hz) > 0).all()
    inside = (hz > 85) & (hz < 4_700)
    got = np.interp(np.log(hz[inside]), np.log(points_hz), points_db)
    assert np.abs(got - drawn[inside]).max() < 2
    # Beside the line, the curve is what it was.
    assert (points_hz[0], points_db[0]) == (40, 3)
    assert (points_hz[-1], points_db[-1]) == (7000, 6)
    for at in (70, 5_600):
        old = np.interp(np.log(at), np.log(curve["frequencies_hz"]), curve["gains_db"])
        new = np.interp(np.log(at), np.log(points_hz), points_db)
        assert new == pytest.approx(old, abs=0.01)


def test_undo_takes_a_gesture_at_once_and_a_new_step_forgets_what_was_undone(tmp_path):
    script = """(() => {
        const history = new past.DrawingHistory(0);
        const drag = {};
        for (const state of [1, 2, 3]) history.note(state, drag);
        history.note(4);
        history.note(4);
        const seen = [history.go(-1), history.go(-1), history.go(-1), history.go(1)];
        history.note(9);
        return [...seen, history.go(1), history.go(-1), history.past, history.future];
    })()"""
    assert node(tmp_path, script, None) == [3, 0, None, 3, None, 3, True, True]


def test_added_bands_do_not_pile_up(tmp_path):
    script = """(() => {
        const drawing = new drawings.Drawing({ bands: [] }, 16000);
        for (let k = 0; k < 14; k++) drawing.append();
        return drawing.bands.map((band) => band.cutoff_hz);
    })()"""
    hz = sorted(node(tmp_path, script, None))
    assert len(hz) == 14
    assert min(np.diff(np.log2(hz))) > 0.15
