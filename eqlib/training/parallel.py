"""One network, several processes: shares of a batch, averaged gradients, one writer.

The processes come from `torchrun`, PyTorch's launcher, and meet by
torch.distributed.init_process_group(). Every one of them draws the same batch, takes its share of
the frames and averages its gradients with the others', so that all of them make the same step as
one process with the whole batch would. Without a process group all of this does nothing.

Chapter: "Making it fast".
"""

from __future__ import annotations

import os

import torch
import torch.distributed as dist
from torch import Tensor, nn

from eqlib.errors import EqlibError


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this is the process that writes files and shows progress."""
    return processes() == 1 or dist.get_rank() == 0


def told(variable: str, *, usually: int) -> int:
    """What a launcher such as torchrun says in a variable of the environment.

    Raises:
        EqlibError: if that is no whole number.
    """
    text = os.environ.get(variable, "")
    if text.strip() and not text.strip().isdecimal():
        raise EqlibError(
            f"{variable} is {text!r} in the environment",
            "a whole number, as torchrun sets it",
            f"Start it by torchrun, or take the variable away: unset {variable}.",
        )
    return int(text) if text.strip() else usually


def check_batch(batch: int) -> None:
    """Raises `EqlibError` unless all processes get equally many of so many frames.

    The average of their gradients needs it.
    """
    if batch % processes():
        raise EqlibError(
            f"batch is {batch} for {processes()} processes",
            f"a multiple of {processes()}",
            "Change Recipe.batch, or start another number of processes.",
        )


def share_weights(net: nn.Module) -> None:
    """Gives all processes the first one's weights."""
    if processes() > 1:
        for tensor in net.state_dict().values():
            dist.broadcast(tensor, 0)


def share(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """This process's frames of a batch, every n-th one: (batch, ...) -> (batch / n, ...)."""
    if processes() == 1:
        return x, y
    return x[dist.get_rank() :: processes()], y[dist.get_rank() :: processes()]


def average_gradients(net: nn.Module) -> None:
    """Replaces each gradient by its mean over the processes."""
    if processes() == 1:
        return
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    # One message for all: the time of a message is mostly its journey.
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= processes()
    means = flat.split([gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def highest(value: float) -> float:
    """The highest of all processes' values, so that all of them decide alike."""
    return max(_all(value)) if processes() > 1 else value


def mean(value: float) -> float:
    """The mean of all processes' values."""
    return sum(_all(value)) / processes() if processes() > 1 else value


def wait() -> None:
    """Waits until every process is here."""
    if processes() > 1:
        dist.barrier()


def _all(value: float) -> list[float]:
    values = [torch.zeros((), dtype=torch.float64) for _ in range(processes())]
    dist.all_gather(values, torch.tensor(float(value), dtype=torch.float64))
    return [each.item() for each in values]
