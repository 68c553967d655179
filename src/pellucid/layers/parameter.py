"""A parameter is a tensor that training changes; all of a model's lie in one vector.

`FlatParameters` lays them out: each parameter's value and gradient become views of their place in
`theta` and `gradient`, so that an update, a norm or a checkpoint is one operation on one array.
"""

import copy
from typing import Any

from pellucid.engines import Array, Engine, engine_of
from pellucid.graph.tensor import Tensor


class Parameter(Tensor):
    """A weight of a layer: `value`, `grad`, `name`, and how training is to treat it.

    A parameter that is not `trainable` (a moving average, say) is changed by its layer alone. After
    each update the `constraint` puts its own array in the place of the value. The learning rate is
    multiplied by `learning_rate_multiplier`.
    """

    __slots__ = (
        "constraint",
        "home",
        "learning_rate_multiplier",
        "place",
        "regularizer",
        "trainable",
    )

    def __init__(
        self,
        value: Array,
        name: str,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        learning_rate_multiplier: float = 1.0,
    ) -> None:
        super().__init__(value, requires_grad=trainable, name=name)
        self.trainable = trainable
        self.regularizer, self.constraint = regularizer, constraint
        self.learning_rate_multiplier = learning_rate_multiplier
        self.home: FlatParameters | None = None
        self.place: Array | None = None

    def receive(self, gradient: Array) -> None:
        """Take the gradient that `backward` found, into its place in the model's vector."""
        if self.place is None:
            self.grad = gradient
        else:
            if gradient is not self.place:
                self.place[...] = gradient
            self.grad = self.place

    def assign(self, value: Any) -> None:
        """Change the value in place, keeping its shape and type."""
        self.value[...] = engine_of(self.value).asarray(value)

    def move(self, engine: Engine) -> None:
        """Bring the value to an engine, where it lies in no model's vector yet."""
        before = engine_of(self.value)
        if engine is not before:
            self.value = engine.xp.asarray(before.to_numpy(self.value), copy=True)
            self.home = self.place = self.grad = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "Parameter":
        """A copy of its own, in no model's vector."""
        value = engine_of(self.value).xp.asarray(self.value, copy=True)
        other = Parameter(
            value,
            self.name or "",
            self.trainable,
            copy.deepcopy(self.regularizer),
            copy.deepcopy(self.constraint),
            self.learning_rate_multiplier,
        )
        other.requires_grad = self.requires_grad
        memo[id(self)] = other
        return other


class FlatParameters:
    """The parameters of a model in one vector `theta`, their gradients in another, `gradient`.

    `names`: by which the model knows them; their own where none are given.
    """

    def __init__(self, parameters: list[Parameter], names: list[str] | None = None) -> None:
        self.parameters = parameters
        self.names = names or [p.name or "" for p in parameters]
        self.parts: dict[Parameter, slice] = {}
        start = 0
        for p in parameters:
            self.parts[p] = slice(start, start + p.size)
            start += p.size
        xp = engine_of(parameters[0].value if parameters else None).xp
        dtype = parameters[0].dtype if parameters else None
        self.theta: Array = xp.empty(start, dtype=dtype)
        self.gradient: Array = xp.zeros(start, dtype=dtype)
        for p, part in self.parts.items():
            self.theta[part] = xp.reshape(p.value, (-1,))
            p.place = xp.reshape(self.gradient[part], p.shape)
            p.value = xp.reshape(self.theta[part], p.shape)
            p.home = self

    def still_holds(self, parameters: list[Parameter]) -> bool:
        """Whether these are the parameters laid out here, and none has moved elsewhere since."""
        return len(parameters) == len(self.parameters) and all(p.home is self for p in parameters)

    def clear_except(self, reached: Any) -> None:
        """Set the gradient to zero of every parameter that the reverse pass did not reach."""
        if len(reached) < len(self.parameters):
            for p, part in self.parts.items():
                if p not in reached:
                    self.gradient[part] = 0

    def carry_over(
        self, slot: Array, before: "FlatParameters", first: Array | None = None
    ) -> Array:
        """An optimiser's slot for another layout in this one; `first`, or 0, where it is new."""
        moved = engine_of(slot).xp.zeros_like(self.theta) if first is None else first
        for p, part in self.parts.items():
            if p in before.parts:
                moved[part] = slot[before.parts[p]]
        return moved

    def __deepcopy__(self, memo: dict[int, Any]) -> "FlatParameters":
        """A layout of the copied parameters."""
        return FlatParameters(copy.deepcopy(self.parameters, memo), list(self.names))
