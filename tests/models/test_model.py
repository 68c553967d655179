"""Graphs of layers: branches, shared layers, several inputs and outputs, models in models."""

import copy
import json
import re
import weakref

import numpy as np
import pytest

import pellucid
from pellucid import Model, Sequential, Tensor, gradient_check, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.graph import plain
from pellucid.layers import Add, Concatenate, Dense, Dropout, Input, Layer
from pellucid.optimizers import Adam

from .networks import OwnCall, images, nested, residual, siamese, stack

MAKERS = [stack, images, residual, siamese, nested]


def data(model, rng, n=6):
    """Random inputs for a model: an array, or a list of them."""
    shapes = model.input_shape if isinstance(model.input_shape, list) else [model.input_shape]
    found = [rng.normal(size=(n, *shape[1:])).astype("float32") for shape in shapes]
    return found if isinstance(model.input_shape, list) else found[0]


def as_list(outputs):
    return outputs if isinstance(outputs, list) else [outputs]


def dropping():
    x = Input((4,))
    return Model(x, Dropout(0.5)(x))


def says(text):
    return re.escape(text)


# -- what a graph computes ------------------------------------------------------------------------


def test_a_residual_block_is_its_formula(rng):
    model = residual()
    x = data(model, rng)
    W = {name: p.value for name, p in model.named_weights().items()}
    a = np.maximum(0, x @ W["stem/kernel"] + W["stem/bias"])
    h = np.tanh(a @ W["inner/kernel"] + W["inner/bias"])
    a = a + h @ W["outer/kernel"] + W["outer/bias"]
    expected = a @ W["scores/kernel"] + W["scores/bias"]
    np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-6)
    assert model.output_shape == (None, 3)


def test_a_residual_block_learns(rng):
    model = residual()
    x = data(model, rng, 60)
    model.compile(Adam(0.02), "mse")
    history = model.fit(x, x[:, :3] * 2, epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0] / 5


def test_a_shared_layer_has_one_set_of_weights_and_gets_both_gradients(rng):
    model = siamese()
    left, right = data(model, rng)
    assert model.count_params() == (4 * 5 + 5) + (10 * 3 + 3) + (10 + 1)
    shared = model.get_layer("shared")
    swapped = [model([right, left])[0], model([left, right])[0]]
    assert not np.allclose(*swapped)
    shared.set_weights([np.zeros((4, 5)), np.zeros(5)])
    np.testing.assert_array_equal(*(model([a, b])[0] for a, b in ((left, right), (right, left))))


def test_gradients_of_graphs_are_right(rng):
    for make in (residual, siamese, nested):
        model = make()
        x = data(model, rng, 3)
        if isinstance(model.outputs, list):
            assert gradient_check(lambda a, b, m=model: nn.concatenate(m([a, b])), *x), make
        else:
            assert gradient_check(model, x), make


def test_several_inputs_and_outputs_are_lists(rng):
    model = siamese()
    x = data(model, rng, 300)
    outputs = model.predict(x, batch_size=7)
    assert [output.shape for output in outputs] == [(300, 3), (300, 1)]
    for ours, whole in zip(outputs, model(x), strict=True):
        np.testing.assert_allclose(ours, whole, rtol=1e-5, atol=1e-6)
    assert model.output_shape == [(None, 3), (None, 1)]


def test_an_input_may_be_an_output(rng):
    x = Input((3,))
    model = Model(x, [x, Dense(2)(x)])
    value = rng.normal(size=(4, 3)).astype("float32")
    np.testing.assert_array_equal(model(value)[0], value)


class Watches(Layer):
    """x + 1; how many of the arrays that such layers were given are alive is noted in `alive`."""

    seen: list = []
    alive: list = []

    def call(self, x):
        array = plain(x)
        self.seen.append(weakref.ref(array))
        self.alive.append(sum(each() is not None for each in self.seen))
        return x + 1

    def compute_output_shape(self, input_shape):
        return input_shape


def test_an_answer_lets_go_of_a_value_with_the_last_layer_that_takes_it():
    x = Input((2,))
    first = Watches()(x)
    value = first
    for _ in range(5):
        value = Watches()(value)
    model = Model(x, [Add()([first, value]), value])
    Watches.seen, Watches.alive = [], []
    sums, last = model(np.zeros((3, 2), "float32"))
    assert (sums == 7).all()
    assert (last == 6).all()
    # what the model was given, the first value, which is needed once more, and the layer's own
    assert Watches.alive == [1, 2, 3, 3, 3, 3]


