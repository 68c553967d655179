"""A loss that is NaN or infinite: what is said of it, and that nothing has moved."""

import re
import warnings

import numpy as np
import pytest

import pellucid
from pellucid import Model, Sequential, nn
from pellucid.callbacks import Callback, EarlyStopping, TerminateOnNaN
from pellucid.errors import NotFiniteError
from pellucid.layers import Activation, BatchNormalization, Dense, Dropout, Input, Layer
from pellucid.optimizers import SGD
from pellucid.training import not_finite

from .networks import data, linear, make, same

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, of the same thing

X, Y = data(40)
T = X[:, :3]


class Outer(Layer):
    """A layer with a layer inside."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.inner = Activation(nn.log, name="inside")

    def call(self, x):
        return self.inner(x) + 1


class OwnCall(Model):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.first = Dense(3)

    def call(self, x, training=False):
        return nn.sqrt(self.first(x) - 1e6)


def stack(*layers, loss="mse", **settings):
    model = Sequential([Input((4,)), *layers, Dense(3, name="last")])
    model.compile(SGD(0.5), loss, **settings)
    return model


def raised(model, y=T, **settings):
    with pytest.raises(NotFiniteError) as caught:
        model.fit(X, y, **{"verbose": 0, "shuffle": False, "batch_size": 8} | settings)
    return str(caught.value)


def zeros(y, p):
    return nn.mean(p - p, axis=-1)


CASES = [
    (
        lambda: stack(Dense(5, "relu"), Activation(nn.log, name="logs"), Dropout(0.5)),
        r"gate Log in layer 1 \(logs\) made infinity out of finite inputs, x from 0 to [0-9.]+. "
        r"Keep x above 0; or let the loss take scores: from_logits=True.",
    ),
    (
        lambda: stack(Dense(5, "relu"), Outer()),
        r"gate Log in layer inside made infinity out of finite inputs, x from 0 to .*",
    ),
    (
        lambda: stack(Activation(lambda z: nn.exp(1000 * z), name="grow")),
        r"gate Exp in layer 0 \(grow\) made infinity out of finite inputs, x from -.* to [0-9.]+. "
        r"Keep x smaller: subtract its largest value first, or bound it with nn.clip. Where it "
        r"grew in training, lower the learning rate \(now 0.5\) or clip gradients "
        r"\(clipnorm=1.0\).",
    ),
    (
        lambda: stack(Activation(lambda z: z / (z - z), name="ratio")),
        r"gate Divide in layer 0 \(ratio\) made infinity out of finite inputs, a from -.* Keep the "
        r"divisor away from 0: add a small number, or clip it with nn.clip.",
    ),
    (
        lambda: stack(
            Dense(4, kernel_initializer="ones"), Activation(lambda z: 1e30 * z * z * 1e9)
        ),
        r"gate Multiply in layer 1 \(activation\) made infinity out of .* To keep numbers small, "
        r"lower the learning rate \(now 0.5\) or clip gradients \(clipnorm=1.0\); or scale the "
        r"data.",
    ),
    (
        lambda: stack(loss=lambda y, p: nn.log(zeros(y, p))),
        r"gate Log in the loss <lambda> made infinity out of finite inputs, x from 0 to 0. .*",
    ),
    (
        lambda: stack(Dense(3, kernel_regularizer=lambda W, m: nn.sum(nn.log(0 * W)))),
        r"gate Log in a regulariser made infinity out of finite inputs, x from -?0 to -?0. .*",
    ),
]


@pytest.mark.parametrize(("build", "text"), CASES, ids=range(len(CASES)))
def test_the_first_gate_is_named_with_its_layer(build, text):
    start = r"fit, epoch 1, batch 1, the loss: expected a finite number; got (nan|-?inf); first, "
    assert re.fullmatch(start + text, raised(build()))


def test_a_gate_of_a_models_own_call_is_said_to_be_there():
    model = OwnCall()
    model.compile("sgd", "mse")
    assert "first, gate Sqrt in the model's own call made NaN out of" in raised(model)


def test_epoch_and_batch_are_those_of_the_run():
    model = stack(Dense(5, "tanh"))
    model.optimizer.learning_rate = 0.05
    step, count = model.train_step, []

    def diverging(x, y, weight=None):
        count.append(1)
        return step(
            x * (np.float32(1e30) if len(count) == 8 else 1),
            y * (1 + 1e30 * (len(count) == 8)),
            weight,
        )

    model.train_step = diverging
    text = raised(model, epochs=3)
    assert text.startswith("fit, epoch 2, batch 3, the loss: expected a finite number; got inf; ")
    assert "gate SquaredError in the loss mean_squared_error made infinity" in text
    assert (model.progress["epoch"], model.progress["batch"]) == (1, 2)


def test_nothing_has_moved_and_the_history_is_kept():
    model = stack(Dense(5, "relu"), BatchNormalization(), metrics=["mae"])
    kept = []

    class Poison(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if (self.model.progress["epoch"], batch) == (1, 3):
                self.model.loss = nan_loss

        def on_train_batch_end(self, batch, logs=None):
            kept[:] = self.model.get_weights(), self.model.optimizer.iterations

    def nan_loss(y, p, weight=None):
        return nn.mean(nn.log(p - p - 1))

    assert "epoch 2, batch 4, " in raised(model, epochs=3, callbacks=[Poison()])
    assert same(model.get_weights(), kept[0])
    assert model.optimizer.iterations == kept[1] == 8
    assert model.history.epoch == [0]
    assert np.isfinite(model.history.history["loss"]).all()


def test_averages_that_an_infinite_batch_has_spoilt_are_put_back():
    model = stack(Activation(nn.exp), BatchNormalization(), BatchNormalization())
    before = model.get_weights()
    assert "gate Exp in layer 0 (activation)" in _after(lambda: model.train_on_batch(X * 1e3, T))
    assert same(before, model.get_weights())


def _after(function):
    with pytest.raises(NotFiniteError) as caught:
        function()
    return str(caught.value)


def test_a_run_goes_on_where_it_was_stopped():
    """With the same order of rows and the same figures, once the cause is gone."""
    whole = linear(3)
    start = whole.get_weights()
    whole.fit(X, T, epochs=3, batch_size=8, verbose=0)
    pellucid.set_random_seed(0)
    model = linear(3)
    model.set_weights(start)
    reduce, calls = model.loss.reduce, []
    model.loss.reduce = lambda losses, weight=None: (
        reduce(losses, weight) * (calls.append(1) or np.float32(np.nan if len(calls) == 8 else 1))
    )
    text = _after(lambda: model.fit(X, T, 8, 3, 0))
    assert text.startswith("fit, epoch 2, batch 3, the loss: expected a finite number; got nan. ")
    model.fit(X, T, 8, 3, 0, resume=True)
    assert model.history.history == whole.history.history
    assert same(model.get_weights(), whole.get_weights())


def test_weights_that_are_not_finite_are_named():
    model = stack(Dense(5))
    model.layers[1].bias.value[1] = np.inf
    text = (
        "train_on_batch, weights: expected finite numbers; got 1 of 3 in last/bias that are NaN "
        "or infinite. Where the last update made them so: go back to weights from before "
        "(ModelCheckpoint keeps them) and lower the learning rate (now 0.5) or clip gradients "
        "(clipnorm=1.0)."
    )
    assert _after(lambda: model.train_on_batch(X, T)) == text


@pytest.mark.parametrize(("name", "place"), [("x", 0), ("y", 1), ("sample_weight", 2)])
def test_a_batch_that_is_not_finite_is_named(name, place):
    batch = [X.copy(), T.copy(), np.ones(40)]
    batch[place][3] = np.nan
    text = f"fit, epoch 1, batch 2, data: expected {name} without NaN and infinity; got "
    with pytest.raises(NotFiniteError, match=re.escape(text) + "[13-4] of .* the first in row 3"):
        linear(3).fit([(X, T), tuple(batch)], shuffle=False, verbose=0)


def test_a_loss_with_an_array_of_its_own_is_said_to_be_it():
    model = linear(3, loss=lambda y, p: nn.mean(p * np.float32([1, np.inf, 1]), axis=-1))
    text = "train_on_batch, the loss: expected a finite number; got (nan|-?inf). Look at the loss"
    with pytest.raises(NotFiniteError, match=text):
        model.train_on_batch(X, T)


def test_looking_for_the_layer_leaves_chance_and_layers_alone():
    model = stack(Dropout(0.5), Activation(lambda z: nn.log(0 * z)))
    twin = stack(Dropout(0.5), Activation(lambda z: z))
    twin.layers[0].set_random_states(model.layers[0].random_states())
    _after(lambda: model.train_on_batch(X, T))
    twin.train_on_batch(X, T)
    assert model.random_states() == twin.random_states()
    assert not any("run" in vars(layer) for layer in model.all_layers())


def test_of_a_healthy_step_the_loss_alone_is_looked_at(monkeypatch):
    for name in ("walk", "check", "put_back"):
        monkeypatch.setattr(not_finite, name, None)
    loss = linear(3).train_on_batch(X, T)
    assert np.isfinite(loss)


# -- TerminateOnNaN -------------------------------------------------------------------------------


def test_terminate_on_nan_ends_the_run_with_a_message(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = stack(Dense(5, "exponential"))
        model.optimizer.learning_rate = 1e4
        history = model.fit(
            *(X, T, 8, 5, 0), callbacks=[TerminateOnNaN()], validation_data=(X, T), shuffle=False
        )
    text = capsys.readouterr().out
    assert re.match("training ends: fit, epoch 1, batch [23], the loss: expected a finite n", text)
    assert text.count("\n") == 1
    assert history.epoch == [0]
    assert np.isnan(history.history["loss"]).all()
    assert "val_loss" in history.history
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_the_best_weights_come_back_after_it(capsys):
    class Poison(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.layers[0].kernel.value[...] = np.nan

    model = linear(3)
    callbacks = [Poison(), TerminateOnNaN(), EarlyStopping("loss", patience=9)]
    model.fit(X, T, 8, 5, 0, callbacks=callbacks)
    assert model.history.epoch == [0, 1, 2]
    assert same(model.get_weights(), callbacks[2].best_weights)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert "training ends: fit, epoch 3, batch 1, weights: expected" in capsys.readouterr().out


def test_a_callback_of_ones_own_may_take_it():
    taken = []

    class Quiet(Callback):
        def on_not_finite(self, error):
            taken.append(error)
            return True

    model = make()
    model.layers[0].kernel.value[...] = np.nan
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[Quiet()])
    assert [type(error) for error in taken] == [NotFiniteError]
    assert model.history.epoch == [0]
