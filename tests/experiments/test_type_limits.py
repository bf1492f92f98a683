"""What a network for every type could do at best: its reach, and filters that keep to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EQ, data, metrics
from eqlib.experiments import type_limits
from eqlib.experiments.knobs import StillEQNet
from eqlib.experiments.type_steps import EVERY_TYPE

PASS = EQ.highpass(cutoff_hz=300)


@pytest.fixture(scope="module")
def notes():
    return data.load(instrument="piano", split="train")[:6]


def test_the_reach_is_that_of_a_network_whose_faders_do_not_move():
    """Oracle: a click through the network itself."""
    net = StillEQNet(replace(EVERY_TYPE, filters=4))
    torch.nn.init.normal_(net.controller[-1].bias)
    click = torch.zeros(1, 1, 1024)
    click[..., 500] = 1
    with torch.no_grad():
        response = net(click, torch.ones(1, 16)) - net(0 * click, torch.ones(1, 16))
    heard = response[0, 0].abs().gt(1e-7).nonzero()
    assert heard.min() - 500 == -type_limits.FUTURE
    assert heard.max() - 500 == type_limits.PAST


def test_the_cut_response_is_the_beginning_of_the_exact_one(notes):
    sos = signal.butter(2, 300, "highpass", fs=16_000, output="sos")
    h = signal.sosfilt(sos, np.eye(1, 63)[0])
    expected = np.convolve(notes[0], h)[: len(notes[0])]
    np.testing.assert_allclose(type_limits.cut(notes[0], PASS), expected, atol=1e-4)


def test_nothing_within_the_reach_is_better_than_least_squares(notes):
    fitted, cut = (
        metrics.snr_db(PASS(notes[0]), method(notes[0], PASS))
        for method in (type_limits.least_squares, type_limits.cut)
    )
    assert fitted > cut


def test_as_many_shapes_as_taps_are_the_cut_response_and_few_are_less(notes):
    note, reached = notes[0], {}
    for number in (2, 8, 63):
        output = type_limits.Shapes(notes, number)(note, PASS)
        reached[number] = metrics.snr_db(type_limits.cut(note, PASS), output)
    assert reached[2] < reached[8] < 60 < reached[63]


def test_a_level_is_that_of_the_target_beside_the_input(notes):
    half = EQ.from_taps([0.5, 0, 0])
    assert type_limits.level_db(notes[0], half) == pytest.approx(-6.0206, abs=1e-4)
