from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import signal

from eqlib import EqlibError, EQNet, EQNetConfig, Recipe, plots
from eqlib.analysis import channels
from eqlib.plots.vector import svg

SMALL = EQNetConfig(frame=256, hop=64, filters=8, kernel=16, local_kernel=32, pool=16)
FIGURES = {
    "filters_forming": lambda: plots.filters_forming(
        {"step 0": EQNet(SMALL), "step 9": EQNet(SMALL, seed=1)}
    ),
    "gradient_norms": lambda: plots.gradient_norms([3.0, 1.0, 2.0, 8.0]),
    "rates": lambda: plots.rates({"default": Recipe()}, steps=300),
    "curves": lambda: plots.curves([0, 1, 2], {"a": [3, 1, 2]}, xlabel="x", ylabel="y"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_labeled_and_made_without_pyplot(name):
    fig = FIGURES[name]()
    assert isinstance(fig, Figure)
    assert all(ax.get_xlabel() or ax.get_ylabel() for ax in fig.axes)


def test_the_noise_of_four_untrained_networks_is_a_small_file():
    fig = plots.filters_forming({f"step {seed}": EQNet(seed=seed) for seed in range(4)})
    assert svg(fig) is not None


def test_filters_that_form_are_their_gains_and_a_count_of_their_symmetry():
    above, _, below, *_ = FIGURES["filters_forming"]().axes
    net = EQNet(SMALL)
    order = np.argsort(channels.center_frequencies_hz(net))
    weight = net.conv.weight.detach().double().numpy()[order]
    hz = np.geomspace(62.5, 8_000, 100)
    gain = np.array([np.abs(signal.freqz(w, worN=hz, fs=16_000)[1]) for w in weight])
    expected = 20 * np.log10(gain / gain.max(1, keepdims=True))
    np.testing.assert_allclose(above.images[0].get_array(), np.maximum(expected, -120), atol=1e-6)
    np.testing.assert_allclose(above.images[0].get_extent(), [*np.log2([62.5, 8_000]), -0.5, 7.5])
    (counts,) = below.patches
    bins, _ = np.histogram(channels.symmetry(net), np.linspace(-1, 1, 21))
    np.testing.assert_array_equal(counts.get_data().values, bins)


def test_symmetry_is_what_a_path_does_at_its_own_time():
    net = EQNet(SMALL)
    w = net.conv.weight.detach().double().numpy()
    # Tap k acts at lag 7 - k: w convolved with itself at lag zero is the entry 7 + 7.
    expected = [np.convolve(taps, taps)[14] / (taps @ taps) for taps in w]
    np.testing.assert_allclose(channels.symmetry(net), expected)


def test_symmetry_of_a_click_and_of_mirrored_filters():
    net = EQNet(SMALL)
    weight = torch.zeros(8, 16)
    weight[:, 7] = 1
    weight[1, [5, 9]] = torch.tensor([0.3, 0.3])
    weight[2] = torch.zeros(16)
    weight[2, [5, 9]] = torch.tensor([1.0, -1.0])
    net.conv.weight.data = weight
    np.testing.assert_allclose(channels.symmetry(net)[:3], [1, 1, -1])


def test_symmetry_agrees_with_the_path_of_the_network_itself():
    net = EQNet(SMALL)
    click = torch.zeros(1, 1, 256)
    click[..., 100] = 1
    with torch.no_grad():
        for channel in range(8):
            X1 = net.conv(click)
            X1[:, torch.arange(8) != channel] = 0
            y = net.deconv(X1, net.conv.weight)[0, 0, 100].item()
            energy = net.conv.weight[channel].square().sum().item()
            assert channels.symmetry(net)[channel] == pytest.approx(y / energy, abs=1e-5)


def test_the_limit_of_a_gradient_is_a_quantile_of_those_so_far():
    norms = np.random.default_rng(0).exponential(size=600)
    (ax,) = plots.gradient_norms(norms, quantile=0.5).axes
    limit = ax.lines[1].get_ydata()
    for i in (0, 1, 10, 499, 599):
        assert limit[i] == pytest.approx(np.median(norms[max(0, i - 499) : i + 1]))


def test_rates_are_those_of_the_recipe():
    recipe = Recipe(learning_rate=1e-2, warmup_steps=10)
    (ax,) = plots.rates({"r": recipe}, steps=50).axes
    rate = ax.lines[0].get_ydata()
    assert rate[0] == pytest.approx(1e-3)
    assert rate[25] == pytest.approx(1e-2 / 2)


def test_curves_mark_their_lowest_point():
    values = {"a": [3, 1, 2], "b": [1, 2, 3]}
    fig = plots.curves([0, 1, 2], values, xlabel="x", ylabel="y", lowest=True)
    dots = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert [(d.get_xdata()[0], d.get_ydata()[0]) for d in dots] == [(1, 1), (0, 1)]
    assert not any(dot.get_clip_on() for dot in dots)  # the one at the left end is whole


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: plots.filters_forming({}),
        lambda: plots.filters_forming({"a": 1}),
        lambda: plots.gradient_norms([]),
        lambda: plots.gradient_norms([1.0, float("nan")]),
        lambda: plots.gradient_norms([1.0], quantile=2),
        lambda: plots.rates({}, steps=3),
        lambda: plots.rates({"a": 1}, steps=3),
        lambda: plots.rates({"a": Recipe()}, steps=0),
        lambda: plots.curves([0, 1], {}, xlabel="x", ylabel="y"),
        lambda: plots.curves([0, 1], {"a": [1]}, xlabel="x", ylabel="y"),
        lambda: plots.curves([0, 1], {"a": [1, np.nan]}, xlabel="x", ylabel="y"),
        lambda: plots.curves([], {"a": []}, xlabel="x", ylabel="y"),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(EqlibError):
        wrong()


@pytest.mark.parametrize("name", ["$$", "$x^{$", "5 $ and 6 $"])
def test_a_name_with_dollars_is_a_name_and_no_formula(name):
    """It is drawn when it is made: of the first two, matplotlib makes no formula, but an error."""
    fig = plots.rates({name: Recipe(), "usual": Recipe(batch=4)}, steps=50)
    texts = [text for text in fig.findobj(Text) if text.get_text() == name]
    assert texts and not any(text.get_parse_math() for text in texts)
