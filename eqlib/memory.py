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


@contextmanager
def kept() -> Iterator[None]:
    """Within it, freed memory stays with the process, up to a gigabyte; afterwards it goes back.

    Does nothing where the C library is not glibc.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(libc, "gnu_get_libc_version"):
        yield
        return
    if not libc.mallopt(M_MMAP_THRESHOLD, KEEP_BYTES):
        libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES)  # more than this, older versions refuse
    libc.mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, USUAL_TRIM_BYTES)
        libc.malloc_trim(0)
