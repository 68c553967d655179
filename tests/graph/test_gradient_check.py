"""The check finds what is wrong, names it, passes what is right, and leaves the model as it was."""

import copy
import re

import numpy as np
import pytest

import pellucid
from pellucid import Gate, Model, Sequential, Tensor, apply, check_gate, gradient_check, nn
from pellucid.errors import GraphError, SettingError
from pellucid.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    MaxPooling2D,
    Rescaling,
)
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.regularizers import L1L2, Frobenius

CROSS_ENTROPY = SparseCategoricalCrossentropy(from_logits=True)


@pytest.fixture(autouse=True)
def seed():
    pellucid.set_random_seed(0)


def compiled(*layers, loss=CROSS_ENTROPY):
    model = Sequential(list(layers))
    model.compile("adam", loss)
    return model


def everything():
    """Convolution, pooling, batch norm, dropout, and both kinds of penalty."""
    return compiled(
        Conv2D(3, 3, padding="same", kernel_regularizer=L1L2(0.01, 0.02), name="conv"),
        BatchNormalization(name="norm"),
        Activation("relu"),
        MaxPooling2D(),
        Flatten(),
        Dropout(0.4),
        Dense(3, kernel_regularizer=Frobenius(0.1), name="scores"),
    )


def images(rng, n=6):
    return rng.normal(size=(n, 4, 4, 2)).astype("float32"), np.arange(n) % 3


# -- what is right --------------------------------------------------------------------------------


def test_a_model_with_everything_passes(rng):
    check = gradient_check(everything(), *images(rng))
    assert check.passed
    assert bool(check) is True
    assert check.failed == []
    names = ["conv/kernel", "conv/bias", "norm/gamma", "norm/beta", "scores/kernel", "scores/bias"]
    assert [row.name for row in check.rows] == names
    assert all(row.distance < 1e-7 for row in check.rows)


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("mse", lambda y: y / 3),
        ("mae", lambda y: y / 3),
        (pellucid.losses.BinaryCrossentropy(from_logits=True), lambda y: y % 2),
        (lambda y, z: nn.sum(nn.exp(z)), lambda y: y),
    ],
    ids=["mse", "mae", "binary", "function"],
)
def test_each_loss_is_checked(loss, target, rng):
    x, y = images(rng)
    assert gradient_check(compiled(Flatten(), Dense(4, "tanh"), Dense(1), loss=loss), x, target(y))


def test_a_model_in_float32_is_checked_in_float64(rng):
    """In float32 central differences would agree to three digits at best."""
    model = everything()
    x, y = images(rng)
    check = gradient_check(model, x, y)
    assert max(row.distance for row in check.rows) < 1e-8
    assert {p.dtype for p in model.weights} == {np.dtype("float32")}


def test_without_targets_the_outputs_are_checked_and_the_inputs_too(rng):
    x, _ = images(rng, 2)
    check = gradient_check(Sequential([Conv2D(2, 3), Flatten(), Dense(3)]), x)
    assert check
    assert [row.name for row in check.rows][-1] == "x"


def test_layers_are_checked_by_themselves(rng):
    for layer in (
        Dense(3, "softplus"),
        LayerNormalization(),
        BatchNormalization(),
        Dropout(0.5),
        Rescaling(0.1, 2.0),
    ):
        check = gradient_check(layer, rng.normal(size=(5, 4)))
        assert check, check
        assert len(check.rows) == len(layer.trainable_weights) + 1


def test_a_layer_with_several_inputs_is_checked_in_each(rng):
    a, b = Input((3,)), Input((2,))
    model = Model([a, b], pellucid.layers.Concatenate()([Dense(2)(a), Dense(2, "tanh")(b)]))
    check = gradient_check(model, [rng.normal(size=(4, 3)), rng.normal(size=(4, 2))])
    assert check
    assert [row.name for row in check.rows][-2:] == ["x[0]", "x[1]"]


def test_whole_numbers_are_no_variables(rng):
    class Table(Layer):
        def build(self, input_shape):
            self.rows = self.add_weight((5, 3), name="rows")

        def call(self, i):
            return nn.embedding(i, self.rows)

    check = gradient_check(Table(), np.array([[0, 3], [4, 3]]))
    assert [row.name for row in check.rows] == ["rows"]
    assert check
    pixels = rng.integers(0, 256, (2, 4)).astype("uint8")
    assert [row.name for row in gradient_check(Dense(2), pixels).rows] == ["kernel", "bias"]


