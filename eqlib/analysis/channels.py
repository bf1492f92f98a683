"""A network seen from inside: its channels, their paths, and the faders that move them.

The filters that a network learns have no order. Pictures sort them by `center_frequencies_hz`.

Chapters: "The latent-space DNN", "The synthesis back-end", "What the network learned".
"""

from __future__ import annotations

import copy

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from scipy import optimize
from torch import Tensor

from eqlib import frames
from eqlib.analysis.systems import SweepResponse
from eqlib.audio import Audio, check_mono, check_shape, to_tensor
from eqlib.config import EQNetConfig
from eqlib.equalizers.stage import taps_response
from eqlib.errors import EqlibError, check_number, checked
from eqlib.layers import max_pool
from eqlib.model import EQNet


@checked
def filters(net: EQNet) -> np.ndarray:
    """The Conv1D filters of a network, (C, K) float64, as its layers correlate with them."""
    return net.conv.weight.detach().cpu().double().numpy()


@checked
def windowed_frames(net: EQNet, audio: Audio) -> Tensor:
    """The frames of a sound as the network hears them.

    Args:
        net: the network.
        audio: (samples,), numpy or torch.

    Returns:
        (frames, 1, frame) under the window, in the network's dtype and on its device.

    Raises:
        EqlibError: for audio that is not mono, is empty, or not finite floating point.
    """
    config, signal = net.config, to_tensor("audio", audio)
    check_mono("audio", signal)
    cut = frames.cut(signal.double(), frame=config.frame, hop=config.hop)
    windowed = cut * frames.window(config.window, config.frame).to(cut)
    return windowed.unsqueeze(1).to(net.conv.weight)


@checked
@torch.no_grad()
def faders(net: EQNet, audio: Audio) -> np.ndarray:
    """Z_hat for each frame of a sound: the gain of each channel, from moment to moment.

    Args:
        net: the network.
        audio: (samples,), numpy or torch.

    Returns:
        (frames, C, units) float32.

    Raises:
        EqlibError: for audio that is not mono, is empty, or not finite floating point.
    """
    # A few frames at a time: X1 alone takes 16 times the room of Z_hat.
    parts = windowed_frames(net, audio).split(frames.AT_ONCE_ON_CPU)
    gains = [net.latent(net.front_end(x, positions=False)[1]) for x in parts]
    return torch.cat(gains).float().cpu().numpy()


class FrozenEQNet(EQNet):
    """A network whose faders do not listen: Z_hat is the same for every frame, whatever sounds.

    `frozen` makes one of another network; a new one has all faders at one. The faders are no
    parameters: training moves the filters and leaves them. The latent-space DNN is still there,
    and does nothing.

    Attributes:
        gains: (C, units), the faders. Saved, loaded and copied with the weights.

    Args and shapes: as of `EQNet`.
    """

    gains: Tensor

    @checked
    def __init__(self, config: EQNetConfig | None = None, *, seed: int = 0) -> None:
        super().__init__(config, seed=seed)
        self.register_buffer("gains", torch.ones(self.config.filters, self.config.units))

    def latent(self, Z: Tensor) -> Tensor:
        """Z -> the faders, both (batch, C, units)."""
        return self.gains.expand_as(Z)


