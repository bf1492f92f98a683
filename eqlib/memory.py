"""Keeping freed memory at hand, which makes a training step on Linux about a third faster.

A step allocates and frees dozens of tensors of several megabytes. glibc gives such memory back to
the kernel at once, and gets it back page by page, each page cleared anew. PyTorch's manual advises
another allocator for that; this asks the one that is there to keep what it has.

Chapter: "Making it fast".
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from malloc.h
KEEP_BYTES = 2**30
# Where glibc's own adjustment of these two ends, at the latest.
USUAL_TRIM_BYTES, USUAL_MMAP_BYTES = 2**26, 2**25

_depth = 0  # training holds on to memory while its validations ask for the same


@contextmanager
def kept() -> Iterator[None]:
    """Within it, freed memory stays with the process, up to a gigabyte; afterwards, up to 64 MB.

    Does nothing where the C library is not glibc.
    """
    global _depth
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(libc, "gnu_get_libc_version"):
        yield
        return
    if _depth == 0:
        if not libc.mallopt(M_MMAP_THRESHOLD, KEEP_BYTES):
            libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES)  # more than this, older ones refuse
        libc.mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES)
            libc.mallopt(M_TRIM_THRESHOLD, USUAL_TRIM_BYTES)
