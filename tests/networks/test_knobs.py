"""Settings of a peak, as the controller hears them."""

from __future__ import annotations

import math

import pytest
import torch

from eqlib import EqlibError
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.networks.knobs import NUMBERS, PEAK, peak_numbers, peak_setting


def test_numbers_are_octaves_decibels_and_waves():
    found = peak_setting(cutoff_hz=800, gain_db=-6, q=2).tolist()
    place = math.log2(800 / 200) / math.log2(20)
    waves = [f(math.pi * k * place) for k in (1, 2, 3, 4) for f in (math.sin, math.cos)]
    assert found == pytest.approx([-0.5, 2 * place - 1, 1, *waves], abs=1e-5)
    assert len(found) == NUMBERS == PEAK.settings


def test_many_settings_are_as_each_by_itself():
    many = [torch.tensor(v) for v in ([200.0, 4_000.0], [0.0, 12.0], [0.5, 1.0])]
    rows = peak_numbers(*many)
    assert torch.equal(rows[1], peak_setting(cutoff_hz=4_000, gain_db=12, q=1))
    assert rows.abs().max() <= 1 and rows[0, 0] == 0


def test_a_new_network_changes_nothing():
    x = torch.randn(2, 1, 1024)
    s = peak_setting(cutoff_hz=800, gain_db=12, q=1).expand(2, -1)
    assert torch.equal(ConditionedEQNet(PEAK)(x, s), x)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cutoff_hz": 100}, "cutoff_hz is 100; expected 200 to 4000"),
        ({"gain_db": 13}, "gain_db is 13; expected -12 to 12"),
        ({"q": 0.4}, "q is 0.4; expected 0.5 to 2"),
    ],
)
def test_what_was_not_learned_is_refused(wrong, words):
    with pytest.raises(EqlibError, match=words):
        peak_setting(**{"cutoff_hz": 800, "gain_db": 6, "q": 1} | wrong)
