"""What of an experiment's settings is stored in the results file: only what is not as usual.

So a new switch of the network, of the recipe or of an experiment makes no result stale, as long as
it stands in `NOT_STORED` with what the networks were trained with before there was one.

Chapter: "Results".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from eqlib.equalizers.settings import as_written_today
from eqlib.errors import checked

NOT_STORED: Mapping[str, object] = MappingProxyType(
    {
        "label": "",
        "config": {
            "frame": 1024,
            "hop": 512,
            "filters": 128,
            "kernel": 64,
            "local_kernel": 128,
            "pool": 16,
            "sample_rate": 16_000,
            "window": "hann",
            "orientation": "unreversed",
            "unpooling": "repeat",
            "rectifier": "abs",
        },
        "recipe": {
            "learning_rate": 0.002,
            "loss": "mae",
            "batch": 8,
            "clip_quantile": 0.5,
            "warmup_steps": 100,
            "schedule": "cosine",
            "patience": 25,
            "validate_every": 500,
        },
        "seed": 0,
        "left_out": ["brass", "percussion-pitched", "strings"],
        "octave_up": False,
    }
)
"""What a setting was where the results file does not tell. The values are written out, and none
ever changes: if they followed the defaults in the code, a new default would give old results a
meaning that they did not have. A new setting gets a line here; a new default does not."""


@checked
def sparse(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings without what is as in `NOT_STORED`.

    Args:
        settings: all of them, as JSON has them.
    """
    return _differing(settings, NOT_STORED)


@checked
def full(settings: Mapping[str, object]) -> dict[str, object]:
    """All settings, from those that are stored; two experiments are one if these are equal.

    Args:
        settings: sparse ones; or all of them, as they were stored at first.
    """
    filled = _filled(settings, NOT_STORED)
    return filled | {"eq": as_written_today(filled.get("eq"))}


def _differing(settings: Mapping[str, object], usual: Mapping[str, object]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, value in settings.items():
        values = usual.get(name)
        if isinstance(value, Mapping) and isinstance(values, Mapping):
            value = _differing(value, values)
            if value:
                kept[name] = value
        elif name not in usual or value != values:
            kept[name] = value
    return kept


def _filled(settings: Mapping[str, object], usual: Mapping[str, object]) -> dict[str, object]:
    filled = {**usual, **settings}
    for name, values in usual.items():
        value = settings.get(name, {})
        if isinstance(value, Mapping) and isinstance(values, Mapping):
            filled[name] = _filled(value, values)
    return filled