def frozen(net: EQNet, gains: ArrayLike) -> FrozenEQNet:
    """A copy of a network whose faders no longer listen: Z_hat is the same for every frame.

    Args:
        net: the network, which stays as it is.
        gains: (C, units), or (C, 1) for faders that stand still within a frame too.

    Raises:
        EqlibError: for gains of another shape, or not finite, and for a network that is neither
            an `EQNet` nor a `FrozenEQNet`: what else its class does would be lost.
    """
    if type(net) not in (EQNet, FrozenEQNet):
        raise EqlibError(
            f"net is a {type(net).__name__}",
            "an EQNet",
            "Write a class of your own whose latent returns the faders, as FrozenEQNet does.",
        )
    C, units = net.config.filters, net.config.units
    try:
        values = np.asarray(gains)
    except ValueError as error:  # rows of different lengths
        cure = "Take the mean of channels.faders over its first axis."
        raise EqlibError(f"gains is no array ({error})", f"({C}, {units})", cure) from error
    if values.shape not in ((C, units), (C, 1)):
        raise EqlibError(
            f"gains has shape {values.shape}",
            f"({C}, {units}) or ({C}, 1)",
            "Take the mean of channels.faders over its first axis, or over its first and last.",
        )
    if values.dtype.kind not in "fiu":
        raise EqlibError(f"gains holds {values.dtype}", "real numbers", "Give linear gains.")
    copied = FrozenEQNet(net.config).to(net.conv.weight).train(net.training)
    constant = torch.from_numpy(values.astype(np.float64)).to(copied.gains)
    if not constant.isfinite().all():
        raise EqlibError(
            "gains has values that are NaN, infinite or too large for the network's weights",
            "finite numbers",
            "Look for a division by zero, or a gain in dB that was taken for a linear one.",
        )
    copied.load_state_dict({**net.state_dict(), "gains": constant.expand(C, units)})
    for name, parameter in net.named_parameters():
        copied.get_parameter(name).requires_grad_(parameter.requires_grad)
    copied.info = copy.deepcopy(net.info)
    return copied


@checked
@torch.no_grad()
def front_end(net: EQNet, audio: Audio, *, multiple: int = 1) -> tuple[np.ndarray, ...]:
    """What the front-end makes of a whole sound, uncut.

    Args:
        net: the network.
        audio: (samples,), a multiple of the network's pool.
        multiple: what else must divide the samples.

    Returns:
        X1 and the smoothed envelopes, both (C, samples), and Z, (C, samples / pool).

    Raises:
        EqlibError: for audio of another length or kind.
    """
    signal, multiple = to_tensor("audio", audio), max(multiple, net.config.pool)
    if signal.ndim != 1 or len(signal) % multiple:
        raise EqlibError(
            f"audio has shape {tuple(signal.shape)}",
            f"one row of samples, a multiple of {multiple}",
            f"Cut it: audio[:{signal.shape[-1] // multiple * multiple}].",
        )
    X1 = net.conv(signal.to(net.conv.weight).view(1, 1, -1))
    envelopes = net.conv_local(net.rectify(X1))
    Z = F.softplus(max_pool(envelopes, net.config.pool))
    return tuple(part[0].float().cpu().numpy() for part in (X1, envelopes, Z))


@checked
def static_response(net: EQNet, audio: Audio, *, frequencies_hz: np.ndarray) -> SweepResponse:
    """The response that a network has if its faders stand still: sum over c of g_c W_c(f)^2.

    The gains g are means of `faders`: over the louder half of a sound's frames, and in a frame
    weighted by its window, for a fader at the faded ends moves next to nothing. Biases, which act
    on no input, are left out.

    Args:
        net: the network; one whose orientation is "adjoint" has |W_c|^2 instead.
        audio: (samples,), where the gains come from.
        frequencies_hz: (points,) in Hz.

    Raises:
        EqlibError: as `faders`.
    """
    config, signal = net.config, to_tensor("audio", audio)
    check_mono("audio", signal)
    cut = frames.cut(signal.double(), frame=config.frame, hop=config.hop)
    level = cut.square().mean(-1).cpu().numpy()
    window = frames.window(config.window, config.frame).numpy().reshape(-1, config.pool).mean(-1)
    gains = faders(net, audio)[level >= np.median(level)].mean(0) @ (window / window.sum())
    paths = path_responses(net, frequencies_hz=frequencies_hz)
    return SweepResponse(np.asarray(frequencies_hz), gains @ paths)


@checked
def path_responses(net: EQNet, *, frequencies_hz: np.ndarray) -> np.ndarray:
    """What each channel's path does to each frequency, its fader at one: W_c(f)^2.

    Chapter: "The latent-space DNN".

    Args:
        net: the network; one whose orientation is "adjoint" has |W_c|^2 instead.
        frequencies_hz: (points,) in Hz.

    Returns:
        (C, points) complex. A mix with gains g has the response ``g @ path_responses(...)``.
    """
    check_shape("frequencies_hz", frequencies_hz, ("points",))
    weight = filters(net)
    # The layers correlate: tap k acts at lag left - k.
    lags = (net.config.kernel - 1) // 2 - np.arange(net.config.kernel)
    W = taps_response(weight, lags, frequencies_hz, sample_rate=net.config.sample_rate)
    return W**2 if net.deconv.orientation == "unreversed" else np.abs(W) ** 2


