"""fit, evaluate, predict and train_on_batch: what they compute, and what they refuse at once."""

import re

import numpy as np
import pytest

from pellucid import Model, load
from pellucid.callbacks import EarlyStopping
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.layers import Concatenate, Dense, Input
from pellucid.losses import CategoricalCrossentropy
from pellucid.optimizers import SGD, Adam
from pellucid.optimizers.base import AVERAGE, BEFORE

from .networks import data, linear, make, same


def trained(x, y, loss=None, **settings):
    """A new network, always from the same seed, after a run."""
    model = make() if loss is None else make(loss=loss)
    model.fit(x, y, **{"verbose": 0, **settings})
    return model


# -- fit ------------------------------------------------------------------------------------------


def test_the_history_has_every_figure_of_every_epoch():
    x, y = data()
    model = make(metrics=["accuracy"])
    history = model.fit(x, y, epochs=3, validation_split=0.2, verbose=0)
    assert history is model.history
    assert history.epoch == [0, 1, 2]
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(figures) == 3 for figures in history.history.values())
    assert all(type(f) is float for figures in history.history.values() for f in figures)


def test_a_second_run_has_a_history_of_its_own():
    x, y = data()
    model = make()
    first = model.fit(x, y, epochs=3, verbose=0)
    second = model.fit(x, y, epochs=1, verbose=0)
    assert (len(first.history["loss"]), len(second.history["loss"])) == (3, 1)
    assert second.history["loss"][0] not in first.history["loss"]


def test_one_epoch_is_steps_down_the_gradient_of_each_batch(rng):
    """Also of the last one, which is smaller; and the figures are means over examples."""
    x, y = rng.normal(size=(10, 4)).astype("float32"), rng.normal(size=10).astype("float32")
    model = linear()
    (W, b), total = model.get_weights(), 0.0
    for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
        error = x[rows] @ W[:, 0] + b - y[rows]
        total += (error**2).sum()
        W -= 0.1 * 2 * (x[rows].T @ error)[:, None] / len(error)
        b -= 0.1 * 2 * error.mean()
    history = model.fit(x, y, batch_size=4, shuffle=False, verbose=0).history
    np.testing.assert_allclose(model.get_weights()[0], W, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1], b, rtol=1e-5)
    assert history["loss"][0] == pytest.approx(total / 10, rel=1e-5)


def test_the_last_rows_are_split_off_for_validation():
    x, y = data(50)
    split = trained(x, y, epochs=2, validation_split=0.3)
    given = trained(x[:35], y[:35], epochs=2, validation_data=(x[35:], y[35:]))
    assert split.history.history == given.history.history
    assert same(split.get_weights(), given.get_weights())
    assert split.evaluate(x[35:], y[35:], verbose=0) == split.history.history["val_loss"][-1]


def test_validation_data_may_have_weights():
    x, y = data(20)
    weight = np.arange(20.0)
    model = make()
    history = model.fit(x, y, validation_data=(x, y, weight), verbose=0).history
    expected = model.evaluate(x, y, sample_weight=weight, verbose=0)
    assert history["val_loss"] == [expected]


def test_the_same_seed_trains_the_same_network_to_the_bit():
    x, y = data()

    def run(seed, **settings):
        model = make(seed)
        losses = model.fit(x, y, epochs=3, batch_size=8, verbose=0, **settings).history["loss"]
        return losses, model.get_weights()

    (losses, weights), again = run(1), run(1)
    assert losses == again[0]
    assert same(weights, again[1])
    assert run(2)[0] != losses
    assert run(1, shuffle=False)[0] != losses


def test_every_epoch_has_each_row_once_in_an_order_of_its_own():
    x, y = data(10)
    model, order = make(), []
    step = model.train_step
    model.train_step = lambda x, y, w: order.extend(x[:, 0].tolist()) or step(x, y, w)
    model.fit(x, y, epochs=2, batch_size=4, verbose=0)
    assert order[:10] != order[10:]
    assert sorted(order[:10]) == sorted(order[10:]) == sorted(x[:, 0].tolist())


