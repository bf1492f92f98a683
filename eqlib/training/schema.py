"""What the state of a run has to hold: all of it is checked before anything is changed.

A file can have the right hash and still not be such a state: another program may have written it.

Chapter: "Stage two, supervised".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from eqlib.errors import EqlibError, checked
from eqlib.model import EQNet

MOST_STEPS = 2**53
GENERATOR = len(torch.Generator().get_state())


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_STEPS


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(value: object) -> bool:
    return _number(value) and math.isfinite(value) and value >= 0  # type: ignore[arg-type, operator]


def _all(each: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(each, value))


def _text(value: object) -> bool:
    return isinstance(value, str)


HEADER: Mapping[str, Callable[[object], bool]] = {
    "step": _count,
    "rounds": lambda value: _count(value) and value <= 2,  # type: ignore[operator]
    "waited": _count,
    "losses": _all(_number),
    "norms": _all(_number),
    "seconds": _time,
    "history": lambda value: isinstance(value, dict),
    "settings": lambda value: isinstance(value, dict),
    "info": lambda value: isinstance(value, dict),
}
HISTORY: Mapping[str, Callable[[object], bool]] = {
    "stage": _text,
    "steps": _all(_count),
    "seconds": _all(_time),
    "train_mae": _all(_number),
    "validation_mae": _all(_number),
    "validation_snr_db": _all(_number),
    "best": _count,
    "interrupted": lambda value: isinstance(value, bool),
}


@checked
def check(
    path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, object], net: EQNet
) -> None:
    """Raises `EqlibError` unless a file holds the whole state of a run of a network."""
    wrong = [name for name, fits in HEADER.items() if not fits(header.get(name))]
    history = header.get("history")
    if isinstance(history, dict):
        wrong += [
            f"history.{name}" for name, fits in HISTORY.items() if not fits(history.get(name))
        ]
        wrong += [f"history.{name}" for name in history if name not in HISTORY]
        if not wrong:
            lists = {len(value) for value in history.values() if isinstance(value, list)}
            if len(lists) != 1 or history["best"] >= max(1, *lists):
                wrong.append("history")
    if wrong:
        raise _refused(path, wrong)
    now = net.state_dict()
    expected = {f"{part}.{name}": t.shape for part in ("net", "best") for name, t in now.items()}
    expected["generator"] = torch.Size([GENERATOR])
    for index, weight in enumerate(net.parameters()):
        # Before the first step, and of weights that take no part, there are none.
        moments = {f"adam.{index}.exp_avg", f"adam.{index}.exp_avg_sq"}
        step = f"adam.{index}.step"
        if step in tensors or moments & set(tensors):
            expected |= dict.fromkeys(moments, weight.shape) | {step: torch.Size([])}
    wrong = [name for name in expected.keys() ^ tensors.keys()]
    wrong += [n for n, shape in expected.items() if n in tensors and tensors[n].shape != shape]
    if wrong or tensors["generator"].dtype != torch.uint8:
        raise _refused(path, sorted(wrong) or ["generator"])


def _refused(path: Path, names: list[str]) -> EqlibError:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return EqlibError(
        f"{path} is not the whole state of a run: {', '.join(names[:5])}{more} missing or strange",
        "a file that this package's training wrote",
        "Move it away to start anew; the file beside it that ends in -best may be whole.",
    )
