"""A model is a graph of layers: what goes in, what comes out, and which layer feeds which.

`Model(inputs, outputs)` reads back the symbols that layers were called on, so branches, shortcuts
and shared layers are written as plain calls:

>>> from pellucid.layers import Add, Dense, Input
>>> x = Input((4,))
>>> a = Dense(8, activation="relu")(x)
>>> model = Model(x, Dense(3)(Add()([a, Dense(8)(a)])))
>>> model.count_params(), model([[1.0, 2.0, 3.0, 4.0]]).shape
(139, (1, 3))

A subclass may instead keep layers as attributes and write its own `call(x)`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pellucid.errors import SettingError, ShapeError, nearest
from pellucid.layers.layer import Layer, registry, unique
from pellucid.layers.symbol import Input, Shape, Symbol, each_of, fits
from pellucid.models.seen import Seen
from pellucid.models.summary import summary_table
from pellucid.registry import plain, snake_case
from pellucid.targets import shown
from pellucid.training.trainable import Trainable


class Step(NamedTuple):
    """One call of a layer: the numbers of the values it takes, and of the one it makes.

    `spent`: those that nobody takes after it.
    """

    layer: Layer
    takes: int | list[int]
    makes: int
    spent: tuple[int, ...] = ()


@registry.register
class Model(Trainable, Seen, Layer):
    """A graph of layers from `inputs` to `outputs`, each a symbol or a list of symbols."""

    def __init__(
        self,
        inputs: Symbol | list[Symbol] | None = None,
        outputs: Symbol | list[Symbol] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self._numbers: dict[Symbol, int] = {}  # first, each symbol after its own: deepcopy is flat
        self.inputs, self.outputs = _listed(inputs), _listed(outputs)
        self.layers: list[Layer] = []
        self.steps: list[Step] = []
        if inputs is not None:
            self._read(each_of(inputs), each_of(outputs))
            self.input_shape = _one_or_list(self.inputs, [s.shape for s in each_of(inputs)])
            self.built = True

    def _read(self, inputs: list[Symbol], outputs: list[Symbol]) -> None:
        """Find the steps that lead from the inputs to the outputs, each after those it needs."""
        for symbol in [*inputs, *outputs]:
            if not isinstance(symbol, Symbol):
                raise SettingError(
                    "Model",
                    "inputs made by Input(shape), and outputs that layers made of them",
                    type(symbol).__name__,
                    "Write x = Input((4,)), and Model(x, Dense(1)(x)).",
                )
        for symbol in inputs:
            self._numbers[symbol] = len(self._numbers)
        ahead = list(reversed(outputs))
        while ahead:
            symbol = ahead[-1]
            needs = [s for s in each_of(symbol.inputs) if symbol.layer and s not in self._numbers]
            if symbol in self._numbers or not needs:
                ahead.pop()
                if symbol not in self._numbers:
                    self._add_step(symbol)
            else:
                ahead += reversed(needs)
        self._see_what_is_spent([self._numbers[symbol] for symbol in outputs])
        self.own(list(dict.fromkeys(step.layer for step in self.steps)))

    def _see_what_is_spent(self, needed: list[int]) -> None:
        """Let each step know which values nobody takes after it; those `needed` are given."""
        kept = set(needed)
        for i, step in reversed(list(enumerate(self.steps))):
            taken = {step.takes} if isinstance(step.takes, int) else set(step.takes)
            self.steps[i] = step._replace(spent=tuple(taken - kept))
            kept |= taken

    def _add_step(self, symbol: Symbol) -> None:
        """The step that makes this symbol."""
        if symbol.layer is None:
            raise SettingError(
                "Model",
                "outputs made from its inputs alone",
                f"{symbol}, an Input that is not one",
                "Add it to inputs=[...].",
            )
        taken = [self._numbers[s] for s in each_of(symbol.inputs)]
        number = self._numbers[symbol] = len(self._numbers)
        self.steps.append(Step(symbol.layer, _one_or_list(symbol.inputs, taken), number))

    def own(self, layers: list[Layer]) -> None:
        """Take these layers as the model's, each with a place and a name of its own."""
        self.layers = layers
        taken: dict[str, None] = {}
        for position, layer in enumerate(layers):
            if layer.name in taken or not layer.name:
                layer.name = unique(layer.name or snake_case(type(layer).__name__), taken)
            taken[layer.name] = None
            layer.position = position
            if layer.engine is not self.engine:
                layer.to(self.engine)
        self.hand_down(layers)

    def __call__(self, inputs: Any, training: bool = False) -> Any:
        """The outputs. Arrays give arrays, tensors tensors with their graph, symbols a symbol."""
        if isinstance(self.outputs, list) and isinstance(each_of(inputs)[0], Symbol):
            raise SettingError(
                f"model {self.label}",
                "one output, to stand in another model",
                f"a list of {len(self.outputs)}",
                "Make a model for each output: Model(inputs, output).",
            )
        return super().__call__(inputs, training)

    def call(self, x: Any, training: bool = False) -> Any:
        """The outputs: every step in turn. A value is let go of when the last step has taken it."""

        def run(layer: Layer, taken: Any) -> Any:
            return layer.run(taken, training)

        return self._outputs(self._follow(x, run, lets_go=True))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs, by the layers' shape rules."""
        if not self.steps:
            return super().compute_output_shape(input_shape)
        return self._outputs(self._shapes(input_shape))

    def _follow(
        self, inputs: Any, step: Callable[[Layer, Any], Any], lets_go: bool = False
    ) -> dict[int, Any]:
        """Every value by its number: the inputs, and what each step makes of what it takes.

        With `lets_go` without those that no other step takes, and that are no output.
        """
        values = dict(enumerate(inputs if isinstance(inputs, list) else [inputs]))
        for layer, takes, makes, spent in self.steps:
            taken = [values[i] for i in takes] if isinstance(takes, list) else values[takes]
            values[makes] = step(layer, taken)
            for number in spent if lets_go else ():
                del values[number]
        return values

    def _shapes(self, input_shape: Any) -> dict[int, Any]:
        """The shape of every value, by its number."""
        return self._follow(input_shape, lambda layer, taken: layer.compute_output_shape(taken))

    def _outputs(self, values: dict[int, Any]) -> Any:
        """The values that the model gives."""
        found = [values[self._numbers[symbol]] for symbol in each_of(self.outputs)]
        return _one_or_list(self.outputs, found)

    def ensure_built(self, input_shape: Any) -> None:
        """Build on first use; afterwards check that the inputs have the shape built for."""
        if not self.built:
            self.build_whole(input_shape)
            if not self.layers:
                self.own(list(dict.fromkeys(self.sublayers())))
        elif not fits(self.input_shape, input_shape):
            raise ShapeError(
                f"model {self.label}",
                f"inputs of shape {_shown(self.input_shape)}",
                f"shape {_shown(input_shape)}",
                "Give the data this shape; a single example is x[None].",
            )

    @property
    def output_shape(self) -> Any:
        """The shape of the outputs; the batch is None."""
        return self.compute_output_shape(self.input_shape)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place. Raises SettingError where there is none."""
        names = {str(layer.name): layer for layer in self.layers}
        if (name is None) == (index is None):
            given = "neither" if name is None else "both"
            raise SettingError("get_layer", "a name or an index", given, "Give one of them.")
        if index is not None:
            n = len(self.layers)
            if not -n <= index < n:
                mend = "They are counted from 0: see model.summary()."
                raise SettingError("get_layer", f"an index below {n}", repr(index), mend)
            return self.layers[index]
        if name not in names:
            mend = nearest(str(name), names)
            raise SettingError("get_layer", "the name of a layer", repr(name), mend)
        return names[name]

    def summary(self, print_fn: Any = print) -> None:
        """Print the layers, their output shapes and their numbers of parameters."""
        print_fn(summary_table(self))

    def flow(self) -> list[tuple[Layer, Any]]:
        """Each call of a layer, in order, with the shape of what it makes.

        Of a model with a `call` of its own, each layer, with None where it was not called yet.
        """
        if not self.steps:
            made = [x.compute_output_shape(x.input_shape) if x.built else None for x in self.layers]
            return list(zip(self.layers, made, strict=True))
        shapes = self._shapes(self.input_shape)
        return [(layer, shapes[makes]) for layer, _, makes, _ in self.steps]

    # -- settings -----------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The layers, and which feeds which, as a plain dictionary."""
        if not self.steps:
            raise SettingError(
                f"settings of {type(self).__name__}",
                "a model made of inputs and outputs",
                "one with a call of its own",
                "Write get_config, or use Model(inputs, outputs).",
            )
        return {
            "name": self.name,
            "dtype": self.dtype,
            "inputs": [_input_config(symbol) for symbol in each_of(self.inputs)],
            "several_inputs": isinstance(self.inputs, list),
            "layers": [plain(layer) for layer in self.layers],
            "steps": [[self.layers.index(s.layer), s.takes, s.makes] for s in self.steps],
            "outputs": _one_or_list(
                self.outputs, [self._numbers[symbol] for symbol in each_of(self.outputs)]
            ),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Model":
        """The model that `get_config` described, with new weights."""
        if "inputs" not in config:  # the settings of a subclass with a call of its own
            return cls(**config)
        return cls.joined(config, [registry.get(layer) for layer in config["layers"]])

    @classmethod
    def joined(cls, config: dict[str, Any], layers: list[Layer]) -> "Model":
        """A model of these layers, which feed each other as the settings `config` say."""
        values: dict[int, Symbol] = {}
        for each in config["inputs"]:
            values[len(values)] = Input(each["shape"], each["name"], each["dtype"])
        inputs = list(values.values())
        for place, takes, makes in config["steps"]:
            taken = [values[i] for i in takes] if isinstance(takes, list) else values[takes]
            values[makes] = layers[place](taken)
        outputs: Any = config["outputs"]
        found = [values[i] for i in outputs] if isinstance(outputs, list) else values[outputs]
        given = inputs if config["several_inputs"] else inputs[0]
        return cls(given, found, name=config["name"], dtype=config["dtype"])


def _input_config(symbol: Symbol) -> dict[str, Any]:
    """An input as a plain dictionary."""
    return {"shape": list(symbol.shape[1:]), "name": symbol.name, "dtype": symbol.dtype}


def _listed(symbols: Any) -> Any:
    """Several symbols as a list; one as it is."""
    return list(symbols) if isinstance(symbols, tuple) else symbols


def _one_or_list(like: Any, values: list[Any]) -> Any:
    """The values as a list where `like` is one, else the only value."""
    return values if isinstance(like, list) else values[0]


def _shown(shape: Shape | list[Shape]) -> str:
    """A shape with N for the batch."""
    if isinstance(shape, list):
        return ", ".join(_shown(each) for each in shape)
    return shown(shape)
