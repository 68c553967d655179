"""Clones: the same layers, the same joints, and nothing shared."""

import re

import numpy as np
import pytest

import pellucid
from pellucid import Model, Sequential, clone_model, nn
from pellucid.errors import SettingError
from pellucid.layers import Activation, Add, Dense, Dropout, Input, Layer

from .networks import OwnCall, images, nested, residual, siamese, stack
from .test_model import as_list, data

MAKERS = [stack, images, residual, siamese, nested]


class WithConfig(OwnCall):
    """Says by itself what it is made with."""

    def get_config(self):
        return {"units": self.units, "name": self.name}


class Times(Layer):
    """A layer that no registry knows."""

    def __init__(self, factor=2.0, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, x):
        return x * self.factor


def cubed(z):
    return z * z * z


def test_it_is_found_where_keras_has_it():
    assert pellucid.models.clone_model is pellucid.clone_model is clone_model


@pytest.mark.parametrize("make", [*MAKERS, WithConfig], ids=lambda make: make.__name__)
def test_a_clone_computes_the_same_with_the_same_weights(make, rng):
    model = make()
    x = data(model, rng) if model.built else rng.normal(size=(6, 4)).astype("float32")
    model(x)
    clone = clone_model(model)
    assert type(clone) is type(model)
    assert list(clone.named_weights()) == list(model.named_weights())
    assert any((a != b).any() for a, b in zip(*weights_of(clone, model), strict=True))
    clone.set_weights(model.get_weights())
    for a, b in zip(as_list(clone(x)), as_list(model(x)), strict=True):
        np.testing.assert_array_equal(a, b)


def weights_of(*models):
    return [model.get_weights() for model in models]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_nothing_is_shared(make):
    model = make()
    clone = clone_model(model)
    assert not set(model.all_layers()) & set(clone.all_layers())
    before = model.get_weights()
    for p in clone.weights:
        p.assign(7)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_clone_trains_by_itself_and_is_not_compiled(rng):
    model, x = residual(), rng.normal(size=(20, 4))
    model.compile("sgd", "mse")
    clone = clone_model(model)
    assert clone.optimizer is None
    before = model.get_weights()
    clone.compile("sgd", "mse")
    clone.fit(x, x[:, :3], verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_settings_of_layers_come_along():
    model = Sequential([Input((4,)), Dense(3, name="first", trainable=False), Dense(2)], name="two")
    clone = clone_model(model)
    assert (clone.name, clone.get_config()) == ("two", model.get_config())
    assert [p.name for p in clone.trainable_weights] == ["kernel", "bias"]


def test_what_is_not_built_stays_so():
    assert not clone_model(Sequential([Dense(3)])).built
    assert not clone_model(WithConfig()).built


def test_a_shared_layer_stays_shared_also_across_models():
    shared, x, inner = Dense(4), Input((4,)), Input((4,))
    inside = Model(inner, shared(inner))
    model = Model(x, Add()([inside(x), shared(x)]))
    clone = clone_model(model)
    assert clone.count_params() == model.count_params() == 20
    assert clone.layers[0].layers[0] is clone.layers[1]
    assert clone.layers[1] is not shared


def test_layers_and_functions_of_ones_own_need_no_registry(rng):
    x = Input((4,))
    model = Model(x, Times(3.0)(Dense(2, activation=cubed)(Activation(lambda z: z + 1)(x))))
    clone = clone_model(model)
    clone.set_weights(model.get_weights())
    value = rng.normal(size=(2, 4))
    np.testing.assert_array_equal(clone(value), model(value))


def test_two_functions_of_one_name_are_not_mixed_up():
    model = Sequential([Activation(lambda z: z + 1), Activation(lambda z: z + 2)])
    text = (
        "clone_model: expected one function of a name; got two <lambda>. "
        "Give each a name of its own with def."
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        clone_model(model)


def test_a_function_may_give_other_layers():
    def wider(layer):
        config = layer.get_config()
        if isinstance(layer, Dense):
            config["units"] *= 2
        return type(layer).from_config(config)

    model = Sequential([Input((4,)), Dense(3), Dropout(0.5), Dense(1)])
    assert clone_model(model, wider).count_params() == (4 * 6 + 6) + (6 * 2 + 2)


@pytest.mark.parametrize(("recursive", "seen"), [(False, 3), (True, 5)])
def test_a_function_is_asked_for_models_inside_or_for_their_layers(recursive, seen):
    """Of the stem's two layers, the layer between, and the head's two."""
    asked = []

    def same(layer):
        asked.append(layer)
        return (
            clone_model(layer)
            if isinstance(layer, Model)
            else type(layer).from_config(layer.get_config())
        )

    model = nested()
    clone = clone_model(model, same, recursive=recursive)
    assert len(asked) == seen
    assert any(isinstance(layer, Model) for layer in asked) is not recursive
    assert list(clone.named_weights()) == list(model.named_weights())


def test_a_function_has_to_give_layers():
    text = (
        "clone_model: expected clone_function to give a layer; got None. Its equal is type(layer)"
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        clone_model(stack(), lambda layer: None)


def test_a_call_of_its_own_needs_settings():
    text = (
        "settings of OwnCall: expected a model made of inputs and outputs; got one with a call of "
        "its own. Write get_config, or use Model(inputs, outputs)."
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        clone_model(OwnCall())


def test_a_subclass_without_a_call_of_its_own_is_cloned_as_what_it_is():
    class Small(Sequential):
        def __init__(self):
            super().__init__([Input((4,)), Dense(2)])

    clone = clone_model(Small())
    assert (type(clone), clone.count_params()) == (Sequential, 10)


def test_a_sequential_with_a_call_of_its_own_is_made_by_its_settings(rng):
    class Twice(Sequential):
        def call(self, x, training=False):
            return nn.tanh(super().call(x, training))

    model = Twice([Input((4,)), Dense(2)])
    clone = clone_model(model)
    clone.set_weights(model.get_weights())
    x = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(clone(x), model(x))
