"""The one idea of Pellucid: a gate is an equation and, for each of its inputs, its derivative.

A gate's `forward` takes arrays and gives the output; it keeps on `self` only what the derivatives
read. For an input named `v` there is a method `dv`: it takes the gradient of the loss with respect
to the output and returns the one with respect to `v`, in v's shape. An input without such a method
(a label, an index) has no derivative. For inputs `*x` of any number, `dx` is also told which one.

>>> class Square(Gate):
...     '''y = x^2,   dx = 2 x dy.'''
...     def forward(self, x):
...         self.x = x
...         return x * x
...     def dx(self, dy):
...         return 2 * self.x * dy
>>> gate = Square()
>>> gate.forward(3.0), gate.dx(1.0)
(9.0, 6.0)

Letters, here and in every gate: x input, z pre-activation, y or a output, W weights, b bias,
N batch, D features, U units, H W C image; dv is always the gradient of the loss with respect to v.
"""

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from pellucid.engines import Array, Engine, numpy_engine
from pellucid.errors import GraphError

Derivative = Callable[..., Array]  # (gate, gradient of the output[, position]) -> gradient


class Gate(ABC):
    """An equation with its derivatives, and, once the graph has applied it, a node of the graph.

    As a node it knows its `inputs` (tensors, or plain arrays that need no gradient) and its
    `number`: gates are numbered in the order in which they were applied. `moved`: the parameters
    that its layer changed in the forward pass, each with its array from before.

    Of its class it says whether it `takes_waiting` inputs, goes on element by element from formulas
    that are not carried out yet (`Engine.map_later`); and which gates it `goes_before`: applied
    before them instead of after, it gives the same, with less to do for them. A gate of one input
    that others go before `gives_way`. Its `slope_is_fixed` where derivatives depend on the shapes
    of its inputs alone. It `gives_new` arrays where nobody else holds what its first derivative
    gives; it `takes_short` arrays, inputs and gradients that are held in bfloat16
    (engines/torch_waiting.py), where it does no more with them than hand them to the engine. Both
    of these a subclass has to say again.

    `takes_over`: whether nobody else holds the gradient that its derivatives are given, which they
    may write over then.
    """

    engine: Engine = numpy_engine
    inputs: tuple = ()
    number: int = -1
    moved: tuple[tuple[Any, Array], ...] = ()
    takes_over: bool = False
    derivatives: ClassVar[tuple[Derivative | None, ...]] = ()
    input_names: ClassVar[tuple[str, ...]] = ()
    any_number: ClassVar[bool] = False
    takes_waiting: ClassVar[bool] = False
    goes_before: ClassVar[tuple[type, ...]] = ()
    gives_way: ClassVar[bool] = False
    slope_is_fixed: ClassVar[bool] = False
    gives_new: ClassVar[bool] = False
    takes_short: ClassVar[bool] = False

    def __init_subclass__(cls, **settings: Any) -> None:
        """Pair each input that `forward` names with the method that is its derivative."""
        super().__init_subclass__(**settings)
        cls.gives_new = vars(cls).get("gives_new", False)
        cls.takes_short = vars(cls).get("takes_short", False)
        parameters = list(inspect.signature(cls.forward).parameters.values())[1:]
        cls.input_names = tuple(p.name for p in parameters)
        cls.derivatives = tuple(getattr(cls, f"d{name}", None) for name in cls.input_names)
        cls.any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)

    @property
    def xp(self) -> Any:
        """The array module of the engine that the inputs live on (array API standard)."""
        return self.engine.xp

    @abstractmethod
    def forward(self, *inputs: Any) -> Array:
        """The output, from arrays."""

    def gradient(self, position: int, dy: Array) -> Array:
        """The gradient with respect to the input at `position`, from that of the output."""
        derivative = self.derivatives[0 if self.any_number else position]
        if derivative is None:
            raise GraphError(
                f"gate {type(self).__name__}",
                f"an input {self.name_of(position)} that needs no gradient",
                "one that needs it",
                f"Give the gate a method d{self.name_of(position)}, or pass a plain array.",
            )
        return derivative(self, dy, position) if self.any_number else derivative(self, dy)

    def will_need(self, name: str) -> bool:
        """Whether the graph will ask for the gradient of this input; False outside of a graph."""
        return bool(self.inputs) and self.needs(name)

    def needs(self, name: str) -> bool:
        """Whether the graph asks for the gradient of this input. Outside of a graph, it may."""
        if not self.inputs:
            return True
        return getattr(self.inputs[self.input_names.index(name)], "requires_grad", False)

    def name_of(self, position: int) -> str:
        """The letter of the input at `position`."""
        return self.input_names[0 if self.any_number else position]


def shared(derivative: Derivative) -> Derivative:
    """A derivative that others read too: computed once for one gradient of the output."""
    place = f"_{derivative.__name__}"

    @functools.wraps(derivative)
    def remembered(self: Any, dy: Array) -> Array:
        known = self.__dict__.get(place)
        if known is None or known[0] is not dy:
            known = self.__dict__[place] = (dy, derivative(self, dy))
        return known[1]

    return remembered
