"""Figures of training as it happens: filters that form, gradients that are cut, losses that fall.

    from eqlib import plots

    training_plots.filters_forming({"untrained": EQNet(), "step 100": net})

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from eqlib.errors import EqlibError, check_integer, check_named, check_number
from eqlib.plots.style import OTHERS, ROLES, WIDTH, figure, legend, styles
from eqlib.training.clipping import NORMS
from eqlib.training.history import History
from eqlib.training.recipe import Recipe

_WHOLE: dict[str, Any] = {"clip_on": False, "zorder": 5}  # a dot at an end of the axes


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
    ax.plot(steps, lengths, label="length of the gradient", **OTHERS[0], linewidth=1)
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
    points = np.asarray(x, np.float64)
    if not points.size:
        raise EqlibError("x has no point", "one or more", "Give what was moved, or the steps.")
    for name, curve in values.items():
        if np.shape(curve) != points.shape or not np.isfinite(curve).all():
            raise EqlibError(
                f"{name} has shape {np.shape(curve)}, or a value that is not finite",
                f"{points.shape}, as x has, and finite numbers",
                "Compute one value for each point of x.",
            )
    fig = Figure(figsize=(WIDTH, 3))
    ax = fig.subplots()
    for (name, curve), style in zip(values.items(), styles(values), strict=True):
        ax.plot(points, curve, label=name, **style)
        if lowest:
            best = int(np.argmin(curve))
            ax.plot(points[best], curve[best], "o", color=style["color"], markersize=8, **_WHOLE)
    ax.set(
        xlabel=xlabel,
        ylabel=ylabel,
        xlim=(points[0], points[-1]),
        yscale="log" if log else "linear",
    )
    if not log and np.min(list(values.values())) >= 0:
        ax.set_ylim(0, None)
    legend(fig, ax)
    return fig


@figure
def training(histories: History | Sequence[History] | Mapping[str, History]) -> Figure:
    """How the validation scores went while networks trained; a dot marks the weights kept.

    Look for: whether the curves still got better when the time was up (then more time helps), or
    had turned (then it does not). Pretraining and training are judged by different tasks.

    Args:
        histories: one history, several (named by their stage), or name -> history.

    Raises:
        EqlibError: for no history, what is none, or one without a validation.
    """
    if isinstance(histories, History):
        histories = [histories]
    if isinstance(histories, Sequence):
        names = [getattr(h, "stage", "?") for h in histories]
        if len(set(names)) < len(names):
            names = [f"{number}, {name}" for number, name in enumerate(names, 1)]
        histories = dict(zip(names, histories, strict=True))
    check_named("histories", histories)
    for name, history in histories.items():
        if not isinstance(history, History) or not history.steps:
            given = "has no validation" if isinstance(history, History) else f"is {history!r}"
            cure = "Give what eqlib.pretrain or eqlib.train returned."
            raise EqlibError(f"{name} {given}", "a History with a validation or more", cure)

    fig = Figure(figsize=(WIDTH, 4.2))
    top, bottom = fig.subplots(2, sharex=True)
    for (name, h), style in zip(histories.items(), styles(histories), strict=True):
        for ax, values in ((top, h.validation_mae), (bottom, h.validation_snr_db)):
            ax.plot(h.seconds, values, label=name, **style)
            dot = {"color": style["color"], "markersize": 8, **_WHOLE}
            ax.plot(h.seconds[h.best], values[h.best], "o", **dot)
    top.plot([], [], "o", color=ROLES["input"]["color"], markersize=8, label="weights kept")
    top.set(yscale="log", ylabel="validation mae")
    bottom.set(ylabel="validation SNR (dB)", xlabel="training time (s)", xlim=(0, None))
    fig.align_ylabels()
    legend(fig, top)
    return fig
