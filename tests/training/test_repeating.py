"""Steps that are run again from a tape: the same to the bit, and only where they may be."""

import numpy as np
import pytest

import pellucid as pl
from pellucid import nn
from pellucid.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    MaxPooling2D,
)
from pellucid.losses import MultiClassHinge, SparseCategoricalCrossentropy
from pellucid.models import Model, Sequential
from pellucid.training import repeating
from pellucid.training.callbacks import Callback
from pellucid.training.repeating import Steps, repeats

LOSS = SparseCategoricalCrossentropy(from_logits=True)


class Twice(Layer):
    """A layer that is not the library's own."""

    def call(self, x):
        """2 x."""
        return 2 * x


def dense():
    return Sequential([Input((6,)), Dense(5, "relu", kernel_regularizer="l2"), Dense(3)])


def residual():
    x = Input((6,))
    a = Dense(6, "tanh")(x)
    return Model(x, Dense(3)(Add()([a, Dense(6)(a)])))


def images():
    layers = [Conv2D(2, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(3)]
    return Sequential([Input((6, 6, 1)), *layers])


def data(model, n=23):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, *model.input_shape[1:])), rng.integers(0, 3, n)


def trained(make, *, again, loss=LOSS, fit=None):
    """The weights and the history, with steps run again from their tapes or each made anew."""
    pl.random.set_random_seed(3)
    model = make()
    model.compile(pl.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    with pytest.MonkeyPatch.context() as patch:
        if not again:
            patch.setattr(repeating, "repeats", lambda model: False)
        history = model.fit(*data(model), 5, epochs=3, verbose=0, **(fit or {}))
    return model.get_weights(), history.history


@pytest.fixture
def runs(monkeypatch):
    """How often a tape was run."""
    count = []
    run = repeating.Tape.run

    def counted(self, *given):
        count.append(1)
        return run(self, *given)

    monkeypatch.setattr(repeating.Tape, "run", counted)
    return count


@pytest.mark.parametrize("make", [dense, residual, images])
@pytest.mark.parametrize("loss", [LOSS, MultiClassHinge()])
def test_the_same_weights_to_the_bit(runs, make, loss):
    """23 rows by 5, in 3 epochs: the first whole batch and the first short one are recorded."""
    (found, figures), (expected, same) = (trained(make, again=a, loss=loss) for a in (True, False))
    assert len(runs) == 3 * 5 - 2
    assert figures == same
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_with_weights_of_examples(runs):
    fit = {"sample_weight": np.linspace(0.5, 2, 23)}
    (found, _), (expected, _) = (trained(dense, again=a, fit=fit) for a in (True, False))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def model_of(*layers, loss=LOSS):
    model = Sequential([Input((6,)), *layers, Dense(3)])
    model.compile("sgd", loss)
    model.prepare(*data(model), where="test")
    return model


def mean_score(y_true, y_pred):
    """A loss that is a plain function."""
    return nn.mean(y_pred)


@pytest.mark.parametrize(
    ("layers", "loss", "may"),
    [
        ([Dense(4, "relu")], LOSS, True),
        ([Activation("gelu")], LOSS, True),
        ([Sequential([Dense(4), Dense(4)])], LOSS, True),
        ([Dropout(0.5)], LOSS, False),
        ([BatchNormalization()], LOSS, False),
        ([Sequential([Dense(4), Dropout(0.5)])], LOSS, False),
        ([Twice()], LOSS, False),
        ([Activation(lambda x: 2 * x)], LOSS, False),
        ([Dense(4, lambda x: 2 * x)], LOSS, False),
        ([Dense(4, kernel_regularizer=lambda W: nn.sum(W))], LOSS, False),
        ([Dense(4)], mean_score, False),
    ],
)
def test_only_what_is_known_to_be_the_same_at_each_step(layers, loss, may):
    assert repeats(model_of(*layers, loss=loss)) is may


def test_a_callback_at_every_batch_may_change_the_model(runs):
    class Freezing(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.layers[0].trainable = False

    trained(dense, again=True, fit={"callbacks": [Freezing()]})
    assert not runs


def test_what_changes_between_epochs_is_heard(runs):
    class Freezing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.layers[0].trainable = False
            self.kept = self.model.layers[0].kernel.value.copy()

    callback = Freezing()
    trained(dense, again=True, fit={"callbacks": [callback]})
    np.testing.assert_array_equal(callback.model.layers[0].kernel.value, callback.kept)
    assert runs


@pytest.mark.parametrize(
    "replace",
    [
        lambda model: setattr(model.layers[0], "activation", pl.activations.get("tanh")),
        lambda model: setattr(model.layers[0].kernel, "regularizer", None),
        lambda model: setattr(model.loss, "reduction", "sum"),
        lambda model: setattr(model, "loss", MultiClassHinge()),
        lambda model: model.add(Dense(3)),
    ],
)
def test_whatever_was_replaced_the_tapes_are_forgotten(replace):
    model = model_of(Dense(4, "relu", kernel_regularizer="l2"))
    steps, given = Steps(model).renewed(), data(model)
    for _ in range(2):
        steps(*given, None)
        assert len(steps.renewed().tapes) == 1
    replace(model)
    model.prepare(*given, where="test")
    steps.renewed()
    expected, found = model.gradients(*given)[0], [steps(*given, None)[0] for _ in range(2)]
    assert found == [expected, expected]


@pytest.mark.parametrize(("make", "has"), [(dense, True), (residual, True), (images, False)])
def test_a_small_dense_network_has_a_program(make, has):
    model = make()
    model.compile("sgd", LOSS)
    model.prepare(*data(model), where="test")
    steps = Steps(model).renewed()
    steps(*data(model), None)
    (tape,) = steps.tapes.values()
    assert (tape.quick is not None) is has


def test_no_tape_is_left_after_a_run_or_an_error():
    model = model_of(Dense(4))
    model.fit(*data(model), verbose=0)
    assert model.repeated is None

    class Failing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        model.fit(*data(model), verbose=0, callbacks=[Failing()])
    assert model.repeated is None


def test_only_so_many_shapes_are_kept():
    model = model_of(Dense(4))
    steps, (x, y) = Steps(model).renewed(), data(model)
    for n in range(1, 9):
        expected = model.gradients(x[:n], y[:n])[0]
        assert steps(x[:n], y[:n], None)[0] == expected
        assert steps(x[:n], y[:n], None)[0] == expected
    assert len(steps.tapes) == repeating.MOST


def test_a_loss_that_is_not_finite_is_followed_back(runs):
    """The first step is recorded, and makes weights of which the second, on the tape, overflows."""
    model = model_of(Dense(4, "tanh"), Dense(4))
    model.optimizer.learning_rate = 1e25
    says = pytest.raises(pl.errors.NotFiniteError, match=r"fit, epoch 1, batch 2, .*gate Dense in")
    with says, np.errstate(over="ignore", invalid="ignore"):
        model.fit(*data(model), 5, verbose=0)
    assert len(runs) == 1
