"""Biquads fitted by gradient descent: a baseline of a handful of parameters.

A cascade of second-order sections is differentiable through its frequency response: no sample is
ever filtered during the fit. Of each section, b0, b1, b2 are free; its poles are written so that
they cannot leave the unit circle.

Source: the idea is that of S. Nercessian, "Neural parametric equalizer matching using
differentiable biquads", DAFx-20, here without its network. Chapter: "When not to use a network".
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy import fft
from torch import Tensor

from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_type

BINS_TOGETHER = 8  # neighbors of a long spectrum, over which a gentle response hardly changes
STARTS, ADAM_STEPS, LBFGS_STEPS = 4, 600, 600


def fit_biquads(pairs: Pairs, *, sections: int, seed: int = 0) -> EQ:
    """Fits a cascade of biquads to recordings, so that its output comes close to the wet ones.

    With X and Y the spectra of a dry and a wet recording and H the cascade's response, it
    minimizes the logarithm of sum |Y - H X|^2 over recordings and frequencies: first by Adam,
    which finds the way, then by L-BFGS, which goes to its end.

    Args:
        pairs: the recordings to learn from.
        sections: how many biquads.
        seed: of the starts, four of them, where the sections lie spread over the frequencies and
            change nothing. The best fit counts.

    Returns:
        An equalizer of so many sections, at the recordings' sample rate.

    Raises:
        EqlibError: for no sections, a seed below zero, or a fit that ends without a finite error.
    """
    check_type("pairs", pairs, Pairs)
    sections = check_integer("sections", sections, at_least=1, cure="Use 1 to 8.")
    seed = check_integer("seed", seed, at_least=0, cure="Give it as an integer.")
    statistics = _spectra(pairs)
    rng = np.random.default_rng(seed)
    fits = [_descend(*statistics, *_start(sections, rng)) for _ in range(STARTS)]
    error, sos = min(fits, key=lambda fit: fit[0])
    if not math.isfinite(error):
        raise EqlibError(
            f"no fit of {sections} sections with seed {seed} has a finite error",
            "a start from which the fit comes to an end",
            "Choose another seed, or fewer sections.",
        )
    return EQ.from_sos(sos, sample_rate=pairs.dry.sample_rate)


def _start(sections: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Poles, one pair in each part of the spectrum, and zeros on top of them: a flat response."""
    octaves = -6 + 5.5 * (np.arange(sections) + rng.uniform(size=sections)) / sections
    radius = rng.uniform(0.6, 0.9, sections)
    a1, a2 = -2 * radius * np.cos(np.pi * 2.0**octaves), radius**2
    poles = np.stack([np.arctanh(a1 / (1 + a2)), np.arctanh(a2)])
    zeros = np.stack([np.ones(sections), a1, a2])
    return torch.tensor(poles, requires_grad=True), torch.tensor(zeros, requires_grad=True)


def _descend(
    power: Tensor, cross: Tensor, energy: Tensor, omega: Tensor, poles: Tensor, zeros: Tensor
) -> tuple[float, np.ndarray]:
    """The error that one start ends with (infinite if it found no filter), and its sections."""
    z1 = torch.polar(torch.ones_like(omega), -omega)
    z2 = z1 * z1

    def denominators() -> tuple[Tensor, Tensor]:
        a2 = torch.tanh(poles[1])
        return (1 + a2) * torch.tanh(poles[0]), a2

    def log_error() -> Tensor:
        a1, a2 = (a.unsqueeze(-1) for a in denominators())
        b0, b1, b2 = zeros.unsqueeze(-1)
        H = ((b0 + b1 * z1 + b2 * z2) / (1 + a1 * z1 + a2 * z2)).prod(0)
        wrong = (power * H.abs() ** 2 - 2 * (H.conj() * cross).real).sum() + energy
        error: Tensor = (wrong / energy).clamp_min(1e-14).log()
        return error

    adam = torch.optim.Adam([poles, zeros])
    for step in range(ADAM_STEPS):
        adam.param_groups[0]["lr"] = 0.01 * (1 + math.cos(math.pi * step / ADAM_STEPS)) + 1e-4
        adam.zero_grad()
        log_error().backward()
        adam.step()

    lbfgs = torch.optim.LBFGS(
        [poles, zeros],
        max_iter=LBFGS_STEPS,
        history_size=30,
        tolerance_grad=1e-10,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        lbfgs.zero_grad()
        loss = log_error()
        loss.backward()
        return loss

    lbfgs.step(closure)
    with torch.no_grad():
        error = log_error().item()
        a1, a2 = denominators()
        sos = torch.stack([*zeros, torch.ones_like(a1), a1, a2], -1).numpy()
        # In floating point, a pole may be rounded onto the unit circle.
        stable = bool((a2.abs() < 1).all() and (a1.abs() < 1 + a2).all())
    return (error if stable and math.isfinite(error) else math.inf), sos


def _spectra(pairs: Pairs) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """|X|^2 and conj(X) Y, summed over recordings; sum |Y|^2; the frequencies in radians."""
    # Room for what rings on after the end; and a number of bins that BINS_TOGETHER divides.
    size = 2 ** math.ceil(math.log2(int(pairs.dry.lengths.max()) + 4096))
    power, cross, energy = np.zeros(size // 2), np.zeros(size // 2, complex), 0.0
    for dry, wet in zip(pairs.dry.views(), pairs.wet.views(), strict=True):
        X, Y = (fft.rfft(a.astype(np.float64), size)[:-1] for a in (dry, wet))
        power += np.abs(X) ** 2
        cross += X.conj() * Y
        energy += float((np.abs(Y) ** 2).sum())
    power, cross = (a.reshape(-1, BINS_TOGETHER).sum(-1) for a in (power, cross))
    middles = np.arange(len(power)) * BINS_TOGETHER + (BINS_TOGETHER - 1) / 2
    return (
        torch.from_numpy(power),
        torch.from_numpy(cross),
        torch.tensor(energy, dtype=torch.float64),
        torch.from_numpy(middles * (2 * np.pi / size)),
    )
