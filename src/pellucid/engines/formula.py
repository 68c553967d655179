"""A formula as the list of NumPy's operations that it consists of, each writing where it may.

`lambda dz, x, scale: dz * scale - x` makes a new array for every operation. Called once with
symbols in the place of arrays, it says which operations those are, in which order; carried out from
that list, they write into the result and into a few arrays that are used again and again, small
enough to stay in the cache.
"""

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, ClassVar, NamedTuple

import numpy as np

Array = Any
PICKY = (np.maximum, np.minimum)  # three times slower of an array and a number than of two arrays
MOST = 1000  # formulas that are kept
RESULT = 0  # the number of the register that is the result


class NotTraceable(TypeError):
    """A function that does more than combine arrays by operators and ufuncs of one result."""


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array while a formula is traced."""

    def __init__(self, steps: list, number: int) -> None:
        self.steps, self.number = steps, number

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> "Symbol":
        """Note the operation."""
        if method != "__call__" or settings or ufunc.nout != 1:
            raise NotTraceable(f"{ufunc.__name__} with {method}")
        if ufunc is np.power and type(inputs[1]) is int and inputs[1] == 2:
            ufunc, inputs = np.square, inputs[:1]
        self.steps.append((ufunc, inputs))
        return Symbol(self.steps, len(self.steps))

    def __bool__(self) -> bool:
        raise NotTraceable("a choice by the values of an array")


class Operation(NamedTuple):
    """`ufunc(*arguments)` into a register. Where an argument comes from is said by a pair.

    ("given", i) the i-th array or vector, ("register", i), or ("constant", a number or a row).
    """

    ufunc: Any
    arguments: tuple[tuple[str, Any], ...]
    to: int


class Formula:
    """`function` of rows (n, width) and vectors (width,), to be carried out block by block.

    Raises NotTraceable. `dtype` is the type of its result.
    """

    _known: ClassVar[dict[Any, "Formula"]] = {}

    @classmethod
    def of(cls, function: Callable, rows: Sequence[Array], vectors: Sequence[Array]) -> "Formula":
        """The formula of a function; it is kept where the function can be known again."""
        try:
            key = _key(function), rows[0].shape[1], len(rows), *[v.dtype for v in (*rows, *vectors)]
        except NotTraceable:
            return cls(function, rows, vectors)
        if key not in cls._known:
            if len(cls._known) >= MOST:
                cls._known.clear()
            cls._known[key] = cls(function, rows, vectors)
        return cls._known[key]

    def __init__(self, function: Callable, rows: Sequence[Array], vectors: Sequence[Array]) -> None:
        self.given = [row[:1, :1].copy() for row in rows] + [v[:1].copy() for v in vectors]
        self.width = rows[0].shape[1]
        steps: list[tuple] = []
        symbols = [Symbol(steps, -1 - i) for i in range(len(self.given))]
        try:
            last = function(*symbols)
        except (TypeError, AttributeError) as error:
            raise NotTraceable(str(error)) from error
        if not isinstance(last, Symbol) or last.number != (len(steps) or -1):
            raise NotTraceable("a result that is not that of the last operation")
        self.types = self._types(steps)
        self.dtype = self.types[-1] if steps else rows[0].dtype
        self.registers: list[Any] = [self.dtype]
        self.operations = self._plan(steps)

    def _types(self, steps: Sequence[tuple]) -> list[Any]:
        """The number type of each operation's result, found by trying."""
        found: list[Array] = []
        for ufunc, inputs in steps:
            found.append(ufunc(*(self._tried(each, found) for each in inputs)))
        return [value.dtype for value in found]

    def _tried(self, each: Any, found: list[Array]) -> Any:
        """What an input was in the trial."""
        if not isinstance(each, Symbol):
            return each
        return self.given[-1 - each.number] if each.number < 0 else found[each.number - 1]

    def _plan(self, steps: Sequence[tuple]) -> list[Operation]:
        """Each operation with the register that it writes to: a free one of the right type."""
        last_use = {
            each.number: i
            for i, (_, inputs) in enumerate(steps)
            for each in inputs
            if isinstance(each, Symbol)
        }
        place: dict[int, int] = {}  # by the number of a value, while it is still needed
        operations = []
        for i, (ufunc, inputs) in enumerate(steps):
            arguments = tuple(self._source(each, ufunc, place) for each in inputs)
            place = {number: r for number, r in place.items() if last_use.get(number, -1) > i}
            to = self._free(self.types[i], place, is_last=i == len(steps) - 1)
            place[i + 1] = to
            operations.append(Operation(ufunc, arguments, to))
        return operations

    def _source(self, each: Any, ufunc: Any, place: dict[int, int]) -> tuple[str, Any]:
        """Where an operation finds an input."""
        if isinstance(each, Symbol):
            is_given = each.number < 0
            return ("given", -1 - each.number) if is_given else ("register", place[each.number])
        if ufunc in PICKY and np.ndim(each) == 0:
            return "constant", np.full(self.width, each, self.given[0].dtype)
        return "constant", each

    def _free(self, dtype: Any, place: dict[int, int], is_last: bool) -> int:
        """A register of this type that holds nothing any more; the result's for the last."""
        if is_last:
            return RESULT
        taken = set(place.values())
        for number, known in enumerate(self.registers):
            if known == dtype and number not in taken:
                return number
        self.registers.append(dtype)
        return len(self.registers) - 1

    def scratch(self, n: int) -> list[Array]:
        """Arrays for the registers other than the result, for blocks of up to n rows."""
        return [np.empty((n, self.width), dtype) for dtype in self.registers[1:]]

    def into(self, result: Array, given: Sequence[Array], scratch: Sequence[Array]) -> None:
        """Write the formula of a block into `result`."""
        registers = [result, *(each[: len(result)] for each in scratch)]
        if not self.operations:
            result[...] = given[0]
        arrays = {"given": given, "register": registers}
        for ufunc, arguments, to in self.operations:
            values = [
                which if kind == "constant" else arrays[kind][which] for kind, which in arguments
            ]
            ufunc(*values, out=registers[to])


def _key(thing: Any) -> Any:
    """What is the same for functions that do the same: their code, and what they have around them.

    Raises NotTraceable where that is anything but functions and numbers.
    """
    if isinstance(thing, np.ufunc):
        return thing
    if type(thing) in (int, float, bool):
        return type(thing), thing
    if type(thing) in (list, tuple):
        return tuple([_key(each) for each in thing])
    if isinstance(thing, FunctionType) and not thing.__defaults__:
        return thing.__code__, *[_key(cell.cell_contents) for cell in thing.__closure__ or ()]
    raise NotTraceable("a function that depends on more than functions and numbers")
