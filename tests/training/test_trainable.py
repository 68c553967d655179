"""Compiling, one step, what is added to the loss, and layers that are frozen between runs."""

import re

import numpy as np
import pytest

import pellucid
from pellucid import Model, Sequential, gradient_check, nn
from pellucid.errors import SettingError
from pellucid.layers import BatchNormalization, Dense, Input
from pellucid.optimizers import SGD, Adam
from pellucid.regularizers import L1, L2, Frobenius

from .networks import data, make, same


def test_the_defaults_are_those_of_keras():
    model = Sequential([Dense(1)])
    model.compile(loss="mse")
    assert type(model.optimizer) is pellucid.optimizers.RMSprop
    assert model.optimizer.learning_rate == 0.001


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"optimizer": "adamm"},
            "optimizer: expected a known optimizer; got 'adamm'. Did you mean",
        ),
        ({"loss": "mes"}, "loss: expected a known loss; got 'mes'. Did you mean 'mse'?"),
    ],
)
def test_unknown_names_are_refused_when_compiling(settings, text):
    with pytest.raises(SettingError, match=re.escape(text)):
        Sequential([Dense(1)]).compile(**{"loss": "mse", **settings})


def test_compiling_again_starts_the_optimiser_anew():
    x, y = data()
    model = make()
    model.fit(x, y, verbose=0)
    assert model.optimizer.iterations > 0
    optimizer, weights = model.optimizer, model.get_weights()
    model.compile(optimizer, model.loss)
    assert (optimizer.iterations, optimizer.state, model.progress) == (0, {}, {})
    assert same(weights, model.get_weights())
    model.fit(x, y, verbose=0)


def test_one_step_gives_the_loss_and_the_outputs_before_it():
    x, y = data(8)
    model = make(optimizer=SGD(0.1))
    model.prepare(x, y, where="test")
    chance = model.random_states()
    expected = model(x, training=True)
    model.set_random_states(chance)
    loss, output = model.train_step(x, y)
    np.testing.assert_array_equal(output, expected)
    assert loss == pytest.approx(float(model.loss(y, output)))


def test_the_weights_lie_in_one_vector_from_the_first_look():
    model = Sequential([Input((4,)), Dense(2), BatchNormalization()])
    model.layers[0].set_weights([np.ones((4, 2)), np.full(2, 3.0)])
    theta = model.parameters.theta
    np.testing.assert_array_equal(theta, [1] * 8 + [3, 3, 1, 1, 0, 0])
    theta[:8] = 5
    assert (model.layers[0].kernel.value == 5).all()


def test_what_a_step_does_not_reach_does_not_move():
    class Branch(Model):
        def __init__(self):
            super().__init__()
            self.always, self.sometimes = Dense(1), Dense(1)

        def call(self, x, training=False):
            z = self.always(x)
            return z + self.sometimes(x) if self.both else z

    x, y = data(8)
    model = Branch()
    model.both = True
    model.compile(SGD(0.1), "mse")
    model.train_on_batch(x, y)
    model.both = False
    left, right = model.always.get_weights(), model.sometimes.get_weights()
    model.train_on_batch(x, y)
    assert same(right, model.sometimes.get_weights())
    assert not same(left, model.always.get_weights())


