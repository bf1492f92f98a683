"""What figures and players take: things by name, each name a curve's or a player's label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from eqlib.data.clips import Clips
from eqlib.errors import EqlibError, check_integer

Audio = np.ndarray | torch.Tensor


def check_named(what: str, mapping: Any) -> None:
    """Raises `EqlibError` unless `mapping` is a dict, or its like, with a name or more."""
    if not isinstance(mapping, Mapping) or not mapping:
        kind = "empty" if isinstance(mapping, Mapping) else f"a {type(mapping).__name__}"
        cure = f'Write {what} as {{"name": ...}}.'
        raise EqlibError(f"{what} is {kind}", "a dict with at least one name", cure)


def as_clips(what: str, signals: Mapping[str, Audio], *, sample_rate: int) -> Clips:
    """Named mono signals, numpy or torch, as `Clips`.

    Args:
        what: the argument's name, for messages.
        signals: name -> (samples,), floating point; the lengths may differ.
        sample_rate: of all of them, in Hz.

    Raises:
        EqlibError: for no signal at all; for a sample rate below 4000 Hz; and, naming the signal,
            for one that is not mono, or is empty, integer, NaN, infinite or silent.
    """
    check_named(what, signals)
    cure = "Give the audio's sample rate in Hz, such as 16_000."
    check_integer("sample_rate", sample_rate, at_least=4_000, cure=cure)
    arrays = [s.detach().cpu() if isinstance(s, torch.Tensor) else s for s in signals.values()]
    return Clips.from_arrays(arrays, sample_rate=sample_rate, names=list(map(str, signals)))
