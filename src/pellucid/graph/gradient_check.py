"""Is a derivative right? Compare it with what the loss does when an input is moved a little.

    (J(theta + eps) - J(theta - eps)) / (2 eps)

is the derivative up to eps^2; in float64 with eps = 1e-5 about nine digits agree. For each
parameter the two gradients, numeric n and analytic a, are compared by their normalised distance

    |n - a| / (|n| + |a|)        (Euclidean norms)

against 1e-7. A small parameter is checked element by element; a large one along random directions
r, where the derivative is r . a. J has rounding errors of about 1e-16 |J|, so a difference below
that, divided by eps, says nothing and is not counted.

At a kink (relu at 0, the tie of a maximum) there is no derivative. Where the two differ, smaller
steps are tried, so that a kink nearby is not crossed; where the slopes from the left and from the
right differ however small the step, the analytic value need only lie between them, and the kink is
reported.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from pellucid.engines import Array, engine_of, numpy_engine
from pellucid.errors import GraphError
from pellucid.gates import Gate
from pellucid.graph.backprop import backpropagate
from pellucid.graph.tensor import Tensor, apply, no_graph

EPSILON, TOLERANCE = 1e-5, 1e-7
ELEMENTS = 64  # a parameter of more numbers is checked along as many random directions instead
ROUNDING = 2e-15  # of J, relative: some ten times the last bit of a float64
xp = numpy_engine.xp


class Row(NamedTuple):
    """What the check of one parameter found."""

    name: str
    shape: tuple[int, ...]
    way: str
    distance: float
    kinks: int
    passed: bool


@dataclass
class GradientCheck:
    """The result of a gradient check: true where all parameters passed; a table when printed."""

    tolerance: float
    rows: list[Row] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every derivative agrees."""
        return all(row.passed for row in self.rows)

    @property
    def failed(self) -> list[str]:
        """The names of the parameters whose derivative is wrong."""
        return [row.name for row in self.rows if not row.passed]

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        head = ("parameter", "shape", "checked", "distance", "kinks", "")
        table = [
            (
                r.name,
                str(r.shape),
                r.way,
                f"{r.distance:.1e}",
                str(r.kinks),
                "ok" if r.passed else "WRONG",
            )
            for r in self.rows
        ]
        widths = [max(len(line[i]) for line in (head, *table)) for i in range(len(head))]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in (head, *table)]
        verdict = (
            f"all derivatives agree with central differences to {self.tolerance:.0e}"
            if self.passed
            else f"wrong derivative: {', '.join(self.failed)}"
        )
        return "\n".join([*lines, verdict])


def gradient_check(
    target: Any, x: Any, y: Any = None, *, tolerance: float = TOLERANCE, seed: int = 0
) -> GradientCheck:
    """Check every derivative of a model, a layer, or a function, in float64 on a copy.

    A compiled model with targets y: the gradients of its loss, regularisation included, with
    respect to each parameter, in training mode; dropout drops the same units every time, and batch
    norm uses the batch's statistics. A layer, or a model without y: the gradients of a random
    weighting of its output, with respect to its parameters and to x. A function: f(x) or f(x, y),
    made of gates, with respect to each argument that holds floating-point numbers.

    >>> from pellucid import nn
    >>> check = gradient_check(lambda x: nn.sum(nn.sigmoid(x) * x), [0.5, -2.0])
    >>> check.passed
    True
    """
    if hasattr(target, "astype") and hasattr(target, "trainable_weights"):
        return _check_layer(target, x, y, tolerance, seed)
    given = [x] if y is None else [x, y]
    names = list(inspect.signature(target).parameters) or ["x", "y"]
    inputs = [_variable(value, name) for value, name in zip(given, names, strict=False)]
    variables = {str(t.name): t for t in inputs if isinstance(t, Tensor)}
    return _check(lambda: target(*inputs), variables, tolerance, seed)


def check_gate(
    make_gate: Callable[[], Gate], *inputs: Any, tolerance: float = TOLERANCE, seed: int = 0
) -> GradientCheck:
    """Check every derivative that a gate has, at these inputs, in float64.

    `make_gate` makes a new gate (its class, or a lambda with its settings): a gate is applied once.

    >>> from pellucid.gates import Multiply
    >>> print(check_gate(Multiply, [1.0, 2.0], [3.0, 4.0]))
    parameter  shape  checked       distance  kinks
    a          (2,)   each element  ...  0      ok
    b          (2,)   each element  ...  0      ok
    all derivatives agree with central differences to 1e-07
    """
    gate = make_gate()
    tensors = []
    for position, value in enumerate(inputs):
        has_derivative = gate.derivatives[0 if gate.any_number else position] is not None
        letter = (
            f"{gate.name_of(position)}[{position}]" if gate.any_number else gate.name_of(position)
        )
        tensors.append(_variable(value, letter) if has_derivative and value is not None else value)
    variables = {str(t.name): t for t in tensors if isinstance(t, Tensor)}
    return _check(lambda: apply(make_gate(), *tensors), variables, tolerance, seed)


def _check_layer(layer: Any, x: Any, y: Any, tolerance: float, seed: int) -> GradientCheck:
    """Check a layer or a model, on a copy in float64."""
    layer(x)  # built, so that there are parameters to copy
    layer = layer.astype("float64")
    chance = layer.random_states()
    variables = {name: p for name, p in layer.named_weights().items() if p.requires_grad}
    if y is not None:
        make = partial(layer.objective, x, y)
    else:
        several = isinstance(x, list) and all(hasattr(each, "shape") for each in x)
        named = {f"x[{i}]": each for i, each in enumerate(x)} if several else {"x": x}
        inputs = [_input(layer, each, name) for name, each in named.items()]
        variables |= {str(each.name): each for each in inputs if each.requires_grad}
        make = partial(layer, inputs if several else inputs[0], training=True)

    def held_still() -> Any:
        layer.set_random_states(chance)
        return make()

    return _check(held_still, variables, tolerance, seed)


