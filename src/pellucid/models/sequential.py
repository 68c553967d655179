"""A stack of layers, each fed by the one before."""

from typing import Any

from pellucid.errors import PellucidError, SettingError
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Input, Symbol
from pellucid.models.model import Model
from pellucid.registry import plain


@registry.register
class Sequential(Model):
    """Layers one after another. It may start with an `Input`; else it is built on its first data.

    >>> from pellucid.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(units=3, activation="relu"), Dense(units=1)])
    >>> model.count_params()
    13
    """

    def __init__(self, layers: list[Any] | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.first: Symbol | None = None
        if isinstance(layers, Layer):
            raise SettingError(
                "Sequential", "a list of layers", "one", "Write Sequential([layer])."
            )
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Layer | Symbol) -> None:
        """Put a layer on top of the stack. Raises SettingError for what is none."""
        before = self.layers, self.first, self.built, self.input_shape
        if isinstance(layer, Symbol):
            self.first = layer
        elif isinstance(layer, Layer):
            self.own([*self.layers, layer])
        else:
            mend = "Make one: Dense(10), say; a function is one as Activation(function)."
            raise SettingError("Sequential", "layers", repr(layer), mend)
        self.built = False
        if self.first is not None:
            try:
                self.build_whole(self.first.shape)
            except PellucidError:
                self.layers, self.first, self.built, self.input_shape = before
                raise

    def build(self, input_shape: Any) -> None:
        """Build each layer for the shape that the one below it gives."""
        for layer in self.layers:
            layer.ensure_built(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, x: Any, training: bool = False) -> Any:
        """Every layer in turn."""
        for layer in self.layers:
            x = layer.run(x, training)
        return x

    def flow(self) -> list[tuple[Layer, Any]]:
        """Each layer with the shape of what it makes; None before the model is built."""
        shape, found = self.input_shape, []
        for layer in self.layers:
            shape = layer.compute_output_shape(shape) if self.built else None
            found.append((layer, shape))
        return found

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that the last layer gives."""
        for layer in self.layers:
            layer.ensure_built(input_shape)
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The layers as plain dictionaries, and the input shape if it is known."""
        shape = None if self.input_shape is None else list(self.input_shape[1:])
        layers = [plain(layer) for layer in self.layers]
        return {"name": self.name, "dtype": self.dtype, "input_shape": shape, "layers": layers}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Sequential":
        """The model that `get_config` described, with new weights."""
        return cls.joined(config, [registry.get(layer) for layer in config["layers"]])

    @classmethod
    def joined(cls, config: dict[str, Any], layers: list[Layer]) -> "Sequential":
        """A stack of these layers, otherwise as the settings `config` say."""
        first = [] if config["input_shape"] is None else [Input(config["input_shape"])]
        return cls([*first, *layers], name=config["name"], dtype=config["dtype"])