def test_class_weights_are_sample_weights_by_class():
    x, y = data()
    one = trained(x, y, epochs=2, class_weight={0: 1.0, 1: 3.0})  # and 1 for class 2
    other = trained(x, y, epochs=2, sample_weight=np.where(y == 1, 3.0, 1.0))
    assert one.history.history == other.history.history
    assert same(one.get_weights(), other.get_weights())
    assert not same(one.get_weights(), trained(x, y, epochs=2).get_weights())


def test_class_weights_and_sample_weights_are_multiplied():
    x, y = data()
    one = trained(x, y, class_weight={1: 3.0}, sample_weight=np.full(50, 2.0))
    other = trained(x, y, sample_weight=np.where(y == 1, 6.0, 2.0))
    assert same(one.get_weights(), other.get_weights())


def test_class_weights_go_by_the_place_of_the_one_in_one_hot_rows():
    x, y = data()
    loss, rows = CategoricalCrossentropy(from_logits=True), np.eye(3)[y]
    one = trained(x, rows, loss, class_weight={1: 3.0})
    other = trained(x, rows, loss, sample_weight=np.where(y == 1, 3.0, 1.0))
    assert same(one.get_weights(), other.get_weights())


def test_class_weights_leave_validation_alone():
    x, y = data()
    model = make()
    history = model.fit(x, y, class_weight={1: 9.0}, validation_split=0.2, verbose=0).history
    assert history["val_loss"] == [model.evaluate(x[40:], y[40:], verbose=0)]


def test_a_run_may_start_at_a_later_epoch():
    x, y = data()
    history = make().fit(x, y, initial_epoch=3, epochs=5, verbose=0)
    assert history.epoch == [3, 4]
    assert make().fit(x, y, initial_epoch=5, epochs=5, verbose=0).history == {}


# -- averages of the weights ----------------------------------------------------------------------


def averaging(epochs, use_ema=True):
    model = make(optimizer=Adam(0.05, use_ema=use_ema, ema_momentum=0.9))
    if epochs:
        model.fit(*data(), epochs=epochs, verbose=0)
    return model


def test_the_averages_take_the_weights_place_at_the_end():
    with_average, plain = averaging(3), averaging(3, use_ema=False)
    state, theta = with_average.optimizer.state, with_average.parameters.theta
    np.testing.assert_array_equal(theta, state[AVERAGE])
    np.testing.assert_array_equal(state[BEFORE], plain.parameters.theta)
    assert not np.array_equal(theta, plain.parameters.theta)
    assert with_average.history.history == plain.history.history


def test_a_run_that_goes_on_goes_on_from_the_weights_before_averaging(tmp_path):
    whole, parts = averaging(4), averaging(2)
    parts.save(tmp_path / "model")
    parts = load(tmp_path / "model")
    parts.fit(*data(), epochs=4, verbose=0, resume=True)
    assert same(whole.get_weights(), parts.get_weights())
    assert same(whole.optimizer.state.values(), parts.optimizer.state.values())


def test_a_new_run_goes_on_from_the_averages():
    model = averaging(1)
    before = model.get_weights()
    model.fit(*data(), initial_epoch=1, verbose=0)
    assert same(before, model.get_weights())
    np.testing.assert_array_equal(model.optimizer.state[BEFORE], model.parameters.theta)


def test_weights_that_were_given_since_are_what_a_run_goes_on_from():
    model = averaging(1)
    model.set_weights([np.full_like(w, 0.5) for w in model.get_weights()])
    model.fit(*data(), epochs=1, verbose=0, resume=True)
    assert (model.optimizer.state[BEFORE] == 0.5).all()


def test_the_best_weights_are_put_back_after_the_averages():
    model = averaging(0)
    stop = EarlyStopping("loss", min_delta=9.0, patience=1, verbose=0)
    model.fit(*data(), epochs=5, verbose=0, callbacks=[stop])
    assert len(model.history.epoch) == 2
    assert same(stop.best_weights, model.get_weights())


# -- data -----------------------------------------------------------------------------------------


