"""The figures of speed."""

from __future__ import annotations

import os

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from eqlib import EqlibError, EQNetConfig, plots
from eqlib.analysis import timing
from eqlib.networks.plain import PlainEQNet

SMALL = EQNetConfig(frame=256, hop=128, filters=8, kernel=16, local_kernel=32, pool=16)


def test_times_draw_a_bar_for_each_way():
    ms = {"Conv1D": {"plain": 30.0, "fast": 12.0}, "pooling": {"plain": 4.0, "fast": 0.5}}
    for log in (False, True):
        fig = plots.times(ms, log=log)
        assert isinstance(fig, Figure)
        assert plt.get_fignums() == []
        (ax,) = fig.axes
        assert sorted(bar.get_width() for bar in ax.patches) == [0.5, 4, 12, 30]
        assert [label.get_text() for label in ax.get_yticklabels()] == list(ms)


@pytest.mark.parametrize(
    ("ms", "log", "message"),
    [
        ({}, False, "milliseconds"),
        ({"a": {"plain": 1.0}, "b": {"fast": 1.0}}, False, "b has fast"),
        ({"a": {"plain": 0.0}}, True, "a, plain"),
        ({"a": {}}, False, "no time"),
        ({"a": {"plain": float("nan")}}, False, "a, plain"),
    ],
)
def test_times_that_cannot_be_drawn_are_told(ms, log, message):
    with pytest.raises(EqlibError, match=message):
        plots.times(ms, log=log)


def test_a_profile_names_the_longest_operation_first_and_adds_up(capfd):
    big = torch.randn(600, 600)
    ms = timing.profiled_ms(lambda: (big @ big).sum(), most=2)
    names = list(ms)
    assert len(ms) == 3
    assert names[0] == "mm"
    assert names[-1] == "all others"
    assert ms["mm"] >= ms[names[1]] >= 0
    assert capfd.readouterr().err == ""
    with pytest.raises(EqlibError, match="empty"):
        timing.profiled_ms(lambda: None)
    with pytest.raises(EqlibError, match="most"):
        timing.profiled_ms(lambda: big + 1, most=0)


def test_a_step_backwards_is_one_operation():
    x = torch.ones(300, 300, requires_grad=True)
    ms = timing.profiled_ms(lambda: F.pad(x @ x, (3, 3)).exp().sum().backward(), most=40)
    backwards = [name for name in ms if "Backward" in name]
    assert {"ConstantPadNdBackward0", "ExpBackward0", "MmBackward0"} <= set(backwards)
    assert not [name for name in ms if "evaluate_function" in name]


def test_stderr_is_back_after_a_profile(capfd):
    timing.profiled_ms(lambda: torch.ones(3) + 1)
    os.write(2, b"back")
    assert capfd.readouterr().err == "back"


@pytest.mark.parametrize(("kernel", "time"), [(2, 4), (3, 5), (5, 8)])
def test_rows_one_shorter_turn_diagonals_into_columns(kernel, time):
    left, right = plots.diagonals(kernel=kernel, time=time).axes

    def cells(ax):
        return {(round(t.get_position()[1]), round(t.get_position()[0])): t for t in ax.texts}

    numbers = {place: int(t.get_text()) for place, t in cells(left).items()}
    for (row, column), t in cells(left).items():
        belongs = row + column if column < time else 0
        assert numbers[row, column] == belongs, t
    for (_, column), t in cells(right).items():
        assert t.get_style() == "italic" or int(t.get_text()) == column  # italic: a zero of padding


@pytest.mark.parametrize("sizes", [{"kernel": 1}, {"kernel": 6, "time": 8}, {"time": 2}])
def test_tables_that_do_not_fit_are_told(sizes):
    with pytest.raises(EqlibError):
        plots.diagonals(**sizes)


def test_the_plain_network_takes_the_papers_sizes_by_default():
    assert sum(np.prod(p.shape) for p in PlainEQNet().parameters()) == 561_473
