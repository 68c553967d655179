"""Stacks: built at once from an Input or on the first data, and refused when they are wrong."""

import re

import numpy as np
import pytest

import pellucid
from pellucid import Sequential, nn
from pellucid.errors import DataError, ModelFileError, SettingError, ShapeError
from pellucid.layers import Dense, Flatten, Input


def test_a_stack_is_its_formula(rng):
    model = Sequential([Dense(5, activation="relu"), Dense(2, activation="sigmoid")])
    x = rng.normal(size=(7, 4)).astype("float32")
    found = model(x)
    (W1, b1, W2, b2) = model.get_weights()
    expected = nn.sigmoid(np.maximum(0, x @ W1 + b1) @ W2 + b2)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_without_an_input_it_is_built_on_its_first_data(rng):
    model = Sequential([Flatten(), Dense(3)])
    assert not model.built
    assert model.count_params() == 0
    assert model.predict(rng.normal(size=(2, 4, 5))).shape == (2, 3)
    assert model.built
    assert (model.count_params(), model.output_shape) == (63, (None, 3))


def test_with_an_input_it_is_built_at_once_and_equal(rng):
    x = rng.normal(size=(2, 4))
    pellucid.set_random_seed(3)
    lazy = Sequential([Dense(3), Dense(2)])
    outputs = lazy(x)
    pellucid.set_random_seed(3)
    built = Sequential([Input((4,)), Dense(3), Dense(2)])
    assert built.count_params() == 23
    np.testing.assert_array_equal(built(x), outputs)


def test_layers_are_added_one_by_one(rng):
    model = Sequential()
    model.add(Input((4,)))
    model.add(Dense(3, activation="tanh"))
    model.add(Dense(2))
    assert [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert model.output_shape == (None, 2)
    first = model.get_weights()
    model.add(Dense(1))
    assert model.predict(rng.normal(size=(5, 4))).shape == (5, 1)
    for a, b in zip(first, model.get_weights(), strict=False):
        np.testing.assert_array_equal(a, b)


def test_a_layer_added_to_a_built_stack_is_built_on_the_next_data(rng):
    model = Sequential([Dense(3)])
    x = rng.normal(size=(5, 4))
    model.predict(x)
    model.add(Dense(2))
    assert model.predict(x).shape == (5, 2)


def test_training_goes_on_after_a_layer_was_added(rng):
    x = rng.normal(size=(20, 4))
    model = Sequential([Dense(3, activation="tanh")])
    model.compile("adam", "mse")
    model.fit(x, x[:, :3], verbose=0)
    model.add(Dense(1))
    model.fit(x, x[:, 0], verbose=0)
    assert model.parameters.theta.size == model.count_params() == 19
    assert model.optimizer.state["m"].shape == (19,)


def test_an_empty_stack_gives_its_input(rng):
    x = rng.normal(size=(2, 3)).astype("float32")
    np.testing.assert_array_equal(Sequential()(x), x)


@pytest.mark.parametrize(
    ("make", "shape", "text"),
    [
        (
            lambda: Sequential([Input((4,)), Dense(2)]),
            (5, 3),
            "model sequential: expected inputs of shape (N, 4); got shape (N, 3). "
            "Give the data this shape; a single example is x[None].",
        ),
        (
            lambda: Sequential([Input((4,)), Dense(2)], name="scores"),
            (4,),
            "model scores: expected inputs of shape (N, 4); got shape (N,).",
        ),
        (lambda: Sequential([Dense(2)]), (4,), "layer 0 (dense): expected "),
    ],
)
@pytest.mark.parametrize("method", ["__call__", "predict"])
def test_wrong_shapes_are_named(make, shape, text, method):
    with pytest.raises(ShapeError, match=re.escape(text)):
        getattr(make(), method)(np.zeros(shape))


def test_a_second_shape_is_refused_by_a_built_stack(rng):
    model = Sequential([Dense(2)])
    model(rng.normal(size=(3, 4)))
    with pytest.raises(ShapeError, match=re.escape("expected inputs of shape (N, 4)")):
        model(rng.normal(size=(3, 5)))


def test_what_is_asked_too_early_is_refused(tmp_path):
    x, y = np.zeros((2, 3)), np.zeros(2)
    text = "fit: expected a model that is compiled with a loss; got one that is not. Call model.co"
    with pytest.raises(SettingError, match=re.escape(text)):
        Sequential([Dense(1)]).fit(x, y)
    with pytest.raises(DataError, match=re.escape("fit: expected targets y; got none.")):
        Sequential([Dense(1)]).fit(x)
    text = "expected a model that is built; got one that has seen no data yet. Start it with Input("
    with pytest.raises(ModelFileError, match=re.escape(text)):
        Sequential([Dense(1)]).save(tmp_path / "model")


def test_settings_keep_the_input_shape_only_once_it_is_known(rng):
    lazy = Sequential([Dense(2, name="only")], name="lazy")
    assert lazy.get_config()["input_shape"] is None
    assert not Sequential.from_config(lazy.get_config()).built
    lazy(rng.normal(size=(1, 3)))
    twin = Sequential.from_config(lazy.get_config())
    assert (twin.name, twin.layers[0].name, twin.count_params()) == ("lazy", "only", 8)
