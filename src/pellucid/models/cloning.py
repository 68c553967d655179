"""A model once more: the same layers in the same places, with weights of their own.

A clone is made from the settings alone, so that nothing is shared with the model that it came from:
no weights, no layers, no state of chance. It is not compiled.
"""

from collections.abc import Callable
from typing import Any

from pellucid.errors import SettingError
from pellucid.layers.layer import Layer
from pellucid.models.model import Model
from pellucid.models.sequential import Sequential
from pellucid.registry import Configurable, custom

Clone = Callable[[Layer], Layer]


def clone_model(model: Any, clone_function: Clone | None = None, recursive: bool = False) -> Any:
    """A model of the same layers with new weights.

    A layer that is used in several places is one layer in the clone too, also where models stand
    in models. `clone_function(layer)` gives the layer that takes a layer's place, which may be of
    another kind; it is asked for a model inside as a whole, or, where `recursive`, for the layers
    in it. Keras' `input_tensors` and `call_function` are left out.

    Raises SettingError for a subclass with a `call` of its own and no `get_config`, for what
    `clone_function` gives that is no layer, and for two functions of one name among the settings.

    >>> from pellucid.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(3)])
    >>> clone = clone_model(model)
    >>> clone.count_params(), clone.layers[0] is model.layers[0]
    (9, False)
    """
    made: dict[Layer, Layer] = {}

    def layer_for(layer: Layer) -> Layer:
        if layer not in made:
            is_model = isinstance(layer, Model) and _is_plain(layer)
            if is_model and (clone_function is None or recursive):
                made[layer] = _joined(layer, layer_for)
            else:
                made[layer] = _layer((clone_function or _from_settings)(layer))
        return made[layer]

    with custom(_functions(model)):
        return _joined(model, layer_for) if _is_plain(model) else _built(model)


def _joined(model: Any, layer_for: Clone) -> Any:
    """A model that joins other layers as this one does."""
    kind = Sequential if isinstance(model, Sequential) else Model
    return kind.joined(model.get_config(), [layer_for(layer) for layer in model.layers])


def _is_plain(model: Model) -> bool:
    """Whether a model is a list or a graph of layers: what it does is said by its settings."""
    own = type(model)
    if isinstance(model, Sequential):
        return (own.call, own.get_config) == (Sequential.call, Sequential.get_config)
    return bool(model.steps) and (own.call, own.get_config) == (Model.call, Model.get_config)


def _from_settings(layer: Layer) -> Layer:
    """A layer with the same settings."""
    return (
        _built(layer) if isinstance(layer, Model) else type(layer).from_config(layer.get_config())
    )


def _built(model: Any) -> Any:
    """A model with a `call` of its own from its settings, and built where the model is."""
    clone = type(model).from_config(model.get_config())
    if model.built and not clone.built:
        clone.ensure_built(model.input_shape)
        clone.compute_output_shape(model.input_shape)
    return clone


def _layer(given: Any) -> Layer:
    """What a clone function gave."""
    if not isinstance(given, Layer):
        mend = "Its equal is type(layer).from_config(layer.get_config())."
        raise SettingError("clone_model", "clone_function to give a layer", repr(given), mend)
    return given


def _functions(model: Layer) -> dict[str, Any]:
    """The functions among the settings, by the names that stand for them there.

    Raises SettingError where one name stands for two.
    """
    found: dict[str, Any] = {}
    for layer in model.all_layers():
        for value in vars(layer).values():
            name = getattr(value, "__name__", None)
            if not name or not callable(value) or isinstance(value, Configurable):
                continue
            if found.setdefault(name, value) is not value:
                mend = "Give each a name of its own with def."
                raise SettingError("clone_model", "one function of a name", f"two {name}", mend)
    return found
