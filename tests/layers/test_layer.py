"""What a layer of one's own needs, and what it gets from the base."""

import numpy as np
import pytest

from pellucid import (
    Gate,
    Input,
    Layer,
    Model,
    Sequential,
    Tensor,
    apply,
    check_gate,
    gradient_check,
    layers,
    load,
    nn,
    set_random_seed,
)
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Dense, Dropout
from pellucid.optimizers import SGD
from pellucid.registry import custom

from ..saying import says


class Quadratic(Layer):
    """x W + x^2 V: a layer with weights of its own and no shape rule."""

    def __init__(self, units, **settings):
        super().__init__(**settings)
        self.units = units

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.W = self.add_weight(shape, name="W", regularizer="l2")
        self.V = self.add_weight(shape, "zeros", name="V")
        self.seen = self.add_weight((), "zeros", name="seen", trainable=False)

    def call(self, x):
        return nn.matmul(x, self.W) + nn.matmul(x * x, self.V)


class Residual(Layer):
    """x + g(x) with two layers inside, and a third in a list."""

    def __init__(self, units, **settings):
        super().__init__(**settings)
        self.units = units
        self.inner = Dense(units, "tanh")
        self.more = [Dense(units, use_bias=False)]

    def call(self, x, training=False):
        h = self.inner(x)
        for layer in self.more:
            h = layer(h)
        return x + (2 * h if training else h)


class Sine(Gate):
    """y = sin x,   dx = dy cos x."""

    def forward(self, x):
        self.x = x
        return np.sin(x)

    def dx(self, dy):
        return dy * np.cos(self.x)


class Wave(Layer):
    """The sine of its inputs, by a gate of one's own."""

    def call(self, x):
        return apply(Sine(), x)


def learns(model, x, y, **compiled):
    """Assert that some steps of training make the loss much smaller."""
    model.compile("adam", **{"loss": "mse", **compiled})
    model.optimizer.learning_rate = 0.05
    losses = [model.train_on_batch(x, y) for _ in range(60)]
    assert losses[-1] < 0.3 * losses[0]


@pytest.fixture
def data(rng):
    x = rng.normal(size=(32, 3))
    return x, (x**2).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("make", [lambda: Quadratic(1), lambda: Residual(3), Wave])
def test_layers_of_ones_own_are_differentiated(make, rng):
    check = gradient_check(make(), rng.normal(size=(5, 3)))
    assert check, str(check)


def test_a_gate_of_ones_own_is_checked():
    assert check_gate(Sine, [0.3, -2.0])


@pytest.mark.parametrize(
    "hidden",
    [
        lambda: [Quadratic(4)],
        lambda: [Residual(3)],
        lambda: [Dense(8), Wave()],
        lambda: [Dense(8, activation=lambda z: apply(Sine(), z))],
        lambda: [layers.Activation(lambda z: z * z)],
    ],
)
def test_layers_of_ones_own_are_trained(hidden, data):
    set_random_seed(0)
    learns(Sequential([*hidden(), Dense(1)]), *data)


def test_losses_and_metrics_of_ones_own_are_trained_and_measured(data):
    def fourth_power(y_true, y_pred):
        return nn.mean((y_pred - y_true) ** 2 * (y_pred - y_true) ** 2, axis=-1)

    def worst(y_true, y_pred):
        return np.abs(y_pred - y_true).max(axis=-1)

    set_random_seed(0)
    model = Sequential([Dense(16, "tanh"), Dense(1)])
    model.compile("adam", fourth_power, [worst])
    model.optimizer.learning_rate = 0.05
    history = model.fit(*data, epochs=40, verbose=0).history
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    assert history["worst"][-1] < history["worst"][0]


def test_a_shape_rule_is_found_by_trying():
    layer = Quadratic(4)
    assert layer(Input((3,))).shape == (None, 4)
    model = Sequential([Input((3,)), Quadratic(4), Quadratic(2)])
    assert model.output_shape == (None, 2)


def test_weights_of_inner_layers_are_found_once_and_by_path():
    layer = Residual(3)
    layer.again = layer.inner
    layer(np.zeros((1, 3)))
    assert list(layer.named_weights()) == ["dense/kernel", "dense/bias", "dense_1/kernel"]
    assert len(layer.weights) == 3
    assert layer.all_layers() == [layer, layer.inner, *layer.more]


