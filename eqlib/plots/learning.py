"""Figures of training as it happens: filters that form, gradients that are cut, losses that fall.

    from eqlib import plots

    training_plots.filters_forming({"untrained": EQNet(), "step 100": net})

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from eqlib.errors import EqlibError, check_integer, check_number
from eqlib.model import EQNet
from eqlib.named import check_named
from eqlib.plots.network import center_frequencies_hz
from eqlib.plots.style import OTHERS, ROLES, WIDTH, figure, legend, log_frequency, steps_db, styles
from eqlib.training.recipe import Recipe
from eqlib.training.run import NORMS

LOW_HZ = 62.5


def symmetry(net: EQNet) -> np.ndarray:
    """How symmetric each Conv1D filter is about its time zero: (filters,), from -1 to 1.

    1 is a filter that is its own mirror image, -1 one that becomes its negative, and random taps
    are near 0. It is also what an unreversed path, w * w, does at time zero: sum_k w[k] w[-k]
    over the energy sum_k w[k]^2. A tap without a partner (an even kernel has one) counts in the
    energy only.

    Chapter: "Stage one, unsupervised".
    """
    weight = net.conv.weight.detach().cpu().double().numpy()
    zero = (weight.shape[1] - 1) // 2  # this tap weighs the sample itself
    paired = weight[:, : 2 * zero + 1]
    return (paired * paired[:, ::-1]).sum(1) / (weight**2).sum(1)


@figure
def filters_forming(networks: Mapping[str, EQNet]) -> Figure:
    """The filter bank of several networks, or of one at several moments, side by side.

    Above: the gain of each filter over frequency, 0 dB being its own highest, rows by center
    frequency. Below: how symmetric each filter is (`symmetry`), as a count of filters.

    Look for: speckles (noise) that give way to bands, and the counts that move to the right.

    Args:
        networks: name -> network; four are as many as a phone can show.

    Raises:
        EqlibError: for no network, or what is none.
    """
    check_named("networks", networks)
    for name, net in networks.items():
        if not isinstance(net, EQNet):
            raise EqlibError(f"{name} is a {type(net).__name__}", "an EQNet", "Give a network.")
    fig = Figure(figsize=(WIDTH, 4.6))
    axes = fig.subplots(2, len(networks), sharex="row", sharey="row", squeeze=False)
    for (name, net), (above, below) in zip(networks.items(), axes.T, strict=True):
        sample_rate = net.config.sample_rate
        weight = net.conv.weight.detach().cpu().double().numpy()
        weight = weight[np.argsort(center_frequencies_hz(net))]
        frequencies_hz = np.geomspace(LOW_HZ, sample_rate / 2, 100)
        seconds = np.arange(weight.shape[1]) / sample_rate
        gain = np.abs(weight @ np.exp(-2j * np.pi * np.outer(seconds, frequencies_hz)))
        gain_db = 20 * np.log10(np.maximum(gain / gain.max(1, keepdims=True), 1e-6))
        mesh = above.pcolormesh(frequencies_hz, np.arange(len(weight)), gain_db, **steps_db(-30))
        above.set_title(name)
        above.grid(False)
        log_frequency(above, "x", low_hz=LOW_HZ, high_hz=sample_rate / 2)
        above.set(xticks=[100, 1_000], xlabel="")
        below.hist(symmetry(net), bins=np.linspace(-1, 1, 21), color=OTHERS[0]["color"])
        below.set(xlim=(-1, 1), xticks=(-1, 0, 1))
    axes[0, 0].set_ylabel("filter, by center")
    axes[1, 0].set_ylabel("filters")
    fig.colorbar(mesh, ax=axes[0], label="gain (dB)")
    for ax in axes[0]:
        ax.set_xlabel("Hz")
    for ax in axes[1]:
        ax.set_xlabel("symmetry")
    return fig


@figure
def gradient_norms(norms: Sequence[float], *, quantile: float = 0.5) -> Figure:
    """The length of the gradient at each step, and the limit that clipping would set it.

    The limit of a step is a quantile of the last 500 lengths, its own included.

    Look for: the spikes. What stands above the limit is cut down to it.

    Args:
        norms: one for each step, in order.
        quantile: as `eqlib.Recipe.clip_quantile`.

    Raises:
        EqlibError: for no norm, one that is negative or not finite, or a quantile out of 0 to 1.
    """
    cure = "Give the length of each step's gradient."
    lengths = [check_number("a norm", norm, above=-1e-12, cure=cure) for norm in norms]
    if not lengths:
        raise EqlibError("there is no norm", "one for each step", cure)
    check_number("quantile", quantile, above=0, below=1 + 1e-9, cure="Give a share such as 0.5.")
    limit = [
        np.quantile(lengths[max(0, i + 1 - NORMS) : i + 1], quantile) for i in range(len(lengths))
    ]
    steps = np.arange(1, len(lengths) + 1)
    fig = Figure(figsize=(WIDTH, 3))
    ax = fig.subplots()
    look = OTHERS[0] | {"linewidth": 1}
    ax.plot(steps, lengths, label="length of the gradient", **look)
    ax.plot(steps, limit, label="limit", color=ROLES["output"]["color"])
    ax.set(yscale="log", xlabel="step", ylabel="length", xlim=(1, len(lengths)))
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(lambda length, _: f"{length:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    legend(fig, ax)
    return fig


@figure
def rates(recipes: Mapping[str, Recipe], *, steps: int) -> Figure:
    """The learning rate at each step of a run of so many.

    Look for: the rise of the warm-up, the fall of the cosine, and the area below, which is about
    how far the weights can travel.

    Args:
        recipes: name -> recipe.
        steps: the budget.

    Raises:
        EqlibError: for no recipe, what is none, or no steps.
    """
    check_named("recipes", recipes)
    for name, recipe in recipes.items():
        if not isinstance(recipe, Recipe):
            raise EqlibError(f"{name} is {recipe!r}", "an eqlib.Recipe", "Write Recipe(...).")
    check_integer("steps", steps, at_least=1, cure="Give the steps of a run, such as 300.")
    fig = Figure(figsize=(WIDTH, 2.6))
    ax = fig.subplots()
    for (name, recipe), style in zip(recipes.items(), styles(recipes), strict=True):
        curve = [recipe.rate(step, step / steps) for step in range(steps)]
        ax.plot(np.arange(1, steps + 1), curve, label=name, **style)
    ax.set(xlabel="step", ylabel="learning rate", xlim=(1, steps), ylim=(0, None))
    legend(fig, ax)
    return fig


@figure
def curves(
    x: Sequence[float],
    values: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    lowest: bool = False,
    log: bool = False,
) -> Figure:
    """One or more curves over one variable: a loss surface in one dimension, scores over steps.

    Args:
        x: (points,) what was moved, or the steps.
        values: name -> (points,).
        xlabel: what x is, with its unit.
        ylabel: what the values are, with their unit.
        lowest: marks the lowest point of each curve.
        log: a logarithmic y axis.

    Raises:
        EqlibError: for no curve or point, a curve of another length, or one that is not finite.
    """
    check_named("values", values)
    x = np.asarray(x, np.float64)
    if not x.size:
        raise EqlibError("x has no point", "one or more", "Give what was moved, or the steps.")
    for name, curve in values.items():
        if np.shape(curve) != x.shape or not np.isfinite(curve).all():
            raise EqlibError(
                f"{name} has shape {np.shape(curve)}, or a value that is not finite",
                f"{x.shape}, as x has, and finite numbers",
                "Compute one value for each point of x.",
            )
    fig = Figure(figsize=(WIDTH, 3))
    ax = fig.subplots()
    for (name, curve), style in zip(values.items(), styles(values), strict=True):
        ax.plot(x, curve, label=name, **style)
        if lowest:
            best = np.argmin(curve)
            ax.plot(x[best], curve[best], "o", color=style["color"], markersize=8)
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(x[0], x[-1]), yscale="log" if log else "linear")
    if not log and np.min(list(values.values())) >= 0:
        ax.set_ylim(0, None)
    legend(fig, ax)
    return fig