def test_functions_are_checked_by_the_names_of_their_arguments(rng):
    check = gradient_check(lambda W, x: nn.sigmoid(W @ x), rng.normal(size=(2, 3)), [1.0, 2, 3])
    assert check
    assert [(row.name, row.shape) for row in check.rows] == [("W", (2, 3)), ("x", (3,))]
    check = gradient_check(lambda z, y: nn.sparse_softmax_cross_entropy(z, y), [[1.0, 2]], [0])
    assert [row.name for row in check.rows] == ["z"]
    assert gradient_check(lambda x: nn.sum(x * x), Tensor([1.0, -2.0]))


def test_an_argument_that_does_not_matter_has_gradient_zero():
    check = gradient_check(lambda a, b: nn.sum(a * a), [1.0, 2.0], [3.0])
    assert [(row.name, row.distance) for row in check.rows][1] == ("b", 0.0)
    assert check


# -- what is wrong --------------------------------------------------------------------------------


class Wrong(Gate):
    """y = x w, with a dw that is wrong in one element."""

    def __init__(self, error=1.0):
        self.error = error

    def forward(self, x, w):
        self.x, self.w = x, w
        return x * w

    def dx(self, dy):
        return dy * self.w

    def dw(self, dy):
        dw = (dy * self.x).sum(axis=0)
        dw[-1] += self.error * abs(dw[-1])
        return dw


class Weighted(Layer):
    def __init__(self, error=1.0, **settings):
        super().__init__(**settings)
        self.error = error

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def call(self, x):
        return apply(Wrong(self.error), x, self.w)


@pytest.mark.parametrize("error", [1.0, 1e-2, 1e-5])
def test_a_wrong_derivative_in_a_users_gate_is_named(error, rng):
    x, y = images(rng)
    model = compiled(Flatten(), Dense(6, "tanh"), Weighted(error, name="mine"), Dense(3))
    check = gradient_check(model, x, y)
    assert not check
    assert check.failed == ["mine/w"]
    assert str(check).endswith("\nwrong derivative: mine/w")


def test_a_right_one_is_not(rng):
    x, y = images(rng)
    assert gradient_check(compiled(Flatten(), Dense(6), Weighted(0.0), Dense(3)), x, y)


@pytest.mark.parametrize("size", [65, 5000])
def test_one_wrong_element_of_a_large_parameter_is_found(size, rng):
    check = gradient_check(Weighted(0.1), rng.normal(size=(3, size)))
    assert check.failed == ["w"]
    row = check.rows[0]
    assert (row.shape, row.way) == ((size,), "64 directions")
    assert gradient_check(Weighted(0.0), rng.normal(size=(3, size)))


def test_a_gate_is_checked_input_by_input(rng):
    check = check_gate(Wrong, rng.normal(size=(2, 3)), rng.normal(size=3))
    assert [(row.name, row.passed) for row in check.rows] == [("x", True), ("w", False)]
    assert check_gate(lambda: Wrong(0.0), rng.normal(size=(2, 3)), rng.normal(size=3))


def test_the_inputs_of_a_gate_of_any_number_are_numbered(rng):
    parts = [rng.normal(size=(2, n)) for n in (1, 2)]
    check = check_gate(pellucid.gates.Concatenate, *parts)
    assert check
    assert [row.name for row in check.rows] == ["x[0]", "x[1]"]


def test_a_loss_that_forgets_a_part_is_found(rng):
    """The value counts what the gradient does not: an array is taken out of the graph."""
    x, y = images(rng)
    model = compiled(
        Flatten(),
        Dense(1, name="out"),
        loss=lambda y, z: nn.mean(z * z) + np.mean(np.asarray(z) ** 2),
    )
    assert gradient_check(model, x, y).failed == ["out/kernel", "out/bias"]


# -- kinks ----------------------------------------------------------------------------------------


def test_a_kink_is_reported_and_passes_with_any_slope_between():
    check = gradient_check(nn.relu, [-1.0, 0.0, 2.0])
    assert check
    assert check.rows[0].kinks == 1
    assert check_gate(pellucid.gates.Maximum, [1.0, 0.0], [1.0, 0.0]).rows[0].kinks == 2
    assert gradient_check(nn.relu, [-1.0, 2.0]).rows[0].kinks == 0


def test_a_kink_nearby_is_not_crossed():
    """1e-6 away: the first step of 1e-5 would jump it, a smaller one does not."""
    check = gradient_check(nn.relu, [1e-6, -1e-6])
    assert check
    assert check.rows[0].kinks == 0


