"""One training at a time in a folder: a lock that ends with its process, however that ends.

Chapter: "Stage two, supervised".
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from eqlib.data.files import replacing
from eqlib.errors import EqlibError, checked

NAME, HOLDER = ".lock", ".lock.json"
"""The file that the system locks, and who holds it; Windows lets nobody read a file that is locked,
hence two. The first stays: whoever waits for a file that is taken away would hold another one."""
WITHOUT = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)


@contextlib.contextmanager
@checked
def only_one(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder; a kill leaves none behind, for it is the operating system's.

    Where the disk has no locks, as some network disks, it is noted in the log and goes on.

    Raises:
        EqlibError: if another training holds it, naming that one; if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / NAME, timeout=0)
        lock.acquire()
    except Timeout as taken:
        raise EqlibError(
            f"another training is running in {folder}{_holder(folder)}",
            "one training at a time in a folder",
            "Wait for its end, or choose another folder.",
        ) from taken
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in WITHOUT:
            raise EqlibError(
                f"{folder} cannot be written ({error.strerror or error})",
                "a folder to write checkpoints to",
                "Check its permissions and that the disk is not full, or choose another folder.",
            ) from error
        logging.getLogger(__name__).warning("%s has no locks: start one training there", folder)
        yield
        return
    try:
        note = {"process": os.getpid(), "computer": socket.gethostname(), "since": time.ctime()}
        with replacing(folder / HOLDER) as temporary:
            temporary.write_text(json.dumps(note), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / HOLDER).unlink()
        lock.release()


def _holder(folder: Path) -> str:
    try:
        note = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f" (process {note['process']} on {note['computer']}, since {note['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
