"""What a page sends to the kernel may be anything: each message is answered, and none raises."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eqlib import EQ, EqlibError, EQNet, EQNetConfig
from eqlib.widgets import workbench
from eqlib.widgets.drawing import eq_of
from eqlib.widgets.network import NetworkDesk
from eqlib.widgets.workbench import ASKED, RUN, Workbench

NOTE = 0.3 * np.sin(np.arange(4_000) / 5).astype(np.float32)
SMALL = EQNetConfig(frame=256, hop=128, filters=2, kernel=8, local_kernel=8, pool=16)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["mine", *ASKED, "what", "target"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*RUN, "id", "what"]), inner, max_size=4)
    ),
    max_leaves=6,
)
KEYS = ("id", "what", "name", "first", "last", "step", "settings")
MESSAGES = VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, VALUES))
BYTES = st.binary(max_size=9) | st.lists(
    st.sampled_from([0.0, 0.5, 1e30, float("nan")]), max_size=4
).map(lambda values: struct.pack(f"{len(values)}f", *values))
BUFFERS = st.lists(BYTES.map(memoryview), max_size=2)


def answers(component, monkeypatch):
    """What it sends, as JSON would bring it to the page."""
    sent = []
    monkeypatch.setattr(component, "send", lambda m, buffers=(): sent.append(json.dumps(m)))
    return sent


def check(sent, message):
    (told,) = map(json.loads, sent)
    assert told["id"] == (message.get("id") if isinstance(message, dict) else None) or (
        told["id"] != told["id"]
    )
    assert "error" not in told or told["error"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=MESSAGES, buffers=BUFFERS)
def test_the_network_desk_answers_each_message(monkeypatch, message, buffers):
    desk = test_the_network_desk_answers_each_message.desk
    sent = answers(desk, monkeypatch)
    desk._handle_custom_msg(message, buffers)
    if len(sent) == 2:  # a last piece: that it came, and what was made of it
        del sent[0]
    check(sent, message)


test_the_network_desk_answers_each_message.desk = NetworkDesk(
    {"mine": (EQNet(SMALL), lambda audio: audio)}, sounds={"note": NOTE}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=MESSAGES, buffers=BUFFERS)
def test_the_workbench_answers_each_message(monkeypatch, message, buffers):
    bench = test_the_workbench_answers_each_message.bench
    monkeypatch.setattr(bench, "_run_of", lambda net: (_ for _ in ()).throw(MemoryError("none")))
    sent = answers(bench, monkeypatch)
    bench._handle_custom_msg(message, buffers)
    check(sent, message)


test_the_workbench_answers_each_message.bench = Workbench(EQ.flat())


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({}, "what"),
        (None, "not understood"),
        ([1], "not understood"),
        ({"what": "process", "step": None}, "not understood"),
        ({"what": "hear", "id": 3}, "open, start"),
        ({"what": ["open"], "id": 3}, "open, start"),
        ({"what": "start", "id": 3, "settings": None}, "filters is None"),
        ({"what": "start", "id": 3, "settings": RUN | {"seed": True}}, "seed is True"),
        ({"what": "start", "id": 3, "settings": RUN | {"steps": "9"}}, "steps is '9'"),
    ],
)
def test_what_the_workbench_cannot_read_is_told_and_its_network_stays(monkeypatch, message, word):
    bench = Workbench(EQ.flat())
    bench._trained = before = object()
    sent = answers(bench, monkeypatch)
    bench._handle_custom_msg(message, [])
    assert word in json.loads(sent[0])["error"]
    assert bench._trained is before and bench._training is None


def test_all_that_hear_the_page_are_tried_here():
    heard = {
        path.stem
        for path in workbench.Path(workbench.__file__).parent.glob("*.py")
        if "on_msg" in path.read_text(encoding="utf-8")
    }
    assert heard == {"network", "workbench"}


BANDS = st.lists(
    st.dictionaries(
        st.sampled_from(["kind", "cutoff_hz", "gain_db", "q", "bypass", "x"]), VALUES, max_size=5
    ),
    max_size=2,
)
CURVES = st.none() | st.dictionaries(
    st.sampled_from(["frequencies_hz", "gains_db", "x"]), VALUES, max_size=3
)


@settings(deadline=None)
@given(bands=BANDS, curve=CURVES)
def test_what_a_page_draws_is_an_equalizer_or_told(bands, curve):
    try:
        assert isinstance(eq_of(bands, curve, sample_rate=16_000), EQ)
    except EqlibError as error:
        assert str(error)
