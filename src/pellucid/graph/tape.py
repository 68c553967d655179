"""A step that is recorded once and then run again: the same gates, with other arrays.

Most networks apply the same gates at every step. A tape notes them while one step is made in the
usual way: which gate took which arrays, and which derivatives the reverse pass asked for. `run`
then goes through both lists, and makes neither layers' calls nor tensors nor an order of gates.

Every array that a gate takes must be one that the tape knows: one of those given, a leaf, or the
output of a gate on the tape. Where another turns up (a mask that was drawn, a count of the batch),
the step is not the same each time, and the tape is not `whole`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from pellucid.engines import Array, engine_of
from pellucid.gates import Gate
from pellucid.graph.products import forward_of
from pellucid.graph.tensor import Later, Tensor, mode

CONSTANT = (int, float, bool, type(None))  # not NumPy's numbers: those may come from the data


class Call(NamedTuple):
    """`values[output] = forward(*values at inputs)`."""

    forward: Callable[..., Array]
    inputs: tuple[int, ...]
    output: int


class Back(NamedTuple):
    """`gradients[source]` becomes, or gains, `derivative(gradients[output])`."""

    derivative: Callable[[Array], Array]
    output: int
    source: int
    is_first: bool
    is_last: bool  # whether no other derivative reads the gradient of this output
    place: Array | None  # where the gradient is on its way to, if it is known already


class Tape:
    """The gates of one step in order, and their derivatives in reverse.

    `given`: the arrays that differ from step to step. `leaves`: tensors whose values stay in the
    same arrays.
    """

    def __init__(self, given: Sequence[Array], leaves: Sequence[Tensor]) -> None:
        self.whole, self.loss = True, None
        self.fixed = [leaf.value for leaf in leaves]
        self.values: list[Any] = []
        self.calls: list[Call] = []
        self.backs: list[Back] = []
        self.ends: list[tuple[Tensor, int]] = []
        self.quick: Any = None  # the engine's own form of the step, if it has one
        self._noted: list[tuple[Gate, tuple, Any, tuple[int, ...], int]] = []
        self._places: dict[int, int] = {}  # by the identity of arrays, which `values` keeps alive
        for array in (*given, *self.fixed):
            self._place(array)
        self.n = len(self.values)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Inside, this thread's gates are put on the tape."""
        mode.tape = self
        try:
            yield
        finally:
            mode.tape = None

    def note(self, gate: Gate, inputs: tuple, output: Any) -> None:
        """A gate was applied, with this result: an array or a tensor.

        One that waits is large: what a tape spares such a step is nothing to what joining does.
        """
        self.whole = self.whole and not isinstance(output, Later)
        if not self.whole:
            return
        places = []
        for each in inputs:
            value = each.value if isinstance(each, Tensor) else each
            known = self._places.get(id(value))
            if known is None:
                self.whole = self.whole and type(value) in CONSTANT
                known = self._place(value)
            places.append(known)
        value = output.value if isinstance(output, Tensor) else output
        self._noted.append((gate, inputs, output, tuple(places), self._place(value)))

    def _place(self, value: Any) -> int:
        """A new place among the values."""
        self.values.append(value)
        self._places[id(value)] = len(self.values) - 1
        return len(self.values) - 1

    # -- once the step is made ----------------------------------------------------------------

    def close(self, output: Array, loss: Array | None = None) -> None:
        """Make the lists that are gone through later, from what was noted until this result.

        Without a loss there is nothing to go back from: the gates leave the graph then.
        """
        self.output, self.engine = self._places[id(output)], engine_of(output)
        gates = [gate for gate, *_ in self._noted]
        if loss is None:
            for gate in gates:
                gate.inputs = ()
            self._reorder(gates)
        self.calls = [
            Call(forward_of(gate), places, end)
            for gate, (*_, places, end) in zip(gates, self._noted, strict=True)
        ]
        if loss is not None:
            self.loss = self._places[id(loss)]
            self.begun = {self.loss: self.engine.xp.ones_like(loss)}
            self._find_the_way_back()
        given = self.values[: self.n - len(self.fixed)]
        for place in {*range(self.n), *(call.output for call in self.calls)}:
            self.values[place] = None
        self._noted, self._places = [], {}
        self.quick = self._checked(self.engine.recorded(self.step, given, self.fixed), given)

    def _reorder(self, gates: list[Gate]) -> None:
        """Let gates change places with the one before, where that gives the same for less work.

        That is where nothing else reads what is between them.
        """
        reads = Counter(place for *_, places, _ in self._noted for place in places)
        made = {end: number for number, (*_, end) in enumerate(self._noted)}
        for number, (*_, places, _) in enumerate(self._noted):
            before, is_alone = made.get(places[0]), reads[places[0]] == 1
            if before is None or not is_alone or places[0] == self.output:
                continue
            if isinstance(gates[before], gates[number].goes_before):
                gates[before], gates[number] = gates[number], gates[before]

    def _find_the_way_back(self) -> None:
        """The derivatives that the reverse pass asks for, and the leaves that it comes to.

        The first of the way may be the same in every step: that part is gone here, once.
        """
        reached, leaves = {self.loss}, {}
        for gate, inputs, made, places, end in reversed(self._noted):
            if end not in reached or not isinstance(made, Tensor):
                continue
            wanted = [i for i, source in enumerate(inputs) if _needs_gradient(source)]
            for i in wanted:
                back = Back(
                    _derivative(gate, i),
                    end,
                    places[i],
                    places[i] not in reached,
                    i == wanted[-1],
                    None if places[i] in reached else getattr(inputs[i], "place", None),
                )
                if gate.slope_is_fixed and back.is_last and not self.backs:
                    self.begun[back.source] = back.derivative(self.begun.pop(end))
                else:
                    self.backs.append(back)
                reached.add(places[i])
                if inputs[i].gate is None:
                    leaves[inputs[i]] = places[i]
        self.ends = list(leaves.items())

    def _checked(self, quick: Any, given: list[Array]) -> Any:
        """The engine's own form of the step, if it gives the same to the bit; else None."""
        if quick is None:
            return None
        pairs = zip(quick(*given), self.step(*given, *self.fixed), strict=True)
        return quick if all(bool((a == b).all()) for a, b in pairs) else None

    # -- every other step ---------------------------------------------------------------------

    def run(self, *given: Array) -> tuple[float, Array]:
        """The step with other arrays: every leaf gets its gradient. Gives the loss and the output.

        The loss is a number. The output may be the same array every time.
        """
        output, loss, *gradients = self.results(*given)
        for (leaf, _), gradient in zip(self.ends, gradients, strict=True):
            leaf.receive(gradient)
        return loss.item(), output

    def results(self, *given: Array) -> Sequence[Array]:
        """The output; and where there is a loss, that and the gradient of each leaf."""
        return self.quick(*given) if self.quick else self.step(*given, *self.fixed)

    def step(self, *arrays: Array) -> list[Array]:
        """The results, gate by gate, from what is given and the leaves."""
        values = [*arrays, *self.values[self.n :]]
        for forward, inputs, output in self.calls:
            values[output] = forward(*[values[i] for i in inputs])
        if self.loss is None:
            return [values[self.output]]
        # views: derivatives that are `shared` know a gradient anew by its being another array
        gradients: dict[int, Array] = {place: dy[...] for place, dy in self.begun.items()}
        for derivative, output, source, is_first, is_last, place in self.backs:
            dy = gradients.pop(output) if is_last else gradients[output]
            dv = derivative(dy) if place is None else self.engine.landing(place, derivative, dy)
            gradients[source] = dv if is_first else gradients[source] + dv
        return [values[self.output], values[self.loss], *(gradients[i] for _, i in self.ends)]


def _needs_gradient(source: Any) -> bool:
    """Whether the reverse pass goes on to this input."""
    return isinstance(source, Tensor) and source.requires_grad


def _derivative(gate: Gate, position: int) -> Callable[[Array], Array]:
    """The gate's derivative with respect to the input at this position."""
    derivative = gate.derivatives[0 if gate.any_number else position]
    is_plain = type(gate).gradient is Gate.gradient and not gate.any_number
    return (
        partial(derivative, gate) if derivative and is_plain else partial(gate.gradient, position)
    )