@checked
def channel_paths(net: EQNet) -> np.ndarray:
    """What each channel does to a click from Conv1D through deConv1D, its fader at one.

    Args:
        net: the network; its orientation decides.

    Returns:
        (C, 2 K + 1) float64 impulse responses, for the lags from -K to K.
    """
    weight = filters(net)
    taps, left = weight.shape[1], (weight.shape[1] - 1) // 2
    # The layers correlate: tap k acts at lag left - k, the same filter again at 2 left - k.
    once_more = weight[:, ::-1] if net.deconv.orientation == "adjoint" else weight
    latest = taps - 1 if net.deconv.orientation == "adjoint" else 2 * left
    paths = np.zeros((len(weight), 2 * taps + 1))
    first = taps + latest - 2 * (taps - 1)  # the place of the earliest lag; lag 0 is at `taps`
    for path, w, again in zip(paths, weight, once_more, strict=True):
        path[first : first + 2 * taps - 1] = np.convolve(w, again)[::-1]
    return paths


@checked
def best_faders(paths: np.ndarray, target: np.ndarray, *, ridge: float = 1e-4) -> np.ndarray:
    """The faders whose sum of paths comes closest to an impulse response, by least squares.

    They minimize

        sum_n (sum_c g_c path_c[n] - target[n])^2 + ridge * (largest path energy) * sum_c g_c^2

    among faders g_c >= 0, for the softplus at the end of the latent-space DNN makes no others.
    The second sum keeps channels that are almost alike from fighting with enormous gains.

    Args:
        paths: (C, lags), such as `channel_paths` returns.
        target: (lags,) the impulse response at the same lags.
        ridge: how much large faders cost.

    Returns:
        (C,) float32.

    Raises:
        EqlibError: for a target of another length, or a ridge that is not positive.
    """
    if np.shape(target) != paths.shape[1:]:
        raise EqlibError(
            f"target has shape {np.shape(target)}",
            f"{paths.shape[1:]}, the lags of the paths",
            "Give the impulse response at the lags from -K to K.",
        )
    check_number("ridge", ridge, above=0, cure="Use 1e-4, or less for larger faders.")
    cost = np.sqrt(ridge * (paths**2).sum(1).max()) * np.eye(len(paths))
    rows = np.concatenate((paths.T, cost))
    gains, _ = optimize.nnls(rows, np.concatenate((target, np.zeros(len(paths)))))
    return np.asarray(gains, dtype=np.float32)


@checked
def center_frequencies_hz(net: EQNet) -> np.ndarray:
    """The centroid of each Conv1D filter's power spectrum, (filters,), in Hz."""
    power = np.abs(np.fft.rfft(filters(net), 512)) ** 2
    bins_hz = np.fft.rfftfreq(512, 1 / net.config.sample_rate)
    centroids_hz: np.ndarray = power @ bins_hz / power.sum(1)
    return centroids_hz


@checked
def symmetry(net: EQNet) -> np.ndarray:
    """How symmetric each Conv1D filter is about its time zero: (filters,), from -1 to 1.

    1 is a filter that is its own mirror image, -1 one that becomes its negative, and random taps
    are near 0. It is also what an unreversed path, w * w, does at time zero: sum_k w[k] w[-k]
    over the energy sum_k w[k]^2. A tap without a partner (an even kernel has one) counts in the
    energy only.

    Chapter: "Stage one, unsupervised".
    """
    weight = filters(net)
    zero = (weight.shape[1] - 1) // 2  # this tap weighs the sample itself
    paired = weight[:, : 2 * zero + 1]
    alike: np.ndarray = (paired * paired[:, ::-1]).sum(1) / (weight**2).sum(1)
    return alike
