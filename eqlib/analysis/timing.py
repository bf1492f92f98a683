"""Where time goes: in which operations, and for a second of audio.

Chapter: "Making it fast".
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from torch.profiler import ProfilerActivity, profile

from eqlib.audio import Process
from eqlib.errors import EqlibError, check_integer, checked


@checked
def profiled_ms(function: Callable[[], object], *, most: int = 8) -> dict[str, float]:
    """Runs a function under `torch.profiler`: its longest operations, and the sum of all others.

    Args:
        function: what to run, once; run it before, for the first time is slower.
        most: how many operations to name.

    Returns:
        name -> the time in it alone, without what it called, in ms; the longest first, then
        "all others". A step backwards and autograd's part of it are one. The profiler itself costs
        time, most in short operations.

    Raises:
        EqlibError: for most that is no positive integer, or a function without any operation of
            torch.
    """
    check_integer("most", most, at_least=1, cure="Use 8.")
    with _silent_stderr(), profile(activities=[ProfilerActivity.CPU]) as profiled:
        function()
    spent: dict[str, float] = {}
    for row in profiled.key_averages():
        name = row.key.removeprefix("aten::").removeprefix("autograd::engine::evaluate_function: ")
        spent[name] = spent.get(name, 0.0) + row.self_cpu_time_total / 1e3
    if not spent:
        cure = "Give a function that computes with tensors."
        raise EqlibError("the profile is empty", "one with an operation or more", cure)
    ranked = sorted(spent.items(), key=lambda row: -row[1])
    return dict(ranked[:most]) | {"all others": sum(ms for _, ms in ranked[most:])}


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Without the lines in which the profiler, which is C++, tells that it starts and stops."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@checked
def seconds_for_one(process: Process, sample_rate: int) -> float:
    """How long a method takes for a second of audio: the best of three, on four seconds."""
    audio = np.random.default_rng(0).standard_normal(4 * sample_rate).astype(np.float32) / 10
    times = []
    for _ in range(3):
        began = time.perf_counter()
        process(audio)
        times.append(time.perf_counter() - began)
    return min(times) / 4
