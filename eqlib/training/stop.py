"""A way to stop a run between two steps.

Chapter: "Stage one, unsupervised".
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Turns Ctrl-C, a notebook's interrupt, or SIGTERM into a wish, granted between two steps.

    So a stop never falls in the middle of an update of the weights, nor while a run begins or
    ends. Within `impatient`, a second Ctrl-C raises KeyboardInterrupt at once. SIGTERM, with which
    batch systems end a program, does what it would have done without this, but only when the
    block is over. Outside of the main thread, where Python delivers no signals, nothing changes.

    Attributes:
        requested: whether the run is to end.
        terminated: whether SIGTERM asked for it: there is little time.
    """

    def __init__(self) -> None:
        self.requested = self.terminated = self._impatient = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                before = signal.getsignal(number)
                # None: set by a program that is not Python. Who ignores a signal goes on to.
                if before is not None and (number, before) != (signal.SIGTERM, signal.SIG_IGN):
                    self._before[number] = before
                    signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]
        if self.terminated:
            signal.raise_signal(signal.SIGTERM)

    @contextlib.contextmanager
    def impatient(self) -> Iterator[None]:
        """Where a second Ctrl-C does not wait for the end of a step."""
        self._impatient = True
        try:
            yield
        finally:
            self._impatient = False

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self.terminated = True
        elif self.requested and self._impatient:
            raise KeyboardInterrupt
        self.requested = True
