"""A way to stop a run between two steps.

Chapter: "Stage one, unsupervised".
"""

from __future__ import annotations

import signal
import threading
from types import FrameType


class StopRequest:
    """Turns Ctrl-C, or a notebook's interrupt, into a wish that is granted between two steps.

    So a stop never falls in the middle of an update of the weights. A second one is not patient
    and raises KeyboardInterrupt at once. Outside of the main thread, where Python delivers no
    signals, nothing changes.
    """

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> StopRequest:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._main and self._before is not None:  # None: set by a program that is not Python
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