def test_a_slope_that_is_not_between_those_of_a_kink_is_wrong():
    class SteepReLU(Gate):
        def forward(self, z):
            return np.maximum(z, 0)

        def dz(self, da):
            return 2 * da

    check = check_gate(SteepReLU, [0.0])
    assert check.failed == ["z"]


# -- the model itself -----------------------------------------------------------------------------


def test_the_model_is_left_as_it_was(rng):
    x, y = images(rng)
    model = everything()
    model.fit(x, y, epochs=2, verbose=0)
    weights, chance = model.get_weights(), model.random_states()
    optimizer, progress = copy.deepcopy(model.optimizer), copy.deepcopy(model.progress)
    theta = model.parameters.theta
    assert gradient_check(model, x, y)
    assert gradient_check(model, x)
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
    assert model.random_states() == chance
    assert model.progress == progress
    assert model.optimizer.iterations == optimizer.iterations
    for slot, values in optimizer.state.items():
        np.testing.assert_array_equal(model.optimizer.state[slot], values)
    assert model.parameters.theta is theta
    assert np.shares_memory(model.get_layer("conv").kernel.value, theta)


def test_training_goes_on_as_if_there_had_been_no_check(rng):
    def run(checked):
        pellucid.set_random_seed(0)
        model = everything()
        for _ in range(3):
            model.train_on_batch(x, y)
            if checked:
                assert gradient_check(model, x, y)
        return model.get_weights()

    x, y = images(rng)
    for a, b in zip(run(True), run(False), strict=True):
        np.testing.assert_array_equal(a, b)


def test_frozen_parameters_are_not_checked(rng):
    model = compiled(Flatten(), Dense(4, name="a"), Dense(3, name="b"))
    x, y = images(rng)
    model(x)
    model.get_layer("a").trainable = False
    assert [row.name for row in gradient_check(model, x, y).rows] == ["b/kernel", "b/bias"]


# -- the table ------------------------------------------------------------------------------------


def test_the_table_is_printed(rng):
    class Fixed(Layer):
        def build(self, input_shape):
            self.scale = self.add_weight((1,), "ones", name="scale")
            self.w = self.add_weight((65,), "ones", name="w")

        def call(self, x):
            return nn.relu(x) * self.scale * self.w

    x = np.ones((1, 65))
    x[0, 0] = 0
    lines = str(gradient_check(Fixed(), x)).splitlines()
    patterns = [
        "parameter  shape    checked        distance  kinks",
        r"scale      \(1,\)     each element   \d\.\de-\d\d   0      ok",
        r"w          \(65,\)    64 directions  \d\.\de-\d\d   0      ok",
        r"x          \(1, 65\)  64 directions  \d\.\de[-+]\d\d   \d\d?     ok",
        "all derivatives agree with central differences to 1e-07",
    ]
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), line


def test_the_tolerance_is_said_and_the_seed_matters_to_no_verdict(rng):
    x = rng.normal(size=(3, 70))
    assert str(gradient_check(nn.tanh, x, tolerance=1e-5)).endswith("to 1e-05")
    for seed in range(5):
        assert gradient_check(nn.tanh, x, seed=seed)
        assert not gradient_check(Weighted(0.01), x, seed=seed)


# -- what cannot be checked -----------------------------------------------------------------------


def test_a_function_without_gates_is_refused():
    text = (
        "gradient_check: expected a result made of gates from the inputs; got ndarray. "
        "Compute it with pellucid.nn, or with operators."
    )
    with pytest.raises(GraphError, match=re.escape(text)):
        gradient_check(lambda x: np.asarray(x) * 2, [1.0, 2.0])


def test_nothing_to_check_is_not_a_pass(rng):
    text = (
        "gradient_check: expected a parameter that is trained, or an input of floating-point "
        "numbers; got neither. Unfreeze a layer, or give the input as floats."
    )
    with pytest.raises(GraphError, match=re.escape(text)):
        gradient_check(lambda x: nn.sum(x), [1, 2])
    x, y = images(rng)
    model = compiled(Flatten(), Dense(3, trainable=False))
    with pytest.raises(GraphError, match=re.escape(text)):
        gradient_check(model, x, y)


def test_targets_without_a_loss_are_refused(rng):
    with pytest.raises(SettingError, match="expected a model that is compiled with a loss"):
        gradient_check(Sequential([Flatten(), Dense(3)]), *images(rng))
