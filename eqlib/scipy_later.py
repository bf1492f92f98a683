"""Parts of SciPy that are loaded when they are used for the first time.

`scipy.signal` alone takes 46 MB and half of the time of `import eqlib`, and a program that sends
sound through a network never calls it.

Chapter: "Making it fast".
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        found: object = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    from scipy import fft, linalg, signal
else:
    fft, linalg, signal = _Later("scipy.fft"), _Later("scipy.linalg"), _Later("scipy.signal")

__all__ = ["fft", "linalg", "signal"]
