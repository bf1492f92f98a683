"""The training of one network for every peak: its targets are the exact filter's, and it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import data
from eqlib.data.clips import Clips
from eqlib.equalizers.biquad import Biquad
from eqlib.experiments import knobs
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.networks.knobs import PEAK

SMALL = replace(PEAK, filters=4, hidden=16)


@pytest.fixture
def clips():
    flute = data.load(instrument="flute", split="train")[:3]
    return Clips.from_arrays([clip[:8_000] for clip in flute], sample_rate=16_000)


def test_targets_are_the_exact_filters_output_from_the_beginning(clips, monkeypatch):
    net = ConditionedEQNet(SMALL)
    stage = knobs.EveryPeak(clips, net)
    heard = torch.randn(2, 1, knobs.RUN_IN + 1024, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(stage.sampler, "draw", lambda *_: (heard, heard))

    class Drawing:
        recipe = replace(knobs.RECIPE, batch=2)
        generator = torch.Generator().manual_seed(5)

    x, y = stage.draw(Drawing())
    shares = torch.rand(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    for row in range(2):
        f, g, q = shares[row].tolist()
        band = Biquad("peaking", 200 * 20**f, -12 + 24 * g, 0.5 * 4**q)
        b, a = band.coefficients(16_000)
        wet = signal.lfilter(b, a, heard[row, 0].double().numpy())
        np.testing.assert_allclose(y[row, 0], wet[-1024:] * hann, atol=1e-4)
        np.testing.assert_allclose(x[row, 0], heard[row, 0, -1024:].numpy() * hann, atol=1e-6)


def test_it_learns_from_doing_nothing_on(clips):
    recipe = replace(knobs.RECIPE, learning_rate=1e-2, warmup_steps=20)
    net, history = knobs.trained(clips, clips, steps=200, config=SMALL, recipe=recipe)
    nothing, learned = (
        np.mean([snr for of in knobs.judged(clips, method).values() for snr in of])
        for method in ("nothing", net)
    )
    assert learned > nothing + 3
    assert history.validation_snr_db[-1] > nothing
    same = knobs.judged(clips, net, gain_db=0.0)
    assert min(min(of) for of in same.values()) > 120


def test_the_rival_of_still_faders_is_linear(clips):
    still, _ = knobs.trained(clips, clips, steps=3, config=SMALL, network=knobs.StillEQNet)
    setting = knobs.numbers_of(np.array([[800.0, 12.0, 1.0]]))[0]
    x = clips[0]
    loud, soft = (still.process(g * x, setting=setting) for g in (np.float32(1), np.float32(1e-3)))
    np.testing.assert_allclose(soft * 1e3, loud, atol=1e-4)


def test_the_exact_filter_that_is_cut_loses_where_it_rings_longest(clips):
    scores = knobs.judged(clips, "FIR")
    assert min(min(of) for of in scores.values()) > 20
    assert max(max(of) for of in scores.values()) > 80
