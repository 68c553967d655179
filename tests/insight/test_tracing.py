"""`trace`: its arrays against the formulas, on all kinds of models, which stay as they were."""

import copy

import numpy as np
import pytest

from pellucid import Input, Layer, Model, Sequential, nn, set_random_seed
from pellucid.callbacks import Callback
from pellucid.errors import DataError, SettingError
from pellucid.insight import statistics, trace
from pellucid.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MixUp,
    PReLU,
    ReLU,
)
from pellucid.losses import SparseCategoricalCrossentropy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2])
LOGITS = SparseCategoricalCrossentropy(from_logits=True)


def compiled(model, loss=LOGITS):
    model.compile("adam", loss)
    return model


def small(**settings):
    set_random_seed(3)
    layers = [Input((4,)), Dense(5, activation="relu", **settings), Dense(3)]
    return compiled(Sequential(layers))


def test_the_arrays_are_those_of_the_formulas():
    t = small().trace(X, Y)
    first, last = t["dense"], t["dense_1"]
    np.testing.assert_allclose(first.Z, X @ first.W + first.b, rtol=1e-5)
    assert (first.Z < 0).any()
    np.testing.assert_array_equal(first.A, np.maximum(first.Z, 0))
    assert last.Z is last.A
    np.testing.assert_array_equal(last.A, t.output)
    softmax = np.exp(last.Z) / np.exp(last.Z).sum(axis=1, keepdims=True)
    dZ = (softmax - np.eye(3)[Y]) / len(Y)
    np.testing.assert_allclose(last.dZ, dZ, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(last.dW, first.A.T @ dZ, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(last.db, dZ.sum(axis=0), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(first.dA, dZ @ last.W.T, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(first.dZ, first.dA * (first.Z > 0))
    np.testing.assert_allclose(first.dW, X.T @ first.dZ, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(last.X, first.A)


def test_the_gradients_are_those_of_training_regularisers_included():
    model = small(kernel_regularizer="l2")
    t = model.trace(X, Y)
    loss = model.objective(X, Y)
    loss.backward()
    assert t.loss == float(loss.value)
    np.testing.assert_array_equal(t["dense"].dW, model.layers[0].kernel.grad)
    np.testing.assert_array_equal(t["dense_1"].db, model.layers[1].bias.grad)
    W = model.layers[0].kernel.value
    assert t.penalty == pytest.approx(0.01 * (W**2).sum(), rel=1e-5)
    assert "of it from regularisers" in str(t)


def test_examples_as_columns():
    rows, columns = small().trace(X, Y), small().trace(X, Y, columns=True)
    a, b = rows["dense"], columns["dense"]
    assert b.Z.shape == (5, 6)
    assert b.W.shape == b.dW.shape == (5, 4)
    assert b.db.shape == (5, 1)
    np.testing.assert_array_equal(b.dA, a.dA.T)
    np.testing.assert_allclose(b.Z, b.W @ b.X + b.b, rtol=1e-5)
    assert columns["dense_1"].Z is columns["dense_1"].A
    assert str(columns.as_columns()) == str(columns)
    assert "examples are columns" in str(columns)


def everything():
    """A model with all that a pass in training changes, after two steps, in the midst of a run."""
    set_random_seed(5)
    layers = [Input((6, 6, 2)), Conv2D(3, 3, activation="tanh"), BatchNormalization(), Dropout(0.4)]
    model = compiled(Sequential([*layers, Flatten(), Dense(3, kernel_regularizer="l2")]))
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(8, 6, 6, 2)), rng.integers(0, 3, 8)
    model.fit(x, y, epochs=2, batch_size=4, verbose=0)
    return model, x, y


def state(model):
    """All that training goes on from."""
    flat, slots = model.parameters, model.optimizer
    arrays = [*model.get_weights(), flat.theta, flat.gradient]
    arrays += [p.grad for p in model.trainable_weights]
    kept = [model.random_states(), model.progress, model.history.history, slots.iterations]
    return [a.tobytes() for a in arrays], copy.deepcopy(kept)


def test_the_model_stays_as_it_was_to_the_bit():
    model, x, y = everything()
    theta, before = model.parameters.theta, state(model)
    model.trace(x, y)
    model.trace(x, training=False)
    assert state(model) == before
    assert model.parameters.theta is theta
    assert "run" not in vars(model.layers[0])
    other, *_ = everything()
    for each in (model, other):
        each.train_on_batch(x, y)
    assert state(model)[0] == state(other)[0]


def test_a_failure_in_the_midst_leaves_the_model_alone():
    class Fails(Layer):
        def call(self, x):
            if x.shape[0] > 4:
                raise RuntimeError("too long")
            return x

    model = compiled(Sequential([Input((4,)), BatchNormalization(), Fails(), Dense(3)]))
    before = [w.tobytes() for w in model.get_weights()]
    with pytest.raises(RuntimeError):
        model.trace(X, Y)
    assert [w.tobytes() for w in model.get_weights()] == before


def test_dropout_and_batch_norm_as_in_training_and_as_in_inference():
    model, x, y = everything()
    train, infer = model.trace(x, y), model.trace(x, y, training=False)
    assert statistics(train["dropout"].A).zeros > 0.2
    assert infer["dropout"].A is infer["dropout"].Z
    assert statistics(infer["dropout"].A).zeros == 0
    centres = [t["batch_normalization"].A.mean(axis=(0, 1, 2)) for t in (train, infer)]
    beta = model.layers[1].beta.value
    np.testing.assert_allclose(centres[0], beta, atol=1e-5)
    assert (abs(centres[1] - beta) > 1e-2).all()
    assert train["batch_normalization"].dgamma.shape == (3,)
    assert train["conv2d"].dW.shape == (3, 3, 2, 3)
    np.testing.assert_array_equal(infer.output, model(x))


def test_the_arrays_are_a_snapshot():
    model = small()
    t = model.trace(X, Y)
    W = t["dense"].W.copy()
    model.train_on_batch(X, Y)
    np.testing.assert_array_equal(t["dense"].W, W)
    assert (model.layers[0].kernel.value != W).any()


def test_a_graph_of_layers_with_several_inputs_and_a_shared_one():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    shared = Dense(3, activation="tanh", name="twin")
    model = compiled(Model([a, b], Dense(3, name="top")(Add()([shared(a), shared(b)]))))
    t = model.trace([X, X[::-1]], Y)
    assert t.names == ["twin", "twin:2", "add", "top"]
    assert len(t["add"].X) == 2
    total = X.T @ t["twin"].dZ + X[::-1].T @ t["twin:2"].dZ
    np.testing.assert_allclose(t["twin"].dW, total, rtol=1e-4, atol=1e-7)
    assert "X[1]" in repr(t["add"])


def test_several_outputs_are_traced_forwards():
    x = Input((4,))
    model = Model(x, [Dense(2, name="u")(x), Dense(1, name="v")(x)])
    t = model.trace(X)
    assert [o.shape for o in t.output] == [(6, 2), (6, 1)]
    assert t.names == ["u", "v"]
    assert t.loss is t.penalty is None
    assert "forwards, as in training" in str(t)


def test_models_in_models_and_layers_of_layers():
    class Residual(Layer):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.inner = Dense(4, activation="relu", name="inner")

        def call(self, x):
            return x + self.inner(x)

    nested = Sequential([Input((4,)), Dense(4, name="deep")], name="nested")
    model = compiled(Sequential([Input((4,)), nested, Residual(name="block"), Dense(3)]))
    t = model.trace(X, Y)
    assert t.names == ["nested/deep", "block/inner", "block", "dense"]
    np.testing.assert_array_equal(t["block"].A, t["nested/deep"].A + t["block/inner"].A)


@pytest.mark.parametrize("layer", [ReLU(), Activation("tanh"), PReLU()])
def test_a_layer_that_only_activates_has_its_input_as_z(layer):
    t = compiled(Sequential([Input((4,)), Dense(4), layer, Dense(3)])).trace(X, Y)
    np.testing.assert_array_equal(t[1].Z, t["dense"].A)
    assert not t[1].is_linear


def test_an_activation_that_is_a_layer():
    t = compiled(Sequential([Input((4,)), Dense(4, activation=PReLU()), Dense(3)])).trace(X, Y)
    np.testing.assert_allclose(t["dense"].Z, X @ t["dense"].W + t["dense"].b, rtol=1e-5)
    assert t.names[0] == "dense/p_re_lu"


def test_a_model_with_a_call_of_its_own():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.top = Dense(5, activation="tanh"), Dense(3)

        def call(self, x):
            return self.top(nn.relu(self.hidden(x)))

    t = compiled(Own()).trace(X, Y)
    assert t.names == ["hidden", "top"] or t.names == ["dense", "dense_1"]


def test_what_nobody_needs_has_no_gradient():
    set_random_seed(0)
    layers = [Input((2, 2)), Flatten(), Dense(4, trainable=False), Dense(3)]
    t = compiled(Sequential(layers)).trace(X.reshape(6, 2, 2), Y)
    assert "dA" not in t["flatten"].arrays
    assert "dW" not in t["dense"].arrays
    with pytest.raises(AttributeError, match="layer dense has X, Z, A, W, b in this trace; no dW"):
        t["dense"].dW  # noqa: B018
    assert "–" in str(t)


def test_a_model_that_is_not_built_is_built():
    set_random_seed(1)
    model = compiled(Sequential([Dense(3)]))
    t = model.trace(X, Y)
    np.testing.assert_array_equal(t["dense"].W, model.layers[0].kernel.value)


def test_infinite_values_are_shown_and_warn_nobody():
    model = small()
    model.layers[0].kernel.assign(1e38)
    t = model.trace(np.full((6, 4), 1e3, "float32"), Y)
    assert "inf" in str(t) or "nan" in str(t)


def test_lookups():
    t = small().trace(X, Y)
    assert len(t) == 2
    assert [layer.name for layer in t] == t.names == ["dense", "dense_1"]
    assert t[-1] is t["dense_1"]
    assert {"dW", "Z", "label"} <= set(dir(t[0]))
    assert copy.copy(t[0]).name == "dense"
    with pytest.raises(SettingError) as error:
        t["dens"]
    assert str(error.value) == (
        "trace: expected the name of a layer that was called; got 'dens'. Did you mean 'dense'?"
    )


def test_errors_are_those_of_fit():
    with pytest.raises(SettingError, match="a model that is compiled with a loss"):
        Sequential([Input((4,)), Dense(3)]).trace(X, Y)
    with pytest.raises(DataError, match="x and y of equal length"):
        small().trace(X, Y[:2])


def test_the_table():
    lines = str(small().trace(X, Y)).splitlines()
    assert lines[0] == "sequential: 6 examples forwards and back, as in training"
    assert lines[1].startswith("loss ")
    head = ["layer", "array", "shape", "mean", "deviation", "zeros", "norm"]
    assert lines[3].split() == head
    rows = [line.split() for line in lines[5:] if line]
    assert [row[0] for row in rows[:2]] == ["dense", "Dense,"]
    column = lines[3].index("array")
    letters = [line[column:].split("(")[0].strip() for line in lines[5:] if line]
    assert letters == ["Z", "A", "dZ", "dA", "dW", "db", "Z = A", "dZ = dA", "dW", "db"]
    assert len({len(line) for line in lines[5:11]}) == 1  # aligned
    assert max(map(len, lines)) <= 100


def test_the_table_in_a_notebook():
    t = small().trace(X, Y)
    html = t._repr_html_()
    assert html.count("<tr") == 1 + 10
    assert "dense" in html
    assert "<table" in t[0]._repr_html_()


def test_mixed_examples_have_no_steps_to_the_loss():
    model = compiled(Sequential([Input((2, 2, 1)), MixUp(), Flatten(), Dense(3)]))
    x = X.reshape(6, 2, 2, 1)
    with pytest.raises(SettingError, match="examples that a layer mixed"):
        model.trace(x, Y).score_to_loss()
    assert len(model.trace(x, Y, training=False).score_to_loss()) == 6


def test_weights_of_examples_weigh_the_loss():
    weight = np.array([1, 0, 0, 0, 0, 0.0])
    t = trace(small(), X, Y, weight)
    assert (t["dense_1"].dZ[1:] == 0).all()
    assert (t["dense_1"].dZ[0] != 0).all()


def test_a_look_in_the_midst_of_a_run_changes_nothing():
    """The steps run from tapes, which the copy does not take along."""

    class Look(Callback):
        def on_epoch_end(self, epoch, logs):
            assert self.model.trace(X, Y).loss > 0

    found = []
    for callbacks in ([], [Look()]):
        model = small()
        model.fit(X, Y, epochs=3, batch_size=2, verbose=0, callbacks=callbacks)
        found.append([w.tobytes() for w in model.get_weights()])
    assert found[0] == found[1]