def test_a_nested_model_trains_all_its_weights(rng):
    model = nested()
    x = data(model, rng, 30)
    before = model.get_weights()
    assert len(before) == 8
    model.compile("sgd", "mse")
    model.fit(x, x[:, :3], epochs=2, verbose=0)
    assert not any(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


# -- calling --------------------------------------------------------------------------------------


def test_arrays_give_arrays_and_tensors_a_graph(rng):
    model = residual()
    x = data(model, rng)
    output = model(x)
    assert type(output) is np.ndarray
    graph = model(Tensor(x))
    assert isinstance(graph, Tensor)
    assert graph.gate is not None
    np.testing.assert_array_equal(graph.value, output)
    nn.sum(graph).backward()
    assert all(p.grad.shape == p.shape for p in model.weights)
    assert type(model.predict(x)) is np.ndarray


@pytest.mark.parametrize("make", [stack, dropping])
def test_inference_drops_nothing_and_training_does(make, rng):
    model = make()
    x = data(model, rng)
    np.testing.assert_array_equal(model(x), model(x))
    assert not np.array_equal(model(x, training=True), model(x, training=True))


@pytest.mark.parametrize(
    ("make", "given", "text"),
    [
        (residual, [(5, 3)], "inputs of shape (N, 4); got shape (N, 3). Give the data this shape"),
        (residual, [(4,)], "inputs of shape (N, 4); got shape (N,). Give the data this shape"),
        (siamese, [(5, 4), (5, 3)], "inputs of shape (N, 4), (N, 4); got shape (N, 4), (N, 3)."),
        (siamese, [(5, 4)], "inputs of shape (N, 4), (N, 4); got shape (N, 4)."),
        (residual, [(5, 4), (5, 4)], "inputs of shape (N, 4); got shape (N, 4), (N, 4)."),
    ],
)
def test_inputs_of_another_shape_are_refused(make, given, text):
    x = [np.zeros(shape, "float32") for shape in given]
    with pytest.raises(ShapeError, match=says(text)):
        make().predict(x if len(x) > 1 else x[0])


# -- making ---------------------------------------------------------------------------------------


def test_outputs_have_to_come_from_the_inputs():
    a, b = Input((2,)), Input((2,))
    text = "Model: expected outputs made from its inputs alone; got Symbol(shape=(None, 2)), an "
    with pytest.raises(SettingError, match=says(text)):
        Model(a, Dense(1)(Add()([a, b])))


def test_a_model_of_several_outputs_is_no_layer():
    text = "model model: expected one output, to stand in another model; got a list of 2. Make a"
    with pytest.raises(SettingError, match=says(text)):
        siamese()([Input((4,)), Input((4,))])


def test_layers_are_found_by_name_and_place():
    model = residual()
    assert [layer.name for layer in model.layers] == ["stem", "inner", "outer", "add", "scores"]
    assert model.get_layer("inner") is model.layers[1] is model.get_layer(index=1)
    assert model.get_layer(index=-1) is model.layers[-1]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"name": "iner"}, "the name of a layer; got 'iner'. Did you mean 'inner'?"),
        ({"name": "x"}, "the name of a layer; got 'x'. There is: add, inner, outer, scores, stem."),
        ({"index": 5}, "an index below 5; got 5. They are counted from 0: see model.summary()."),
        ({"index": -6}, "an index below 5; got -6. They are counted from 0"),
        ({}, "a name or an index; got neither. Give one of them."),
        ({"name": "add", "index": 0}, "a name or an index; got both. Give one of them."),
    ],
)
def test_a_layer_that_is_not_there_is_refused(given, text):
    with pytest.raises(SettingError, match=says(f"get_layer: expected {text}")):
        residual().get_layer(**given)


def test_layers_of_one_name_are_numbered():
    model = Sequential([Dense(2), Dense(2), Dense(2, name="dense")])
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "dense_2"]


def test_a_model_may_be_frozen_as_a_whole(rng):
    model = Sequential([Input((4,)), Dense(3)], trainable=False)
    assert model.trainable_weights == []
    model.trainable = True
    assert len(model.trainable_weights) == 2


