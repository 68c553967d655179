"""A small step as the list of PyTorch's calls that it consists of, each with memory of its own.

What program.py is for NumPy. No stand-ins are needed here: PyTorch shows every call to whoever asks
(`TorchFunctionMode`). So the step is made once, and each call is noted with the arrays that it was
made with. A result keeps its memory, into which the call is told to write from then on; a view of
such memory is not made again; and what comes from the given arrays is replaced when a call is made.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from pellucid.engines.program import Given, Program

Array = torch.Tensor
aten = torch.ops.aten
MOST_BYTES = 1 << 26  # of results: a step that needs more is not a small one
MOST_COPIED = 1 << 18  # of one result: to copy more costs more than a program spares
FACTS = {  # what may be asked of an array: they are the same in every step
    *("size", "dim", "numel", "nelement", "stride", "storage_offset", "__len__", "element_size"),
    *("is_contiguous", "is_floating_point", "is_complex", "data_ptr", "untyped_storage", "__get__"),
}
INTO = {"threshold_backward": (aten.threshold_backward.grad_input, "grad_input")}


def record(
    step: Callable[..., Sequence[Array]], given: Sequence[Array], lasting: Sequence[Array]
) -> Program | None:
    """The program of step(*given, *lasting); None where it has none."""
    recorder = Recorder(given)
    with recorder:
        results = step(*given, *lasting)
    recorder.program.results = list(results)
    is_whole = recorder.is_whole and not any(map(recorder.place_of, results))
    return recorder.program if is_whole else None


class Recorder(TorchFunctionMode):
    """Notes the calls that are made inside it. `is_whole`: whether there was none that it cannot.

    Nothing is raised for such a call: PyTorch's operators would take some errors for their own.
    """

    def __init__(self, given: Sequence[Array]) -> None:
        super().__init__()
        self.program, self.is_whole = Program(), True
        self.bytes = 0
        self.seen = list(given)  # kept alive, so that an identity stays an array's own
        self.places = {id(array): Given(i) for i, array in enumerate(given)}

    def place_of(self, array: Any) -> Given | None:
        """Where an array comes from that differs from step to step; None for memory that stays."""
        return self.places.get(id(array))

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Make a call, and note it where it does something."""
        settings = {name: value for name, value in (kwargs or {}).items() if name != "out"}
        out = (kwargs or {}).get("out")
        result = function(*args, **settings) if out is None else function(*args, **kwargs)
        if self.is_whole:
            self.is_whole = self._noted(function, args, settings, out, result)
        return result

    def _noted(self, function: Any, args: Any, settings: Any, out: Any, result: Any) -> bool:
        """Whether a call can be noted; then it is."""
        name = getattr(function, "__name__", "").removesuffix(".default")
        if any(map(self._has_given, args)) or self._has_given(tuple(settings.values())):
            return False
        if name == "__setitem__" or (name.endswith("_") and not name.startswith("__")):
            return self._added(function, args, settings, args[0])
        if out is not None:
            return self._added(partial(function, out=out), args, settings, out)
        if isinstance(result, torch.Tensor):
            return self._noted_result(function, name, args, settings, result)
        # else nothing is made: numbers are asked for, or there are several results
        return name in FACTS or not any(isinstance(each, torch.Tensor) for each in args)

    def _has_given(self, value: Any) -> bool:
        """Whether any of several arrays is a given one: only one by itself can be replaced."""
        several = isinstance(value, list | tuple)
        return several and any(self.place_of(each) or self._has_given(each) for each in value)

    def _noted_result(self, function: Any, name: str, args: Any, settings: Any, y: Array) -> bool:
        """The same for one result y: a view, or new memory that the call is told to write into."""
        if any(y is each for each in args):
            return True
        self.seen.append(y)
        for i, array in enumerate(args):
            if isinstance(array, torch.Tensor) and _share_memory(y, array):
                if place := self.place_of(array):
                    view = partial(_with, function, args, i, settings)
                    self.places[id(y)] = place.through(view)
                return True
        self.bytes += y.nbytes
        writing = _writing(function, name, args, settings, y)
        return (
            self.bytes <= MOST_BYTES
            and writing is not None
            and self._added(writing, args, settings, y)
        )

    def _added(self, function: Callable, args: Any, settings: Any, target: Array) -> bool:
        """Whether a call writes into memory that stays; then it is noted."""
        if self.place_of(target):
            return False
        places = [(i, place) for i, each in enumerate(args) if (place := self.place_of(each))]
        self.program.add(partial(function, **settings), list(args), places)
        return True


def _share_memory(a: Array, b: Array) -> bool:
    """Whether one array is a view of the other's memory."""
    return 0 != a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def _with(function: Callable, args: Sequence[Any], i: int, settings: Any, array: Array) -> Array:
    """function(*args) with this array in place i."""
    return function(*args[:i], array, *args[i + 1 :], **settings)


def _writing(function: Callable, name: str, args: Any, settings: Any, y: Array) -> Any:
    """The function with its result in y: written there by itself if it can be told to, or copied.

    None where that would be a large copy.
    """
    quick: Any
    quick, word = INTO.get(name, (getattr(torch, name, None), "out"))
    try:  # None, where there is no such function, cannot be called either
        quick(*args, **settings, **{word: y})
    except (TypeError, RuntimeError):
        return partial(_copied, function, y) if y.nbytes <= MOST_COPIED else None
    return partial(quick, **{word: y})


def _copied(function: Callable, y: Array, *args: Any, **settings: Any) -> None:
    """The result of a call, copied to where it has to lie."""
    y.copy_(function(*args, **settings))
