"""Ctrl-C while the command line is still being imported: one line instead of a traceback.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


def is_command_line() -> bool:
    """Whether this process is `eqlib ...` or `python -m eqlib ...`."""
    if sys.argv and sys.argv[0] == "-m":  # as it stands until the module has been found
        given = sys.orig_argv[1:]
        return given[given.index("-m") + 1 :][:1] == ["eqlib"] if "-m" in given else False
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    return os.path.splitext(name)[0] in ("eqlib", "eqlib-script")


def quiet_interrupt() -> None:
    """From now on, and until `usual_interrupt`, Ctrl-C ends the command line with one line."""
    if (
        is_command_line()
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        signal.signal(signal.SIGINT, _end)


def usual_interrupt() -> None:
    """Ctrl-C is KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    # At once: an exception would be caught by imports that take any for a missing module.
    os.write(2, b"Stopped.\n")
    os._exit(130)