def test_lists_bytes_and_whole_numbers_are_data_too():
    x, y = data(12)
    x = np.abs(x * 10).astype("uint8")
    one, other = trained(x.tolist(), y.tolist()), trained(x, y.astype("uint8"))
    assert same(one.get_weights(), other.get_weights())


def test_a_model_with_two_inputs_trains(rng):
    a, b = Input((2,)), Input((3,))
    model = Model([a, b], Dense(1)(Concatenate()([a, b])))
    model.compile(SGD(0.1), "mse")
    x = [rng.normal(size=(30, 2)), rng.normal(size=(30, 3))]
    y = x[0][:, 0] - x[1][:, 2]
    history = model.fit(x, y, epochs=30, validation_split=0.2, verbose=0).history
    assert history["val_loss"][-1] < history["val_loss"][0] / 5
    assert model.predict(x).shape == (30, 1)


# -- what is refused before the first step --------------------------------------------------------

X, Y = np.zeros((4, 4)), np.array([0, 1, 2, 0])
BAD = np.where(np.arange(16).reshape(4, 4) == 9, np.nan, 0)


@pytest.mark.parametrize(
    ("error", "x", "y", "settings", "text"),
    [
        (
            DataError,
            BAD,
            Y,
            {},
            "fit: expected x without NaN and infinity; got 1 of 16 values that",
        ),
        (
            DataError,
            X,
            Y[:3],
            {},
            "fit: expected x and y of equal length; got 4 rows in x and 3 in",
        ),
        (
            DataError,
            X,
            Y + 1,
            {},
            "targets for SparseCategoricalCrossentropy: expected class number",
        ),
        (DataError, X, Y + 0.5, {}, "expected whole class numbers; got 0.5. Use MeanSquaredError"),
        (
            ShapeError,
            X,
            np.eye(3)[Y],
            {},
            "got shape (4, 3). Use CategoricalCrossentropy for one-h",
        ),
        (
            ShapeError,
            X[:, :3],
            Y,
            {},
            "model sequential: expected inputs of shape (N, 4); got shape",
        ),
        (DataError, X, [X, X], {}, "fit: expected targets y as one array; got a list of 2 arrays."),
        (DataError, X, Y, {"sample_weight": Y[:2]}, "expected x and sample_weight of equal length"),
        (
            DataError,
            X,
            Y,
            {"validation_data": (BAD, Y)},
            "validation_data of fit: expected x withou",
        ),
        (
            DataError,
            X,
            Y,
            {"validation_data": (X, Y + 1)},
            "expected class numbers from 0 to 2, as",
        ),
        (DataError, X, Y, {"validation_data": (X,)}, "validation_data of fit: expected targets y;"),
        (ShapeError, X, Y, {"validation_data": (X[:, 1:], Y)}, "expected inputs of shape (N, 4);"),
        (
            SettingError,
            X,
            Y,
            {"validation_split": 1.5},
            "fit: expected validation_split from 0",
        ),
        (
            SettingError,
            X,
            Y,
            {"validation_split": 0.9},
            "that leaves rows on both sides; got 0.9 of",
        ),
        (
            SettingError,
            X,
            Y,
            {"batch_size": 0},
            "fit: expected batch_size to be a whole number",
        ),
        (
            SettingError,
            X,
            Y,
            {"verbose": "loud"},
            "fit: expected verbose 'auto', 0, 1 or 2; got 'lo",
        ),
    ],
)
def test_bad_data_is_refused_before_the_first_step(error, x, y, settings, text):
    model = make()
    before = model.get_weights()
    with pytest.raises(error, match=re.escape(text)):
        model.fit(x, y, **{"verbose": 0, **settings})
    assert same(before, model.get_weights())
    assert model.optimizer.iterations == 0


def test_a_model_of_several_outputs_is_not_trained_as_one():
    x = Input((4,))
    model = Model(x, [Dense(1)(x), Dense(2)(x)])
    model.compile("sgd", "mse")
    text = "fit: expected a model with one output; got 2 of them. Train Model(inputs, output) for"
    with pytest.raises(SettingError, match=re.escape(text)):
        model.fit(X, Y, verbose=0)
