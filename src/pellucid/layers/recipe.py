"""How a weight starts, and what holds it: the settings that Keras has for every weight of a layer.

For a weight called kernel they are `kernel_initializer`, `kernel_regularizer` and
`kernel_constraint`.
"""

from typing import Any

from pellucid import constraints, initializers, regularizers
from pellucid.layers.layer import Layer
from pellucid.layers.parameter import Parameter
from pellucid.settings import known_settings

KINDS = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def keep_recipe(layer: Layer, weight: str, *recipe: Any) -> None:
    """Keep a weight's initialiser, regulariser and constraint, each under its argument's name.

    Raises SettingError for one that is not known.
    """
    for (kind, get), value in zip(KINDS.items(), recipe, strict=False):
        name = f"{weight}_{kind}"
        setattr(layer, name, known_settings(layer, name, value, get))


def by_recipe(
    layer: Layer, weight: str, shape: tuple[int, ...], *, name: str = "", trainable: bool = True
) -> Parameter:
    """A new weight of the layer, as the settings that were kept for it say.

    It is called `name`, or else as its settings are.
    """
    recipe = {kind: getattr(layer, f"{weight}_{kind}", None) for kind in KINDS}
    return layer.add_weight(shape, name=name or weight, trainable=trainable, **recipe)
