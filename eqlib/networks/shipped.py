"""The trained networks that ship with the package.

Chapter: "Results".
"""

from __future__ import annotations

from pathlib import Path

from eqlib.checkpoints import load
from eqlib.errors import EqlibError
from eqlib.model import EQNet

WEIGHTS_FOLDER = Path(__file__).resolve().parent / "weights"


def pretrained(name: str) -> EQNet:
    """One of the trained networks that ship with the package.

    Args:
        name: the name of an EQ target, such as "low-shelf".

    Raises:
        EqlibError: for an unknown name (the message lists the known ones) or a damaged file.
    """
    known = sorted(file.stem for file in WEIGHTS_FOLDER.glob("*.safetensors"))
    if not isinstance(name, str) or name not in known:
        raise EqlibError(
            f"there is no trained network called {name!r}",
            f"one of {', '.join(known)}" if known else "a name that ships with this version (none)",
            "Choose one of these, or train your own with eqlib.pretrain and eqlib.train.",
        )
    return load(WEIGHTS_FOLDER / f"{name}.safetensors")


SHIPPED = (
    "low-shelf",
    "peaking",
    "peaking-long",
    "highpass",
    "lowpass",
    "air",
    "vocal-chain",
    "drawn-curve",
)
"""The trained networks whose equalizer the page can compute as well."""