def test_a_weights_regulariser_and_trainable_are_as_given():
    layer = Quadratic(2)
    layer(np.zeros((1, 3)))
    assert [p.name for p in layer.trainable_weights] == ["W", "V"]
    assert [p.name for p in layer.non_trainable_weights] == ["seen"]
    assert layer.W.regularizer.l2 == 0.01
    assert layer.V.regularizer is None


def test_inner_layers_freeze_with_the_outer_one():
    layer = Residual(3)
    layer(np.zeros((1, 3)))
    layer.trainable = False
    assert layer.trainable_weights == []
    assert not layer.inner.trainable
    layer.trainable = True
    assert len(layer.trainable_weights) == 3


@pytest.mark.parametrize("when", ["when made", "before it is built", "afterwards"])
def test_inner_layers_learn_at_the_rate_of_the_outer_one(when, rng):
    layer = Residual(3, learning_rate_multiplier=0.1 if when == "when made" else 1.0)
    if when == "before it is built":
        layer.learning_rate_multiplier = 0.1
    layer(rng.normal(size=(2, 3)))
    if when == "afterwards":
        layer.learning_rate_multiplier = 0.1
    assert [p.learning_rate_multiplier for p in layer.weights] == [0.1] * 3
    layer.inner.learning_rate_multiplier = 2
    assert [p.learning_rate_multiplier for p in layer.weights] == [2.0, 2.0, 0.1]


def test_a_models_rates_are_its_layers_and_come_back_from_a_file(rng, tmp_path):
    backbone = Sequential([Dense(4, "tanh"), Dense(4, "tanh")], learning_rate_multiplier=0.5)
    model = Sequential([Input((3,)), backbone, Dense(1, learning_rate_multiplier=2.0)])
    model.compile(SGD(0.1), "mse")
    model.get_layer(index=0).layers[1].learning_rate_multiplier = 0.0
    x, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    before = model.get_weights()
    model.train_on_batch(x, y)
    assert [piece.factor for piece in model.optimizer.pieces] == [0.5, 0.0, 2.0]
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [True, True, False, False, True, True]
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    for each in (model, loaded):
        each.train_on_batch(x, y)
    assert [piece.factor for piece in loaded.optimizer.pieces] == [0.5, 0.0, 2.0]
    assert all(map(np.array_equal, model.get_weights(), loaded.get_weights()))


def test_a_rate_may_change_between_two_steps(rng):
    model = Sequential([Input((3,)), Dense(2), Dense(1)])
    model.compile(SGD(0.1, momentum=0.9), "mse")
    x, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    model.train_on_batch(x, y)
    v = model.optimizer.state["v"].copy()
    model.layers[0].learning_rate_multiplier = 0.5
    model.lay_out()
    assert np.array_equal(model.optimizer.state["v"], v)
    assert [piece.factor for piece in model.optimizer.pieces] == [0.5, 1.0]


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_refused(value):
    text = (
        f"Dense: expected learning_rate_multiplier from 0; got {value}. "
        "Give learning_rate_multiplier 0 or a positive number."
    )
    with says(SettingError, text):
        Dense(2, learning_rate_multiplier=value)


def test_call_is_told_of_training_if_it_wants_to_know(rng):
    x = rng.normal(size=(2, 3)).astype("float32")
    layer = Residual(3)
    assert np.allclose(layer(x, training=True) - x, 2 * (layer(x) - x), atol=1e-6)
    assert Residual.takes_training
    assert not Quadratic.takes_training


def test_a_layer_of_ones_own_goes_into_settings_and_back(rng):
    x = rng.normal(size=(2, 3))
    model = Sequential([Input((3,)), Residual(3, name="block"), Quadratic(2)])
    with custom({"Residual": Residual, "Quadratic": Quadratic}):
        other = Sequential.from_config(model.get_config())
    other.set_weights(model.get_weights())
    assert np.array_equal(model(x), other(x))
    assert isinstance(other.get_layer("block"), Residual)


