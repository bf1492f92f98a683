"""Each fast layer against its plain form, its gradients against numerical ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from eqlib.errors import EqlibError
from eqlib.layers import Conv1D, Conv1DLocal, DeConv1D, Dense, LocallyConnectedDense, max_pool

SIZES = [
    (2, 3, 48, 8),
    (1, 5, 40, 7),
    (3, 2, 16, 16),
    (2, 4, 96, 1),
    (2, 3, 5, 8),
]  # batch, C, time, kernel


def same(x: torch.Tensor, kernel: int) -> torch.Tensor:
    return F.pad(x, ((kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2))


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()


def assert_same_with_gradients(fast, plain, inputs) -> None:
    """Equal outputs, and equal gradients of a random projection of them, to 1e-12."""
    got, expected = fast(*inputs), plain(*inputs)
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)
    direction = torch.randn_like(expected)
    for a, b in zip(
        torch.autograd.grad(got, inputs, direction),
        torch.autograd.grad(expected, inputs, direction),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def with_weights(layer: torch.nn.Module):
    """The layer as a function of its input, weight and bias, so that all three get gradients."""

    def call(x, weight, bias):
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, (x,))

    return call


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("batch", "channels", "time", "kernel"), SIZES)
def test_conv1d_without_gradients_is_numpys_correlation(batch, channels, time, kernel, dtype):
    layer = Conv1D(channels, kernel).to(dtype)
    torch.nn.init.normal_(layer.bias)
    x = randn(batch, 1, time).detach().to(dtype)
    with torch.no_grad():
        got = layer(x).numpy()
    left = (kernel - 1) // 2
    padded = np.pad(x[:, 0].double().numpy(), ((0, 0), (left, kernel - 1 - left)))
    bank, bias = layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()
    expected = [[np.correlate(row, taps) for taps in bank] for row in padded] + bias[:, None]
    atol = 1e-5 if dtype == torch.float32 else 1e-13
    np.testing.assert_allclose(got, expected, rtol=0, atol=atol)


@pytest.mark.parametrize(("batch", "channels", "time", "kernel"), SIZES)
def test_conv1d_is_a_plain_convolution(batch, channels, time, kernel):
    def plain(x, weight, bias):
        return F.conv1d(same(x, kernel), weight.unsqueeze(1), bias)

    inputs = (randn(batch, 1, time), randn(channels, kernel, seed=1), randn(channels, seed=2))
    assert_same_with_gradients(with_weights(Conv1D(channels, kernel).double()), plain, inputs)


@pytest.mark.parametrize(("batch", "channels", "time", "kernel"), SIZES)
def test_conv1d_local_is_a_grouped_convolution(batch, channels, time, kernel):
    def plain(x, weight, bias):
        return F.conv1d(same(x, kernel), weight.unsqueeze(1), bias, groups=channels)

    inputs = (randn(batch, channels, time), randn(channels, kernel, seed=1), randn(channels))
    assert_same_with_gradients(with_weights(Conv1DLocal(channels, kernel).double()), plain, inputs)


@pytest.mark.parametrize(("batch", "channels", "time", "kernel"), SIZES)
@pytest.mark.parametrize("orientation", ["unreversed", "adjoint"])
def test_deconv1d_is_a_plain_convolution_or_its_transpose(
    batch, channels, time, kernel, orientation
):
    layer = DeConv1D(orientation).double()
    torch.nn.init.constant_(layer.bias, 0.3)

    def plain(x, weight):
        if orientation == "unreversed":
            return F.conv1d(same(x, kernel), weight.unsqueeze(0), layer.bias)
        left = (kernel - 1) // 2
        return F.conv_transpose1d(x, weight.unsqueeze(1), layer.bias)[..., left : left + time]

    inputs = (randn(batch, channels, time), randn(channels, kernel, seed=1))
    assert_same_with_gradients(layer, plain, inputs)


def test_an_orientation_that_does_not_exist_is_refused():
    with pytest.raises(EqlibError, match="'Adjoint'.*'unreversed' or 'adjoint'"):
        DeConv1D("Adjoint")


def test_adjoint_deconvolution_is_the_transpose_of_the_convolution():
    conv, deconv = Conv1D(4, 9).double(), DeConv1D("adjoint").double()
    x, y = randn(2, 1, 40), randn(2, 4, 40, seed=1)
    torch.testing.assert_close((conv(x) * y).sum(), (x * deconv(y, conv.weight)).sum())


def test_locally_connected_dense_is_a_loop_over_channels():
    layer = LocallyConnectedDense(5, 6).double()
    torch.nn.init.normal_(layer.bias)
    x = randn(3, 5, 6)
    looped = torch.stack([x[:, c] @ layer.weight[c] + layer.bias[c] for c in range(5)], 1)
    torch.testing.assert_close(layer(x), looped)


@pytest.mark.parametrize("layer", [Conv1DLocal(4, 16), LocallyConnectedDense(4, 32)])
def test_channels_of_a_local_layer_do_not_see_each_other(layer):
    x = torch.randn(2, 4, 32)
    changed = x.clone()
    changed[:, 2] += torch.randn(2, 32)
    moved = (layer(changed) - layer(x)).abs().amax((0, 2)) > 1e-3
    assert moved.tolist() == [False, False, True, False]


def test_max_pool_is_max_pooling_and_shares_ties():
    x = randn(2, 3, 40)
    assert_same_with_gradients(lambda t: max_pool(t, 8), lambda t: F.max_pool1d(t, 8), (x,))
    silence = torch.zeros(1, 1, 8, requires_grad=True)
    max_pool(silence, 4).sum().backward()
    torch.testing.assert_close(silence.grad, torch.full((1, 1, 8), 0.25))


@pytest.mark.parametrize("size", [4, 16])
def test_softplus_after_pooling_equals_softplus_before(size):
    x = randn(3, 5, 64) * 20
    torch.testing.assert_close(
        F.softplus(max_pool(x, size)), max_pool(F.softplus(x), size), rtol=1e-14, atol=0
    )


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv1D(3, 6), (2, 1, 20)),
        (Conv1DLocal(3, 6), (2, 3, 20)),
        (LocallyConnectedDense(3, 5), (2, 3, 5)),
        (Dense(5), (2, 3, 5)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_gradcheck(layer, shape):
    layer = layer.double()
    inputs = (randn(*shape), *(randn(*p.shape, seed=3) for p in (layer.weight, layer.bias)))
    assert torch.autograd.gradcheck(with_weights(layer), inputs)


@pytest.mark.parametrize("orientation", ["unreversed", "adjoint"])
def test_gradcheck_deconv1d(orientation):
    inputs = (randn(2, 3, 20), randn(3, 6, seed=1))
    assert torch.autograd.gradcheck(DeConv1D(orientation).double(), inputs)


def test_gradcheck_max_pool():
    assert torch.autograd.gradcheck(lambda x: max_pool(x, 4), (randn(2, 3, 16),))


def test_initial_weights_have_the_variances_of_lecun_and_glorot():
    torch.manual_seed(0)
    assert Conv1D(400, 64).weight.var().item() == pytest.approx(1 / 64, rel=0.03)
    assert Conv1DLocal(200, 128).weight.var().item() == pytest.approx(1 / 128, rel=0.03)
    assert LocallyConnectedDense(8, 64).weight.var().item() == pytest.approx(1 / 64, rel=0.03)
    assert Dense(256).weight.var().item() == pytest.approx(1 / 256, rel=0.03)


@pytest.mark.parametrize(("batch", "channels", "time", "kernel"), SIZES)
def test_conv1d_local_gives_the_same_bits_without_gradients(batch, channels, time, kernel):
    layer = Conv1DLocal(channels, kernel)
    torch.nn.init.normal_(layer.bias)
    x = randn(batch, channels, time).float().detach()
    expected = layer(x)
    with torch.no_grad():
        assert torch.equal(layer(x), expected)
    with torch.inference_mode():
        assert torch.equal(layer(x), expected)
