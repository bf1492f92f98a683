"""The whole network against its plain twin, and the invariants of processing whole signals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from eqlib import EqlibError, EQNet, EQNetConfig, frames
from eqlib.networks.conditioned import ConditionedConfig
from eqlib.networks.plain import PlainEQNet

SMALL = EQNetConfig(frame=256, hop=64, filters=6, kernel=16, local_kernel=32, pool=16)
SETTINGS = [
    SMALL,
    EQNetConfig(**{**SMALL.__dict__, "orientation": "adjoint"}),
    EQNetConfig(**{**SMALL.__dict__, "unpooling": "position"}),
    EQNetConfig(**{**SMALL.__dict__, "rectifier": "square"}),
    EQNetConfig(**{**SMALL.__dict__, "kernel": 15, "local_kernel": 33, "pool": 32}),
]


def relative(got: torch.Tensor, expected: torch.Tensor) -> float:
    return ((got - expected).abs().max() / expected.abs().max()).item()


def test_the_paper_counts_the_same_parameters():
    sizes = {name: p.numel() for name, p in EQNet().named_parameters()}
    assert sizes == {
        "conv.weight": 8_192,
        "conv.bias": 128,
        "conv_local.weight": 16_384,
        "conv_local.bias": 128,
        "dense_local.weight": 524_288,
        "dense_local.bias": 8_192,
        "dense.weight": 4_096,
        "dense.bias": 64,
        "deconv.bias": 1,
    }
    assert sum(sizes.values()) == 561_473


SIZES = ("frame", "hop", "kernel", "local_kernel", "pool", "filters", "units")


@pytest.mark.parametrize(
    ("config", "rate", "expected"),
    [
        (EQNetConfig(), 16_000, (1024, 512, 64, 128, 16, 128, 64)),
        (EQNetConfig(), 8_000, (512, 256, 32, 64, 8, 128, 64)),
        (EQNetConfig(filters=16), 44_100, (2816, 1408, 176, 352, 44, 16, 64)),
        (EQNetConfig(filters=16), 48_000, (3072, 1536, 192, 384, 48, 16, 64)),
        (EQNetConfig(hop=256, kernel=63), 48_000, (3072, 768, 189, 384, 48, 128, 64)),
        # Two units, four hops in a frame: a pool of 5 has no whole hop, one of 4 has.
        (
            EQNetConfig(frame=4, hop=1, filters=1, kernel=3, local_kernel=1, pool=2),
            36_000,
            (8, 2, 6, 2, 4, 1, 2),
        ),
        (EQNetConfig(), 100, (64, 32, 4, 8, 1, 128, 64)),
    ],
)
def test_a_config_at_another_rate_keeps_its_times_and_units(config, rate, expected):
    found = config.at(sample_rate=rate)
    assert tuple(getattr(found, name) for name in SIZES) == expected
    assert found.sample_rate == rate and found.window == config.window


def test_a_network_at_48_khz_has_the_latent_weights_of_the_papers_and_longer_filters():
    ours, theirs = (
        {name: p.numel() for name, p in EQNet(config).named_parameters()}
        for config in (EQNetConfig().at(sample_rate=48_000), EQNetConfig())
    )
    longer = {"conv.weight", "conv_local.weight"}
    for name, count in theirs.items():
        assert ours[name] == (3 * count if name in longer else count)


def test_a_subclass_stays_what_it_is_at_another_rate():
    found = ConditionedConfig(filters=4, controller="history").at(sample_rate=48_000)
    assert isinstance(found, ConditionedConfig) and found.controller == "history"
    with pytest.raises(EqlibError, match="sample_rate"):
        EQNetConfig().at(sample_rate=0)


@pytest.mark.parametrize(
    ("config", "dtype", "tolerance"),
    [(config, torch.float64, 1e-9) for config in SETTINGS]
    + [
        (EQNetConfig(), torch.float32, 1e-5),
        (EQNetConfig(), torch.float64, 1e-9),
        (EQNetConfig(frame=4096, hop=1024, pool=64), torch.float32, 1e-5),
        (EQNetConfig(filters=4).at(sample_rate=44_100), torch.float64, 1e-9),
        (EQNetConfig(filters=4).at(sample_rate=48_000), torch.float64, 1e-9),
    ],
)
@pytest.mark.parametrize("stage", ["whole", "autoencode"])
def test_outputs_and_gradients_are_those_of_the_plain_network(config, dtype, tolerance, stage):
    net = EQNet(config, seed=1).to(dtype)
    plain = PlainEQNet(config).to(dtype).take(net)
    generator = torch.Generator().manual_seed(0)
    x, direction = torch.randn(2, 2, 1, config.frame, dtype=dtype, generator=generator)
    got = net(x) if stage == "whole" else net.autoencode(x)
    expected = plain(x, autoencode=stage == "autoencode")
    assert relative(got, expected) < tolerance

    (got * direction).sum().backward()
    (expected * direction).sum().backward()
    for name, gradient in plain.gradients().items():
        mine = net.get_parameter(name).grad
        if stage == "autoencode" and name.startswith("dense"):
            assert mine is None and not gradient.any()
        else:
            assert relative(mine, gradient) < tolerance, name


def test_unpooling_by_position_is_that_of_pytorch_to_the_last_bit():
    net = EQNet(EQNetConfig(**{**SMALL.__dict__, "unpooling": "position"}))
    x = torch.randn(3, 1, SMALL.frame, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        X1, Z, positions = net.front_end(x, positions=True)
    found = []
    for ours in (True, False):
        P, Z_hat = X1.clone().requires_grad_(), Z.clone().requires_grad_()
        if ours:
            y = net.back_end(P, Z_hat, positions)
        else:
            y = net.deconv(P * F.max_unpool1d(Z_hat, positions, SMALL.pool), net.conv.weight)
        found.append((y, *torch.autograd.grad(y.square().sum(), (P, Z_hat))))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    parts = net.intermediates(x)
    assert torch.equal(parts.X2_hat, F.max_unpool1d(parts.Z_hat, positions, SMALL.pool))


@pytest.mark.parametrize("config", SETTINGS)
def test_intermediates_have_the_names_and_shapes_of_the_table_and_lead_to_the_output(config):
    net, x = EQNet(config), torch.randn(3, 1, config.frame)
    all_of_it = net.intermediates(x)
    wide, narrow = (3, config.filters, config.frame), (3, config.filters, config.units)
    shapes = {name: tuple(value.shape) for name, value in all_of_it._asdict().items()}
    assert shapes == {
        "X1": wide, "P": wide, "X2": wide, "Z": narrow,
        "Z_hat": narrow, "X2_hat": wide, "X1_hat": wide, "y": (3, 1, config.frame),
    }  # fmt: skip
    torch.testing.assert_close(all_of_it.y, net(x), rtol=0, atol=0)
    torch.testing.assert_close(all_of_it.Z, F.max_pool1d(all_of_it.X2, config.pool))
    torch.testing.assert_close(all_of_it.X1_hat, all_of_it.P * all_of_it.X2_hat)
    assert (all_of_it.P == all_of_it.X1).all()
    resynthesized = net.deconv(all_of_it.X1_hat, net.conv.weight)
    torch.testing.assert_close(resynthesized, all_of_it.y, rtol=1e-5, atol=1e-6)


def test_analysis_and_synthesis_share_one_weight():
    net = EQNet(SMALL)
    assert [name for name, _ in net.named_parameters() if "conv.weight" in name] == ["conv.weight"]
    x = torch.randn(1, 1, SMALL.frame)
    X1_hat = net.intermediates(x).X1_hat
    before = net.deconv(X1_hat, net.conv.weight)
    with torch.no_grad():
        net.conv.weight.mul_(2)
    torch.testing.assert_close(net.deconv(X1_hat, net.conv.weight), 2 * before)


def test_frames_of_a_batch_are_processed_one_by_one():
    net, x = EQNet(SMALL), torch.randn(5, 1, SMALL.frame)
    looped = torch.cat([net(one.unsqueeze(0)) for one in x])
    torch.testing.assert_close(net(x), looped, rtol=1e-5, atol=1e-6)


def test_the_seed_decides_the_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first, again, other = EQNet(SMALL), EQNet(SMALL), EQNet(SMALL, seed=1)
    assert (torch.random.get_rng_state() == state).all()
    for name, weight in first.named_parameters():
        assert (weight == again.get_parameter(name)).all()
    assert not torch.equal(first.conv.weight, other.conv.weight)
    assert not first.conv.bias.any() and not first.dense.bias.any()


@pytest.mark.parametrize("samples", [1, 63, 64, 256, 1000])
@pytest.mark.parametrize("leading", [(), (3,), (2, 2)])
def test_process_returns_the_kind_dtype_and_shape_it_was_given(samples, leading):
    net = EQNet(SMALL)
    audio = np.random.default_rng(0).standard_normal((*leading, samples))
    for given in (audio, audio.astype(np.float32)):
        output = net.process(given)
        assert isinstance(output, np.ndarray)
        assert output.dtype == given.dtype and output.shape == given.shape
    tensor = net.process(torch.from_numpy(audio))
    assert isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float64
    np.testing.assert_allclose(tensor.numpy(), net.process(audio))
    looped = np.stack([net.process(row) for row in audio.reshape(-1, samples)])
    np.testing.assert_allclose(net.process(audio).reshape(-1, samples), looped, atol=1e-5)


def test_process_takes_reversed_read_only_and_half_precision_audio():
    net, audio = EQNet(SMALL), np.random.default_rng(0).standard_normal(500).astype(np.float32)
    mirrored = audio[::-1]
    np.testing.assert_array_equal(net.process(mirrored), net.process(mirrored.copy()))
    audio.setflags(write=False)
    assert net.process(audio).flags.writeable
    half = torch.tensor(audio).bfloat16()
    assert torch.equal(net.process(half), net.process(half.float()).bfloat16())


@pytest.mark.parametrize(("window", "hop"), [("hann", 64), ("hann", 128), ("rectangular", 128)])
def test_process_is_the_network_on_windowed_frames_overlapped_by_a_plain_loop(window, hop):
    config = EQNetConfig(**{**SMALL.__dict__, "window": window, "hop": hop})
    net, audio = EQNet(config).double(), np.random.default_rng(0).standard_normal(1000)
    shape = frames.window(window, config.frame).numpy()
    padded = np.pad(audio, (config.frame, 2 * config.frame))
    total, weight = np.zeros_like(padded), np.zeros_like(padded)
    for start in range(hop, len(padded) - config.frame, hop):
        part = slice(start, start + config.frame)
        frame = torch.from_numpy(padded[part] * shape)[None, None]
        total[part] += net(frame).detach().numpy()[0, 0]
        weight[part] += shape
    inside = slice(config.frame, config.frame + 1000)
    np.testing.assert_allclose(net.process(audio), total[inside] / weight[inside], atol=1e-12)


def test_an_identity_network_returns_the_signal(monkeypatch):
    net, audio = EQNet(SMALL), torch.randn(2, 1237)
    monkeypatch.setattr(net, "forward", lambda x: x)
    torch.testing.assert_close(net.process(audio), audio, rtol=0, atol=1e-6)


def test_a_finished_output_never_needs_gradients():
    assert not EQNet(SMALL).process(torch.randn(300, requires_grad=True)).requires_grad


@pytest.mark.parametrize(
    "audio",
    [np.zeros(0), np.zeros((2, 0)), np.array(1.0), np.array([0.1, np.nan]), np.arange(9), [0.1]],
    ids=["empty", "empty rows", "a number", "NaN", "integers", "a list"],
)
def test_process_refuses_what_is_no_audio(audio):
    with pytest.raises(EqlibError):
        EQNet(SMALL).process(audio)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"frame": 0}, "frame is 0"),
        ({"filters": 1.5}, "filters is 1.5"),
        ({"pool": 48}, "pool is 48"),
        ({"hop": 100}, "hop is 100"),
        ({"hop": 1024}, "overlap-add"),
        ({"window": "hamming"}, "'hann' or 'rectangular'"),
        ({"orientation": "forward"}, "'unreversed' or 'adjoint'"),
        ({"unpooling": "nearest"}, "'repeat' or 'position'"),
        ({"rectifier": "relu"}, "'abs' or 'square'"),
    ],
)
def test_a_config_that_cannot_work_is_refused(setting, message):
    with pytest.raises(EqlibError, match=message):
        EQNetConfig(**setting)


@pytest.mark.parametrize("shape", [(2, 2, 256), (2, 256), (2, 1, 255)])
def test_frames_of_another_shape_are_refused(shape):
    with pytest.raises(EqlibError, match="net.process"):
        EQNet(SMALL)(torch.zeros(shape))


def test_process_takes_every_kind_of_float_numpy_has():
    net, audio = EQNet(SMALL), np.random.default_rng(0).standard_normal(500).astype(np.float32)
    for dtype in (np.float16, ">f4", np.longdouble):
        given = audio.astype(dtype)
        assert net.process(given).dtype == given.dtype
    for given in (np.array(["a"]), np.array([None])):
        with pytest.raises(EqlibError, match="floating-point"):
            net.process(given)