def _input(layer: Any, value: Any, name: str) -> Tensor:
    """An input of a layer as a tensor; whole numbers and bytes need no gradient."""
    array = value.value if isinstance(value, Tensor) else value
    tensor = _variable(layer.engine.asarray(array), name)
    if isinstance(tensor, Tensor):
        return tensor
    return Tensor(layer.as_input(value), requires_grad=False)


def _variable(value: Any, name: str) -> Any:
    """A float64 tensor of floating-point numbers; anything else as it is."""
    engine = engine_of(value)
    array = engine.asarray(value)
    is_float = engine.holds_floats(array)
    return Tensor(engine.xp.astype(array, "float64"), name=name) if is_float else value


def _check(
    make: Callable[[], Any], variables: dict[str, Any], tolerance: float, seed: int
) -> GradientCheck:
    """Compare gradients with differences, variable by variable, of J = sum(weights * make()).

    The weights are random, but one for a result of one number: a sum alone would hide errors that
    cancel. They go into the reverse pass from outside, and J is summed outside the gates, so that
    no gate but those of `make` takes part.
    """
    if not variables:
        raise GraphError(
            "gradient_check",
            "a parameter that is trained, or an input of floating-point numbers",
            "neither",
            "Unfreeze a layer, or give the input as floats.",
        )
    output = make()
    if not isinstance(output, Tensor):
        raise GraphError(
            "gradient_check",
            "a result made of gates from the inputs",
            type(output).__name__,
            "Compute it with pellucid.nn, or with operators.",
        )
    generator = numpy_engine.generator(seed)
    weights = generator.uniform(0.5, 1.5, output.shape) if output.size > 1 else 1.0
    leaves = backpropagate(output, weights)

    def evaluate() -> float:
        with no_graph():
            return float((weights * as_numpy(make())).sum())

    result = GradientCheck(tolerance)
    for name, variable in variables.items():
        gradient = as_numpy(leaves.get(variable, xp.zeros(variable.shape)))
        result.rows.append(_compare(name, variable, gradient, evaluate, tolerance, generator))
    return result


def _compare(
    name: str,
    variable: Tensor,
    gradient: Array,
    evaluate: Callable[[], float],
    tolerance: float,
    generator: Any,
) -> Row:
    """Check one variable, moving it and putting it back."""
    start = as_numpy(variable).copy()
    each = variable.size <= ELEMENTS
    numeric, analytic, noise, kinks = [], [], 0.0, 0
    for direction in _directions(variable.shape, each, generator):

        def J(step: float, direction: Array = direction) -> float:
            put(variable, start + step * direction)
            return evaluate()

        slope = float((gradient * direction).sum())
        found, rounding, kink = _slope(J, slope, tolerance)
        numeric.append(found)
        analytic.append(slope)
        noise, kinks = noise + rounding**2, kinks + kink
    put(variable, start)
    n, a = xp.asarray(numeric), xp.asarray(analytic)
    size = float(xp.linalg.norm(n) + xp.linalg.norm(a))
    difference = float(xp.linalg.norm(n - a))
    if difference > tolerance * size:  # is it more than rounding?
        difference = max(0.0, difference - noise**0.5)
    distance = difference / size if size else 0.0
    way = "each element" if each else f"{len(numeric)} directions"
    return Row(name, variable.shape, way, distance, kinks, bool(distance <= tolerance))


def as_numpy(value: Any) -> Array:
    """A tensor's numbers, or an array's, as NumPy's: the check itself computes there."""
    array = value.value if isinstance(value, Tensor) else value
    return engine_of(array).to_numpy(array)


def put(variable: Tensor, numbers: Array) -> None:
    """Give a variable other numbers, in its own array."""
    variable.value[...] = engine_of(variable).asarray(numbers)


def _directions(shape: tuple[int, ...], each: bool, generator: Any) -> Iterator[Array]:
    """The unit vectors of a small variable; random directions for a large one.

    Every component of a random direction is at least half of the mean size, so that an error in
    any one element shows.
    """
    size = 1
    for n in shape:
        size *= n
    for i in range(size if each else ELEMENTS):
        if each:
            direction = xp.zeros(size)
            direction[i] = 1.0
        else:
            direction = generator.choice([-1.0, 1.0], size) * generator.uniform(0.5, 1.5, size)
            direction /= xp.linalg.norm(direction)
        yield direction.reshape(shape)


def _slope(
    J: Callable[[float], float], analytic: float, tolerance: float
) -> tuple[float, float, int]:
    """The slope of J at 0 by central differences, its rounding error, and 1 at a kink.

    The first step at which it agrees with the analytic slope is taken; else the last.
    """
    middle = J(0.0)
    central = rounding = left = right = 0.0
    for eps in (EPSILON, EPSILON / 10, EPSILON / 100):
        up, down = J(eps), J(-eps)
        central = (up - down) / (2 * eps)
        rounding = ROUNDING * max(abs(up), abs(down)) / eps
        if abs(central - analytic) <= tolerance * (abs(central) + abs(analytic)) + rounding:
            return central, rounding, 0
        left, right = (middle - down) / eps, (up - middle) / eps
    lowest, highest = min(left, right), max(left, right)
    is_kink = highest - lowest > 1e-3 * max(abs(lowest), abs(highest))
    if is_kink and lowest - rounding <= analytic <= highest + rounding:
        return analytic, rounding, 1
    return central, rounding, 0
