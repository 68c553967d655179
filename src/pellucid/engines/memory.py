"""Memory that stays with the process while a network trains.

glibc gives large pieces of memory back to the system when they are freed, and at every step the
system hands them out anew, page by page, each filled with zeros. While work is under way it is told
to keep them; when the work has ended, what is free goes back. Another C library is left alone.
"""

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

# From glibc's malloc.h. Its thresholds follow the program until one is set; then they stay.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -2, -3, -4
KEEPING = {M_TRIM_THRESHOLD: (1 << 31) - 1, M_TOP_PAD: 64 << 20, M_MMAP_MAX: 0}
BETWEEN = {  # the largest threshold that glibc takes, so that small predictions are quick as well
    M_MMAP_THRESHOLD: 32 << 20,
    M_TRIM_THRESHOLD: 64 << 20,
    M_TOP_PAD: 128 << 10,
    M_MMAP_MAX: 65536,
}


_lock = threading.Lock()
_inside = {"users": 0}


@cache
def _glibc() -> Any:
    """The C library, if it is glibc."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None


@contextmanager
def kept() -> Iterator[None]:
    """Inside, freed memory stays with the process; when the last such block ends, it goes back."""
    library = _glibc()
    if library is None:
        yield
        return
    with _lock:
        _inside["users"] += 1
        if _inside["users"] == 1:
            _set(library, KEEPING)
    try:
        yield
    finally:
        with _lock:
            _inside["users"] -= 1
            if not _inside["users"]:
                _set(library, BETWEEN)
                library.malloc_trim(0)


def _set(library: Any, parameters: dict[int, int]) -> None:
    """Tell malloc."""
    for parameter, value in parameters.items():
        library.mallopt(parameter, value)