# -- regularisers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regularizer", "penalty", "slope"),
    [
        (L2(0.3), lambda W: 0.3 * (W**2).sum(), lambda W: 0.6 * W),
        (L1(0.3), lambda W: 0.3 * np.abs(W).sum(), lambda W: 0.3 * np.sign(W)),
        (Frobenius(0.3), lambda W: 0.3 / 12 * (W**2).sum(), lambda W: 0.05 * W),
        (lambda W, m: nn.sum(W) * m, lambda W: 6 * W.sum(), lambda W: 6 + 0 * W),
    ],
    ids=["L2", "L1", "Frobenius", "function"],
)
def test_regularisers_are_part_of_the_loss(regularizer, penalty, slope, rng):
    """With 6 examples a batch; what is compared with is the same network without."""
    x, y = rng.normal(size=(6, 4)).astype("float32"), rng.normal(size=6).astype("float32")
    W = rng.normal(size=(4, 1)).astype("float32")
    plain, with_penalty = (
        Sequential([Input((4,)), Dense(1, kernel_regularizer=r)]) for r in (None, regularizer)
    )
    for model in (plain, with_penalty):
        model.compile(SGD(0.1), "mse")
        model.set_weights([W, np.zeros(1)])
    both = [m.evaluate(x, y, verbose=0) for m in (with_penalty, plain)]
    assert both[0] - both[1] == pytest.approx(penalty(W), rel=1e-4)
    losses = [m.train_on_batch(x, y) for m in (with_penalty, plain)]
    assert losses == pytest.approx(both, rel=1e-5)
    difference = with_penalty.get_weights()[0] - plain.get_weights()[0]
    np.testing.assert_allclose(difference, -0.1 * slope(W), rtol=1e-3, atol=1e-6)
    assert gradient_check(with_penalty, x, y)


def test_what_is_frozen_is_not_regularised(rng):
    x, y = rng.normal(size=(6, 4)), rng.normal(size=6)
    model = Sequential([Input((4,)), Dense(3, kernel_regularizer="l2"), Dense(1)])
    model.compile("sgd", "mse")
    errors = (model.predict(x)[:, 0] - y) ** 2
    assert model.evaluate(x, y, verbose=0) > errors.mean() + 0.01
    model.layers[0].trainable = False
    assert model.evaluate(x, y, verbose=0) == pytest.approx(errors.mean(), rel=1e-5)


# -- freezing -------------------------------------------------------------------------------------


def slots_of(model, layer):
    """The part of each of the optimiser's slots that belongs to a layer's weights."""
    parts = model.parameters.parts
    taken = [slot[parts[p]] for slot in model.optimizer.state.values() for p in layer.own_weights]
    return np.concatenate(taken)


def test_a_frozen_layer_stays_and_the_others_go_on():
    x, y = data()
    model = make()
    first, last = model.layers[0], model.layers[-1]
    model.fit(x, y, epochs=2, verbose=0)
    frozen, slots = first.get_weights(), slots_of(model, last)
    first.trainable = False
    model.prepare(x, y, where="test")
    np.testing.assert_array_equal(slots_of(model, last), slots)
    assert model.parameters.theta.size == model.count_params() - first.count_params() - 16
    before = last.get_weights()
    model.fit(x, y, epochs=2, verbose=0)
    assert same(frozen, first.get_weights())
    assert not same(before, last.get_weights())


def test_a_layer_that_is_freed_again_moves_again():
    x, y = data()
    model = make()
    first = model.layers[0]
    first.trainable = False
    model.fit(x, y, verbose=0)
    frozen, slots = first.get_weights(), slots_of(model, model.layers[-1])
    first.trainable = True
    model.prepare(x, y, where="test")
    assert not slots_of(model, first).any()
    np.testing.assert_array_equal(slots_of(model, model.layers[-1]), slots)
    model.fit(x, y, verbose=0)
    assert not same(frozen, first.get_weights())


def test_freezing_one_layer_leaves_the_others_their_steps():
    """The first step after freezing is, for all others, the one that they would have made."""

    def run(freeze):
        model = make(optimizer=Adam(0.01))
        model.layers[2].rate = 0.0
        for step in range(4):
            if freeze and step == 3:
                model.layers[0].trainable = False
            model.train_on_batch(x, y)
        return model.layers[-1].get_weights()

    x, y = data(20)
    assert same(run(True), run(False))


def test_frozen_batch_norm_keeps_its_averages():
    x, y = data()
    model = make()
    norm = next(layer for layer in model.layers if isinstance(layer, BatchNormalization))
    norm.trainable = False
    before = norm.get_weights()
    model.fit(x, y, verbose=0)
    assert same(before, norm.get_weights())


def test_a_model_that_is_frozen_as_a_whole_measures_but_does_not_move():
    x, y = data()
    model = make()
    model.trainable = False
    before = model.get_weights()
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"][0])
    assert same(before, model.get_weights())
