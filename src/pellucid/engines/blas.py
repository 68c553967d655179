"""How many threads NumPy's BLAS uses, and how to hold it to one.

NumPy's wheels bring OpenBLAS as a library of their own, which can be asked and told. Another BLAS
(Accelerate, MKL) is left alone: then `threads()` is None.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_lock = threading.Lock()
_inside = {"users": 0, "before": 1}


@cache
def _functions() -> tuple[Any, Any] | None:
    """OpenBLAS's own functions that give and set its number of threads."""
    root = Path(np.__file__).parent
    for folder in (root.with_name("numpy.libs"), root / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(path))
            for end in ("64_", ""):
                get = getattr(library, f"scipy_openblas_get_num_threads{end}", None)
                put = getattr(library, f"scipy_openblas_set_num_threads{end}", None)
                if get and put:
                    return get, put
    return None


def threads() -> int | None:
    """How many threads a product may use; None where the BLAS cannot be asked."""
    functions = _functions()
    return None if functions is None else int(functions[0]())


def usual_threads() -> int | None:
    """How many threads a product may use where nothing holds it to one."""
    with _lock:
        return _inside["before"] if _inside["users"] else threads()


def is_held() -> bool:
    """Whether something holds each product to one thread now."""
    return _inside["users"] > 0


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, each product runs in the thread that asks for it, and in no other."""
    functions = _functions()
    if functions is None:
        yield
        return
    get, put = functions
    with _lock:
        if not _inside["users"]:
            _inside["before"] = int(get())
            put(1)
        _inside["users"] += 1
    try:
        yield
    finally:
        with _lock:
            _inside["users"] -= 1
            if not _inside["users"]:
                put(_inside["before"])
