"""What causal networks share: no future, and a whole signal as its blocks, for each of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eqlib import EqlibError
from eqlib.networks import causal
from eqlib.networks.dilated import DilatedConfig, DilatedNet
from eqlib.networks.recurrent import RecurrentConfig, RecurrentNet

NETWORKS = {
    "dilated": DilatedNet(DilatedConfig(channels=3, kernel=3, layers=3, growth=2, samples=512)),
    "recurrent": RecurrentNet(RecurrentConfig(units=3, samples=512, context=256)),
}


@pytest.fixture(params=NETWORKS)
def net(request):
    net = NETWORKS[request.param].double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # some begin as doing nothing
        for weights in net.sum.parameters():
            weights.copy_(torch.randn(weights.shape, generator=generator))
    return net


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal(200) / 4


def test_it_knows_nothing_of_the_future(net, noise):
    changed = noise.copy()
    changed[120:] += 1
    np.testing.assert_array_equal(net.process(changed)[:120], net.process(noise)[:120])
    assert abs(net.process(changed)[120] - net.process(noise)[120]) > 1e-3


def test_block_by_block_is_the_same(net, noise, monkeypatch):
    whole = net.process(np.stack((noise, noise[::-1])))
    monkeypatch.setattr(causal, "BLOCK", 17)
    blocks = net.process(np.stack((noise, noise[::-1])))
    np.testing.assert_allclose(blocks, whole, atol=1e-13, rtol=0)


def test_a_stream_is_the_whole_signal_without_delay(net, noise):
    stereo = np.stack((noise, noise[::-1]))
    stream = net.stream()
    blocks = [stream.process(part) for part in np.split(stereo, [1, 4, 60, 61, 150], axis=1)]
    np.testing.assert_allclose(np.hstack(blocks), net.process(stereo), atol=1e-13, rtol=0)
    with pytest.raises(EqlibError, match="as those before"):
        stream.process(noise)
    stream.reset()
    np.testing.assert_allclose(stream.process(noise), net.process(noise), atol=1e-13, rtol=0)


def test_what_it_learns_from_has_its_context_before_it(net):
    segment = net.segment
    assert (segment.samples, segment.context) == (512, net.config.context)
    with pytest.raises(EqlibError, match=rf"\(batch, 1, {segment.context} \+ samples\)"):
        net(torch.zeros(2, 1, segment.context, dtype=torch.float64))
