"""A small step as the list of NumPy's calls that it consists of, each with memory of its own.

In a small network the arithmetic costs less than the way to it through Python. So a step is made
once with stand-ins in the place of all arrays that change: each does what is asked of it, and the
program notes which call of NumPy that was and where its result lies. From then on only the calls
are made, one after another. What depends on no stand-in was computed once and for all, and a view
(a transpose, another shape) costs nothing, as its memory stays where it is.

Whatever else is asked of a stand-in (its value, a call that is not known here) raises NotTraceable:
such a step is made in the usual way.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from pellucid.engines.formula import PICKY, NotTraceable

Array = Any
VIEWS = (np.reshape, np.permute_dims, np.matrix_transpose, np.expand_dims)


def record(
    step: Callable[..., Sequence[Array]], given: Sequence[Array], lasting: Sequence[Array]
) -> "Program | None":
    """The program of step(*given, *lasting); None where it has none."""
    program = Program()
    inputs = [StandIn(program, array, Given(i)) for i, array in enumerate(given)]
    inputs += [StandIn(program, array) for array in lasting]
    try:
        results = step(*inputs)
    except (TypeError, AttributeError):  # what a stand-in lacks, and what NumPy cannot do with it
        return None
    program.results = [each.value if isinstance(each, StandIn) else each for each in results]
    is_lasting = [not isinstance(each, StandIn) or each.given is None for each in results]
    return program if all(is_lasting) else None


class Program:
    """The calls in order, and where their results lie. Called as the step that it was made from.

    Results are the same arrays every time: they hold until the next call.
    """

    def __init__(self) -> None:
        self.calls: list[Callable[[], Any]] = []
        self.places: list[Given] = []  # what calls read that is given
        self.results: list[Array] = []

    def __call__(self, *given: Array) -> list[Array]:
        """The step with other arrays of the same shapes and types."""
        for place in self.places:
            place.array = place.of(given)
        for call in self.calls:
            call()
        for place in self.places:
            place.array = None  # a batch is not kept longer than its step
        return self.results

    def note(self, function: Callable, *inputs: Any, out: Array = None, **settings: Any) -> Array:
        """Make a call and note it; `out` is the memory of its result, new where none is named."""
        values = [each.value if isinstance(each, StandIn) else each for each in inputs]
        if isinstance(function, np.ufunc):
            values = _as_arrays(values, function in PICKY)
        if out is None:
            out = np.asarray(function(*values, **settings))
        else:
            function(*values, out=out, **settings)
        places = [(i, s.given) for i, s in enumerate(inputs) if isinstance(s, StandIn) and s.given]
        self.add(partial(function, out=out, **settings), values, places)
        return out

    def add(self, call: Callable, values: list, places: list[tuple[int, "Given"]]) -> None:
        """One more call with these values, some of which come from what is given."""
        if places:
            self.places += [place for _, place in places if place not in self.places]
            self.calls.append(partial(_with_given, call, values, places))
        else:
            self.calls.append(partial(call, *values))


def _with_given(call: Callable, values: list, places: list[tuple[int, "Given"]]) -> None:
    """A call that reads what is given, or a view of it."""
    for i, place in places:
        values[i] = place.array
    call(*values)
    for i, _ in places:
        values[i] = None


class Given:
    """Which of the given arrays a stand-in is, or what view of it; in a step it has the `array`."""

    array: Array = None

    def __init__(self, number: int, views: tuple[Callable[[Array], Array], ...] = ()) -> None:
        self.number, self.views = number, views

    def of(self, given: Sequence[Array]) -> Array:
        """The array."""
        array = given[self.number]
        for view in self.views:
            array = view(array)
        return array

    def through(self, view: Callable[[Array], Array]) -> "Given":
        """A further view of it."""
        return Given(self.number, (*self.views, view))


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array while a program is made. `value` is what it is in this step.

    `given` is None where its memory stays: a weight, the result of a call, or a view of one.
    """

    def __init__(self, program: Program, value: Array, given: Given | None = None) -> None:
        self.program, self.value, self.given = program, value, given
        self.shape, self.dtype, self.ndim = value.shape, value.dtype, value.ndim
        self.size, self.nbytes, self.flags = value.size, value.nbytes, value.flags

    def __len__(self) -> int:
        return len(self.value)

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise NotTraceable("an array of its own")

    def __bool__(self) -> bool:
        raise NotTraceable("a choice by the values of an array")

    def __iter__(self) -> Any:
        raise NotTraceable("one number after another")

    __float__ = __int__ = __index__ = __bool__

    # -- calls --------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        """Every operator and ufunc of one result, and sums and the like along an axis."""
        call = {"__call__": ufunc, "reduce": ufunc.reduce}.get(method)
        (target,) = settings.pop("out", (None,))
        unknown = settings.keys() - {"axis", "keepdims", "order"}
        if call is None or ufunc.nout != 1 or unknown:
            raise NotTraceable(f"{ufunc.__name__} with {method} and {sorted(unknown)}")
        if target is None:
            return self._noted(call, *inputs, **settings)
        if not isinstance(target, StandIn) or target.given:
            raise NotTraceable("writing into an array that is no result of the step")
        self.program.note(call, *inputs, out=target.value, **settings)
        return target

    def __array_function__(self, function: Any, _: Any, inputs: Any, settings: Any) -> Any:
        """The few other functions that gates are made of."""
        if function in CALLS:
            return self._noted(CALLS[function], *inputs, **settings)
        if function in VIEWS and inputs[0] is self:
            return self._view(lambda array: function(array, *inputs[1:], **settings))
        raise NotTraceable(function.__name__)

    def _noted(self, function: Callable, *inputs: Any, out: Array = None, **settings: Any) -> Any:
        """A call whose result has memory of its own."""
        return StandIn(self.program, self.program.note(function, *inputs, out=out, **settings))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum along some axes."""
        return self._noted(np.add.reduce, self, axis=axis, keepdims=keepdims)

    def dot(self, b: Any, out: Array = None) -> Any:
        """The matrix product, perhaps into memory that outlasts the step."""
        return self._noted(np.ndarray.dot, self, b, out=out)

    def argmax(self, axis: int) -> Any:
        """The place of the largest number along an axis."""
        return self._noted(np.ndarray.argmax, self, axis=axis)

    def take(self, places: Any) -> Any:
        """The numbers at these places of all."""
        return self._noted(np.ndarray.take, self, places)

    # -- views, and writing at places ---------------------------------------------------------

    def _view(self, view: Callable[[Array], Array]) -> "StandIn":
        """The same memory, seen otherwise."""
        value = view(self.value)
        if not np.may_share_memory(value, self.value):
            raise NotTraceable("a copy")
        return StandIn(self.program, value, self.given and self.given.through(view))

    @property
    def T(self) -> "StandIn":
        """The transpose."""
        return self._view(np.transpose)

    def reshape(self, *shape: Any) -> "StandIn":
        """The same numbers in another shape."""
        return self._view(lambda array: array.reshape(*shape))

    def __getitem__(self, index: Any) -> "StandIn":
        """A part by slices; or the numbers at places, one array of them an axis."""
        parts = index if isinstance(index, tuple) else (index,)
        if all(isinstance(part, StandIn | np.ndarray) for part in parts):
            return self._noted(_picked, self, *parts)
        if not all(part is None or isinstance(part, slice | int | type(...)) for part in parts):
            raise NotTraceable("slices and places together")
        return self._view(lambda array: array[index])

    def __setitem__(self, index: Any, values: Any) -> None:
        """Write at places, one array of them an axis."""
        parts = index if isinstance(index, tuple) else (index,)
        if self.given or not all(isinstance(part, StandIn | np.ndarray) for part in parts):
            raise NotTraceable("writing at such places")
        self.program.note(_put, values, *parts, out=self.value)


def _as_arrays(values: list, as_rows: bool) -> list:
    """Plain numbers as arrays of the type that they take on beside the others: quicker to read.

    `as_rows`: repeated along the last axis.
    """
    others = [value for value in values if isinstance(value, np.ndarray)]
    if not others:
        return values
    shape = others[0].shape[-1:] if as_rows else ()
    kind = others[0].dtype
    return [np.full(shape, v, kind) if type(v) in (int, float) else v for v in values]


def _picked(array: Array, *places: Array, out: Array = None) -> Array:
    """The numbers at places."""
    found = array[places]
    if out is not None:
        out[...] = found
    return found


def _put(values: Array, *places: Array, out: Array) -> None:
    """Write at places of `out`."""
    out[places] = values


def _astype(array: Array, dtype: Any, *, out: Array = None) -> Array:
    """The numbers as another type."""
    if out is None:
        return array.astype(dtype)
    out[...] = array
    return out


CALLS = {  # by the functions that stand for them in gates
    np.astype: _astype,
    np.max: np.maximum.reduce,
    np.min: np.minimum.reduce,
    np.sum: np.add.reduce,
}
