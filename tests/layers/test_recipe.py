"""How a weight starts and what holds it: kept by name, looked up when it is given."""

import pytest

from pellucid.errors import SettingError
from pellucid.initializers import Constant
from pellucid.layers import Layer
from pellucid.layers.recipe import by_recipe, keep_recipe

from ..saying import says


def test_a_weight_is_made_as_was_said():
    layer = Layer()
    keep_recipe(layer, "scale", Constant(3.0), "l2", "non_neg")
    p = by_recipe(layer, "scale", (2,), name="gamma", trainable=False)
    assert layer.scale_regularizer == "l2"
    assert p.value.tolist() == [3.0, 3.0]
    assert (p.name, p.requires_grad) == ("gamma", False)
    assert type(p.regularizer).__name__ == "L2"
    assert type(p.constraint).__name__ == "NonNeg"


def test_a_recipe_may_be_an_initialiser_alone():
    layer = Layer()
    keep_recipe(layer, "mean", "zeros")
    p = by_recipe(layer, "mean", (2,))
    assert (p.name, p.regularizer, p.constraint) == ("mean", None, None)
    assert not hasattr(layer, "mean_regularizer")


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (("zeroes",), "initializer: expected a known initializer; got 'zeroes'. Did you mean 'Zer"),
        (("zeros", "l9"), "regularizer: expected a known regularizer; got 'l9'. There is: Froben"),
        (("zeros", None, 3), "constraint: expected a name, or a thing itself; got 3. Write a n"),
    ],
)
def test_what_is_not_known_is_named_with_the_layer_and_the_weight(recipe, text):
    with pytest.raises(SettingError) as caught:
        keep_recipe(Layer(), "scale", *recipe)
    assert str(caught.value).startswith(f"Layer, scale_{text}")


def test_the_whole_text():
    text = (
        "Layer, scale_initializer: expected a known initializer; got 'onse'. Did you mean 'Ones'?"
    )
    with says(SettingError, text):
        keep_recipe(Layer(), "scale", "onse")
