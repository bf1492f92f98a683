"""Where the time and the memory of a training step go (`make bench ARGS=speed`)."""

from __future__ import annotations

import resource
from collections.abc import Callable

import torch

from eqlib import EQNet, fast
from eqlib.fast import fft_size, for_each


def products(net: EQNet, batch: int) -> Callable[[], None]:
    """The five large matrix products that a step cannot do without, and nothing else.

    Each filter is applied at every sample, forward in the filter bank and in the deconvolution;
    back from the deconvolution to its input; and to the filters' gradient from both.
    """
    config = net.config
    generator = torch.Generator().manual_seed(0)
    sizes = config.filters, config.kernel, config.frame
    weight, windows, channels = (
        torch.randn(*shape, generator=generator)
        for shape in (sizes[:2], (batch, *sizes[1:]), (batch, sizes[0], sizes[2]))
    )

    def run() -> None:
        torch.bmm(for_each(weight, batch), windows)  # filter bank
        torch.bmm(for_each(weight.t(), batch), channels)  # deconvolution
        torch.bmm(for_each(weight, batch), windows)  # its input's gradient
        for _ in range(2):  # the filters' gradients, from there and from the filter bank
            torch.bmm(channels, windows.transpose(1, 2))

    return run


def transforms(net: EQNet, batch: int) -> Callable[[], None]:
    """The four Fourier transforms of a step's local filters, and nothing else.

    There and back, forward; and again, backward.
    """
    config = net.config
    size = fft_size(config.frame + config.local_kernel - 1)
    generator = torch.Generator().manual_seed(0)
    channels = torch.randn(batch, config.filters, config.frame, generator=generator)
    spectrum = torch.fft.rfft(channels, size)

    def run() -> None:
        for _ in range(2):
            torch.fft.rfft(channels, size)
            torch.fft.irfft(spectrum, size)

    return run


def memory(step: Callable[[], None]) -> list[float]:
    """Pages that the system hands over for a step: means of the first 10, the next 90, and 50 more.

    The gaps between blocks of memory settle only in the course of the first hundred steps.
    """
    with fast.kept():
        faults = []
        for count in (10, 90, 50):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            for _ in range(count):
                step()
            faults.append((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / count)
    return faults
