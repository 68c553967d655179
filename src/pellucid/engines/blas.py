"""NumPy's BLAS itself: how many threads it uses, how to hold it to one, and what NumPy leaves out.

NumPy's wheels bring OpenBLAS as a library of their own, which can be asked and told. Another BLAS
(Accelerate, MKL) is left alone: then `threads()` is None, and `axpby` there is none.
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
def _library() -> tuple[Any, str] | None:
    """OpenBLAS, and what the names of its functions end with."""
    root = Path(np.__file__).parent
    for folder in (root.with_name("numpy.libs"), root / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(path))
            for end in ("64_", ""):
                if hasattr(library, f"scipy_openblas_set_num_threads{end}"):
                    return library, end
    return None


@cache
def _functions() -> tuple[Any, Any] | None:
    """OpenBLAS's own functions that give and set its number of threads."""
    found = _library()
    if found is None:
        return None
    library, end = found
    name = f"scipy_openblas_%s_num_threads{end}"
    return getattr(library, name % "get"), getattr(library, name % "set")


@cache
def _sum_of_vectors(kind: str) -> tuple[Any, Any] | None:
    """OpenBLAS's y = a x + b y and y = a x + y for numbers of this kind ("f" or "d")."""
    found = _library()
    if found is None or kind not in "fd":
        return None
    library, end = found
    names = [f"scipy_cblas_{'s' if kind == 'f' else 'd'}{name}{end}" for name in ("axpby", "axpy")]
    if not all(hasattr(library, name) for name in names):
        return None
    axpby, axpy = (getattr(library, name) for name in names)
    whole = ctypes.c_int64 if end else ctypes.c_int
    real = ctypes.c_float if kind == "f" else ctypes.c_double
    place = ctypes.c_void_p
    axpby.argtypes, axpby.restype = [whole, real, place, whole, real, place, whole], None
    axpy.argtypes, axpy.restype = [whole, real, place, whole, place, whole], None
    return axpby, axpy


def axpby(a: float, x: Any, b: float, y: Any) -> bool:
    """y = a x + b y in place, for vectors of one type, in one pass. Whether it could be done."""
    functions = _sum_of_vectors(y.dtype.char)
    lies_well = x.flags.c_contiguous and y.flags.c_contiguous and x.dtype == y.dtype
    if functions is None or not lies_well or x.shape != y.shape:
        return False
    axpby, axpy = functions
    if b == 1:
        axpy(x.size, a, x.ctypes.data, 1, y.ctypes.data, 1)
    else:
        axpby(x.size, a, x.ctypes.data, 1, b, y.ctypes.data, 1)
    return True


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
