"""What a stream remembers between two blocks, to be kept and taken up again.

Chapters: "Audio as frames", "Use it on your own sound".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from torch import Tensor, tensor

from eqlib.errors import EqlibError


class State(NamedTuple):
    """Between two blocks; its tensors are never written to, so that an older one stays valid.

    Attributes:
        heard: (rows, less than context + frame), input of frames that are not complete.
        ringing: (rows, frame - hop), output that frames to come will add to.
        ready: (rows, less than hop), finished output that waits for its turn.
        samples: heard so far.
    """

    heard: Tensor
    ringing: Tensor
    ready: Tensor
    samples: int

    def saved(self, leading: tuple[int, ...]) -> dict[str, Tensor]:
        """Copies by name, each of the leading shape and samples; the count as a tensor, too."""
        *tensors, samples = self
        copies = (each.clone().reshape(*leading, each.shape[-1]) for each in tensors)
        return dict(zip(self._fields, (*copies, tensor(samples)), strict=True))


def lengths(samples: int, *, frame: int, hop: int, context: int) -> dict[str, int]:
    """How long each tensor of a `State` is, when so many samples have been heard."""
    edge = frame - hop
    heard = context + edge + samples % hop
    return {"heard": heard, "ringing": edge, "ready": -(samples + 1) % hop}


def read(
    state: Mapping[str, Tensor], *, frame: int, hop: int, context: int, like: Tensor
) -> tuple[State, tuple[int, ...]]:
    """What `State.saved` gave, in rows, and the axes before the last one.

    Raises:
        EqlibError: for what is not the state of a stream with these sizes.
    """
    try:
        samples = int(state["samples"].item())
        leading = tuple(state["ringing"].shape[:-1])
        shapes = {
            name: (*leading, length)
            for name, length in lengths(samples, frame=frame, hop=hop, context=context).items()
        }
        fits = samples >= 0 and len(state) == len(State._fields)
        fits = fits and all(
            state[name].shape == shape and state[name].is_floating_point()
            for name, shape in shapes.items()
        )
    except (KeyError, IndexError, ValueError, RuntimeError):
        fits = False
    if not fits:
        held = ", ".join(f"{name} {tuple(each.shape)}" for name, each in state.items())
        after = f" after a context of {context}" if context else ""
        raise EqlibError(
            f"the state holds {held}",
            f"that of a stream with a frame of {frame} and a hop of {hop} samples{after}",
            "Take it from a stream of the same network, by state_dict().",
        )
    rows = int(np.prod(leading, dtype=int))
    kept = (state[name].detach().to(like, copy=True) for name in shapes)
    heard, ringing, ready = (each.reshape(rows, each.shape[-1]) for each in kept)
    return State(heard, ringing, ready, samples), leading
