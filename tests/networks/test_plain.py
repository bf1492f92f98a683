"""The plain network takes what it can hold, and refuses the rest; its numbers: tests/test_model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from eqlib import EqlibError, EQNet, EQNetConfig
from eqlib.analysis.channels import frozen
from eqlib.networks.plain import PlainEQNet

SMALL = EQNetConfig(frame=64, hop=32, filters=4, kernel=8, local_kernel=16, pool=8)


def weights(net: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_a_network_whose_faders_are_frozen_is_refused_and_nothing_is_taken():
    still = frozen(EQNet(SMALL, seed=1), np.ones((4, 8)))
    plain = PlainEQNet(SMALL)
    before = weights(plain)
    with pytest.raises(EqlibError, match=r"net is a FrozenEQNet; expected an EQNet itself"):
        plain.take(still)
    assert torch.equal(weights(plain), before)


@pytest.mark.parametrize(
    "change",
    [{"filters": 1}, {"kernel": 1}, {"orientation": "adjoint"}, {"rectifier": "square"}],
    ids=str,
)
def test_a_network_of_another_config_is_refused_and_nothing_is_taken(change):
    """With a single filter or tap, PyTorch would spread it over all."""
    plain = PlainEQNet(SMALL)
    before = weights(plain)
    name, value = next(iter(change.items()))
    with pytest.raises(EqlibError, match=rf"{name}={value!r}.*PlainEQNet\(net\.config\)"):
        plain.take(EQNet(replace(SMALL, **change), seed=1))
    assert torch.equal(weights(plain), before)