def test_a_deep_graph_can_be_copied(rng):
    x = h = Input((2,))
    for _ in range(400):
        h = Add()([h, Dense(2)(h)])
    model = Model(x, h)
    twin = copy.deepcopy(model)
    value = rng.normal(size=(1, 2)).astype("float32")
    np.testing.assert_array_equal(twin(value), model(value))
    twin.set_weights([0 * w for w in twin.get_weights()])
    np.testing.assert_array_equal(twin(value), value)
    assert not np.array_equal(model(value), value)


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_settings_go_out_as_json_and_come_back(make, rng):
    model = make()
    config = json.loads(json.dumps(model.get_config()))
    twin = type(model).from_config(config)
    assert twin.get_config() == model.get_config()
    assert list(twin.named_weights()) == list(model.named_weights())
    assert twin.count_params() == model.count_params()
    twin.set_weights(model.get_weights())
    x = data(model, rng)
    for a, b in zip(as_list(twin(x)), as_list(model(x)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_call_of_its_own_has_no_settings_by_itself():
    text = "settings of OwnCall: expected a model made of inputs and outputs; got one with a call"
    with pytest.raises(SettingError, match=says(text)):
        OwnCall().get_config()


# -- subclasses -----------------------------------------------------------------------------------


def test_a_subclass_with_its_own_call_trains(rng):
    model = OwnCall()
    x = rng.normal(size=(60, 4))
    model.compile(Adam(0.02), "mse", ["mae"])
    history = model.fit(x, x[:, :3], epochs=80, validation_split=0.2, verbose=0).history
    assert history["val_loss"][-1] < history["val_loss"][0] / 2
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert model.predict(x).shape == (60, 3)
    assert [layer.name for layer in model.layers] == ["dense", "dropout", "dense_1"]
    assert model.get_layer("dropout") is model.drop
    assert gradient_check(model, x, x[:, :3])


def test_a_layer_made_of_layers_builds_and_trains(rng):
    class Twice(Layer):
        def __init__(self, units, **settings):
            super().__init__(**settings)
            self.units, self.inner = units, [Dense(units, "tanh"), Dropout(0.1), Dense(units)]

        def call(self, x, training=False):
            for layer in self.inner:
                x = layer(x, training=training)
            return x

    model = Sequential([Input((4,)), Twice(4), Twice(2)])
    assert model.count_params() == 2 * (4 * 4 + 4) + (4 * 2 + 2) + (2 * 2 + 2)
    assert len(set(model.named_weights())) == 8
    x = rng.normal(size=(5, 4))
    assert gradient_check(model, x)
    x_and_x = Input((4,))
    assert Model(x_and_x, Concatenate()([Twice(1)(x_and_x), x_and_x]))(x).shape == (5, 5)


# -- two models that share weights ----------------------------------------------------------------


def test_weights_shared_by_two_models_stay_one(rng):
    shared = Dense(4, activation="tanh", name="shared")
    x = Input((3,))
    first, second = Model(x, Dense(2)(shared(x))), Model(x, Dense(1)(shared(x)))
    first.compile("adam", "mse")
    second.compile("sgd", "mse")
    value = rng.normal(size=(8, 3)).astype("float32")
    for _ in range(3):
        for model, target in ((first, value[:, :2]), (second, value[:, 0])):
            before = shared.kernel.value.copy()
            model.train_on_batch(value, target)
            assert not np.array_equal(shared.kernel.value, before)
            assert all(p is q for p, q in zip(first.weights[:2], second.weights[:2], strict=True))
            for each in (first, second):
                a = np.tanh(value @ shared.kernel.value + shared.bias.value)
                last = each.layers[-1]
                z = a @ last.kernel.value + last.bias.value
                np.testing.assert_allclose(each(value), z, rtol=1e-5, atol=1e-6)


def test_training_one_model_in_turn_with_another_equals_training_it_alone(rng):
    """The optimiser's slots follow the weights when another model has moved them."""

    def run(with_other):
        pellucid.set_random_seed(1)
        shared, x = Dense(4, activation="tanh"), Input((3,))
        frozen = Model(x, Dense(1)(shared(x)))
        model = Model(x, Dense(2)(shared(x)))
        model.compile("adam", "mse")
        frozen.compile("sgd", "mse")
        frozen.optimizer.learning_rate = 1e-30
        for _ in range(4):
            model.train_on_batch(value, value[:, :2])
            if with_other:
                frozen.train_on_batch(value, value[:, 0])
        return model.get_weights()

    value = rng.normal(size=(8, 3)).astype("float32")
    for a, b in zip(run(True), run(False), strict=True):
        np.testing.assert_array_equal(a, b)