def test_a_copy_in_another_number_type_has_weights_of_its_own(rng):
    x = rng.normal(size=(2, 3))
    layer = Residual(3)
    single = layer(x)
    other = layer.astype("float64")
    assert other(x).dtype == "float64"
    assert np.allclose(other(x), single, atol=1e-6)
    other.inner.kernel.assign(0)
    assert np.array_equal(layer(x), single)
    assert layer.dtype == layer.inner.dtype == "float32"


def test_a_model_is_a_layer(data, rng):
    x = Input((3,))
    inner = Model(x, Dense(3, "tanh")(x))
    learns(Sequential([inner, Dense(4, "tanh"), Dense(1)]), *data)


def test_a_layer_names_itself_and_its_place():
    assert Dense(1).label == "dense"
    model = Sequential([Dense(1), Dense(1), Dense(1, name="out")])
    assert [layer.label for layer in model.layers] == ["0 (dense)", "1 (dense_1)", "2 (out)"]


def test_weights_that_do_not_fit_are_refused():
    layer = Dense(2)
    layer(np.zeros((1, 3)))
    text = (
        "set_weights of dense: expected arrays of shapes [(3, 2), (2,)]; "
        "got shapes [(2, 3), (2,)]. "
        "Take them from get_weights() of an equal layer, once both are built."
    )
    with says(ShapeError, text):
        layer.set_weights([np.zeros((2, 3)), np.zeros(2)])
    layer.set_weights([[[1, 2], [3, 4], [5, 6]], [7, 8]])
    assert layer.get_weights()[0].tolist() == [[1, 2], [3, 4], [5, 6]]


def test_chance_is_held_and_put_back(rng):
    layer, x = layers.Dropout(0.5), np.ones((20, 3))
    layer(x)
    states = layer.random_states()
    first = layer(x, training=True)
    layer.set_random_states(states)
    assert np.array_equal(layer(x, training=True), first)


def test_the_base_layer_hands_its_input_on(rng):
    x = rng.normal(size=(2, 3)).astype("float32")
    assert np.array_equal(Layer()(x), x)
    assert Layer()(Tensor(x)).value is x


def test_a_tuple_of_inputs_is_as_good_as_a_list(rng):
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    joined = layers.Add()((a, b))
    np.testing.assert_array_equal(joined, layers.Add()([a, b]))
    tensors = layers.Concatenate()((Tensor(a), Tensor(b)))
    assert isinstance(tensors, Tensor)
    assert tensors.shape == (2, 6)
    assert layers.Concatenate()((Input((3,)), Input((4,)))).shape == (None, 7)


def test_weights_take_images_of_another_size(rng):
    layer = layers.Conv2D(2, 3)
    assert layer(rng.normal(size=(1, 5, 5, 3))).shape == (1, 3, 3, 2)
    assert layer(rng.normal(size=(1, 8, 6, 3))).shape == (1, 6, 4, 2)
    text = (
        "layer conv2d: expected inputs of shape (None, None, None, 3); got shape (None, 5, 5, 4)."
        " Reshape the data to it, or make a new layer for this shape."
    )
    with says(ShapeError, text):
        layer(rng.normal(size=(1, 5, 5, 4)))


class ByName(Layer):
    """A layer that keeps its inner layers in a dictionary, and makes them before it is built."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.parts = {"first": Dense(3), "second": Dense(2)}

    def call(self, x):
        return self.parts["second"](self.parts["first"](x))


def test_layers_in_a_dictionary_are_found(rng):
    layer = ByName()
    layer(rng.normal(size=(2, 4)))
    assert layer.count_params() == 4 * 3 + 3 + 3 * 2 + 2


def test_what_a_frozen_layer_makes_inside_is_frozen_too(rng):
    layer = ByName(trainable=False)
    assert layer.compute_output_shape((None, 4)) == (None, 2)
    assert layer.trainable_weights == []


def test_a_jump_leads_to_another_stream_that_goes_on_by_itself():
    first, second = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
    for layer in (first, second):
        layer.ensure_built((None, 3))
    first.jump(0)
    assert first.random_states() == second.random_states()
    second.jump(2)
    assert not (first.generator.random(8) == second.generator.random(8)).any()
