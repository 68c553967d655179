"""A layer is parameters with a shape rule, around gates.

To write one: keep the settings in `__init__`, make the parameters in `build(input_shape)`, and
compose gates in `call(x)`, or `call(x, training)` where training differs from inference. There is
no backward pass to write.

>>> class Scale(Layer):
...     def build(self, input_shape):
...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
...     def call(self, x):
...         return x * self.factor
>>> Scale()([[1.0, 2.0]]).tolist()
[[1.0, 2.0]]
"""

import copy
import inspect
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from pellucid import constraints, initializers, regularizers
from pellucid.config import floatx
from pellucid.engines import Engine, engine_of, find, in_use
from pellucid.errors import ShapeError
from pellucid.graph.tensor import Tensor, no_graph
from pellucid.layers.parameter import Parameter
from pellucid.layers.symbol import (
    Shape,
    Symbol,
    each_of,
    features_of,
    fits,
    is_several,
    shapes_of,
)
from pellucid.registry import Configurable, Registry, snake_case
from pellucid.settings import not_negative

registry = Registry("layer")


class Layer(Configurable):
    """The base of all layers.

    `trainable=False` freezes it: its weights take no gradient and no update. `dtype` is the number
    type of its weights, and of the arrays that it is called on (default: `floatx()`).
    `learning_rate_multiplier`: what the learning rate is multiplied by for its weights; Keras has
    one rate for all. Raises SettingError unless that is a number from 0.
    """

    takes_training: ClassVar[bool] = False

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        learning_rate_multiplier: float = 1.0,
    ) -> None:
        self.own_weights: list[Parameter] = []
        self.name = name
        self.trainable = trainable
        self.learning_rate_multiplier = learning_rate_multiplier
        self.dtype = dtype or floatx()
        self.engine = in_use()
        self.built = False
        self.input_shape: Any = None
        self.position: int | None = None
        self.generator: Any = None

    def __init_subclass__(cls, **settings: Any) -> None:
        """Note whether `call` wants to know that it is training."""
        super().__init_subclass__(**settings)
        cls.takes_training = "training" in inspect.signature(cls.call).parameters

    # -- what a layer writes ------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the parameters for inputs of this shape (the batch axis is None)."""

    def call(self, x: Any, *, training: bool = False) -> Any:
        """The output for x, made of gates. Without `training` where it does not matter."""
        return x

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape of the output for inputs of this shape; found by trying where not written."""
        self.ensure_built(input_shape)
        several = isinstance(input_shape, list)
        tried = [
            self.engine.xp.zeros(tuple(n or 1 for n in shape), dtype=self.dtype)
            for shape in (input_shape if several else [input_shape])
        ]
        with no_graph():
            output = self.run(tried if several else tried[0], training=False)
        return (None, *output.shape[1:])

    # -- what a layer gets --------------------------------------------------------------------

    def add_weight(
        self,
        shape: tuple[int, ...],
        initializer: Any = "glorot_uniform",
        *,
        name: str = "weight",
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Parameter:
        """A new parameter of this layer."""
        parameter = Parameter(
            self.engine.asarray(initializers.get(initializer)(shape, self.dtype)),
            name,
            trainable,
            regularizers.get(regularizer),
            constraints.get(constraint),
            self.learning_rate_multiplier,
        )
        parameter.requires_grad = trainable and self.trainable
        self.own_weights.append(parameter)
        return parameter

    def expect_rank(self, input_shape: Shape, rank: int, what: str) -> None:
        """Raise ShapeError unless the inputs have so many axes, the batch included."""
        if len(input_shape) != rank:
            raise ShapeError(
                f"layer {self.label}",
                f"{what}: {rank} axes with the batch",
                f"shape {input_shape}",
                "Reshape the data, or put a Reshape or Flatten layer before this one.",
            )

    @property
    def label(self) -> str:
        """What errors call this layer: its place in the model and its name."""
        name = self.name or snake_case(type(self).__name__)
        return name if self.position is None else f"{self.position} ({name})"

    # -- calling ------------------------------------------------------------------------------

    def __call__(self, inputs: Any, training: bool = False) -> Any:
        """The output. Arrays give an array, tensors a tensor with its graph, symbols a symbol."""
        given = each_of(inputs)
        kinds = {type(each) for each in given}
        if not any(issubclass(kind, (Symbol, Tensor)) for kind in kinds):
            given = [self.as_input(each) for each in given]
        inputs = given if is_several(inputs) else given[0]
        self.ensure_built(shapes_of(inputs))
        if Symbol in kinds:
            return Symbol(self.compute_output_shape(shapes_of(inputs)), self, inputs)
        if any(issubclass(kind, Tensor) for kind in kinds):
            return self.run(inputs, training)
        with no_graph():
            return self.run(inputs, training)

    def run(self, inputs: Any, training: bool) -> Any:
        """`call`, told about training if it wants to know; without any check."""
        if self.takes_training:
            return self.call(inputs, training=training)
        return self.call(inputs)

    def look_back(self) -> None:
        """Raise an error for what was not looked at while work was under way on a far device."""

    def as_input(self, array: Any) -> Any:
        """An array of the layer's own engine and number type."""
        return self.engine.asarray(array, dtype=self.dtype)

    def ensure_built(self, input_shape: Any) -> None:
        """Build on first use; afterwards check that the weights fit an input of this shape."""
        if not self.built:
            self.build_whole(input_shape)
            self.hand_down(list(self.sublayers()))  # for what was made inside since
        elif self.own_weights and not fits(self.takes(), input_shape):
            raise ShapeError(
                f"layer {self.label}",
                f"inputs of shape {self.takes()}",
                f"shape {input_shape}",
                "Reshape the data to it, or make a new layer for this shape.",
            )

    def build_whole(self, input_shape: Any) -> None:
        """Build this layer and all inside it, or, where that fails, leave them as they were."""
        before = {
            each: (each.built, each.input_shape, [*each.own_weights]) for each in self.all_layers()
        }
        try:
            self.build(input_shape)
        except Exception:
            for each in self.all_layers():
                known = before.get(each, (False, None, []))
                each.built, each.input_shape, each.own_weights = known
            raise
        self.built, self.input_shape = True, input_shape

    def takes(self) -> Any:
        """The shape of inputs that the weights are made for; None where any length will do.

        So many axes and so many features, unless a layer says otherwise.
        """
        return features_of(self.input_shape)

    # -- weights ------------------------------------------------------------------------------

    def sublayers(self) -> Iterator["Layer"]:
        """The layers that this one is made of: attributes, and what its lists and dicts hold."""
        for value in vars(self).values():
            held = value.values() if isinstance(value, dict) else value
            for each in held if isinstance(value, (list, tuple, dict)) else (value,):
                if isinstance(each, Layer):
                    yield each

    def all_layers(self) -> list["Layer"]:
        """This layer and all inside it, each once."""
        found: dict[Layer, None] = {self: None}
        for sublayer in self.sublayers():
            found.update(dict.fromkeys(sublayer.all_layers()))
        return list(found)

    @property
    def weights(self) -> list[Parameter]:
        """All parameters, those of inner layers included, each once."""
        found = [p for layer in self.all_layers() for p in layer.own_weights]
        return list(dict.fromkeys(found))

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameters that training changes."""
        return [p for p in self.weights if p.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameters that training leaves alone: moving averages, and all that is frozen."""
        return [p for p in self.weights if not p.requires_grad]

    @property
    def trainable(self) -> bool:
        """Whether training changes the layer's weights; set it to False to freeze them."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for sublayer in self.sublayers():
            sublayer.trainable = value
        for p in self.own_weights:
            p.requires_grad = p.trainable and value

    @property
    def learning_rate_multiplier(self) -> float:
        """What the learning rate is multiplied by for the layer's weights, and those inside it."""
        return self._learning_rate_multiplier

    @learning_rate_multiplier.setter
    def learning_rate_multiplier(self, value: float) -> None:
        self._learning_rate_multiplier = not_negative(self, "learning_rate_multiplier", value)
        for sublayer in self.sublayers():
            sublayer.learning_rate_multiplier = value
        for p in self.own_weights:
            p.learning_rate_multiplier = self._learning_rate_multiplier
            p.home = None  # so that the model lays its parameters out anew

    def hand_down(self, layers: list["Layer"]) -> None:
        """Let layers inside be frozen, or learn at another rate, as this one does."""
        for layer in layers:
            if not self.trainable:
                layer.trainable = False
            if self.learning_rate_multiplier != 1:
                layer.learning_rate_multiplier = self.learning_rate_multiplier

    def named_weights(self, prefix: str = "") -> dict[str, Parameter]:
        """The parameters by path: the names of the layers that hold them, then their own."""
        names: dict[str, Parameter] = {}
        for p in self.own_weights:
            names[unique(f"{prefix}{p.name}", names)] = p
        taken: dict[str, None] = {}
        for layer in dict.fromkeys(self.sublayers()):
            name = unique(layer.name or snake_case(type(layer).__name__), taken)
            taken[name] = None
            for path, p in layer.named_weights(f"{prefix}{name}/").items():
                if not any(p is known for known in names.values()):
                    names[path] = p
        return names

    def get_weights(self) -> list[Any]:
        """Copies of all weights, as NumPy arrays."""
        return [engine_of(p.value).to_numpy(p.value).copy() for p in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Give all weights new values, in the order of `get_weights`.

        Raises ShapeError unless they are as many, of the same shapes.
        """
        weights = [self.engine.asarray(w) for w in weights]
        shapes, own = [tuple(w.shape) for w in weights], [p.shape for p in self.weights]
        if shapes != own:
            raise ShapeError(
                f"set_weights of {self.label}",
                f"arrays of shapes {own}",
                f"shapes {shapes}",
                "Take them from get_weights() of an equal layer, once both are built.",
            )
        for p, value in zip(self.weights, weights, strict=True):
            p.assign(value)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(p.size for p in self.weights)

    def astype(self, dtype: str) -> Self:
        """A copy with its own weights, in another number type."""
        other = copy.deepcopy(self)
        other.cast(dtype)
        return other

    def cast(self, dtype: str) -> None:
        """Bring the layer, all inside it and their weights to another number type, in place.

        A weight that has it already stays where it lies.
        """
        for layer in self.all_layers():
            layer.dtype = dtype
        for p in self.weights:
            value = engine_of(p.value).asarray(p.value, dtype=dtype)
            if value is not p.value:
                p.value = value
                p.home = p.place = p.grad = None

    def to(self, engine: str | Engine, device: str | None = None) -> Self:
        """Move the layer, and all inside it, to another engine or device; gives the layer itself.

        `engine`: "numpy", "torch" or "torch:cuda:0"; `device`: "cpu", "cuda" or "cuda:0". Raises
        EngineError for what is not known, or not here.
        """
        found = find(engine, device)
        for layer in self.all_layers():
            layer.engine = found
        for p in self.weights:
            p.move(found)
        return self

    # -- chance -------------------------------------------------------------------------------

    def random_states(self) -> list[Any]:
        """The state of every generator of random numbers inside, as plain dictionaries."""
        return [g.bit_generator.state for g in self._generators()]

    def set_random_states(self, states: list[Any]) -> None:
        """Put every generator back to where `random_states` found it."""
        for g, state in zip(self._generators(), states, strict=True):
            g.bit_generator.state = state

    def jump(self, times: int) -> None:
        """Move every generator so many jumps on, each over more than 2^127 draws."""
        for g in self._generators() if times else ():
            g.bit_generator.state = g.bit_generator.jumped(times).state

    def _generators(self) -> list[Any]:
        """The generators of this layer and those inside it."""
        return [layer.generator for layer in self.all_layers() if layer.generator is not None]


def unique(name: str, taken: Any) -> str:
    """`name`, with a number behind it where it is taken."""
    number, candidate = 0, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
