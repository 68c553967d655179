"""A copy of a model shares nothing with it that can change."""

import numpy as np

from pellucid import Input, Sequential, layers, set_random_seed
from pellucid.layers import Dense
from pellucid.optimizers import SGD, AdamW
from pellucid.training.copying import copied

X, Y = np.random.default_rng(0).normal(size=(2, 40, 3)).astype("float32")


def trained():
    set_random_seed(0)
    model = Sequential([Input((3,)), Dense(4, "relu"), layers.Dropout(0.5), Dense(3)])
    model.compile(AdamW(0.01, weight_decay=0.1, excluded_from_weight_decay="bias"), "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def test_to_look_at_it_has_no_optimiser_and_nothing_of_a_run():
    model = trained()
    copy = copied(model)
    assert copy.optimizer is copy.history is copy.repeated is copy.batch is None
    assert copy.progress == {}
    assert model.optimizer.iterations == 4
    assert len(model.history.history["loss"]) == 2
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


def test_to_train_it_begins_anew_with_the_settings_of_an_optimiser():
    model = trained()
    before = [w.copy() for w in model.get_weights()]
    copy = copied(model, model.optimizer)
    assert (type(copy.optimizer), copy.optimizer.iterations) == (AdamW, 0)
    assert copy.optimizer.get_config() == model.optimizer.get_config()
    copy.fit(X, Y, epochs=3, verbose=0)
    assert copy.optimizer.iterations == 6
    assert model.optimizer.iterations == 4
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))
    assert not all((a == b).all() for a, b in zip(copy.get_weights(), before, strict=True))


def test_another_optimiser_may_be_given_and_stays_as_it_was():
    given = SGD(0.1)
    copy = copied(trained(), given)
    copy.fit(X, Y, verbose=0)
    assert (type(copy.optimizer), given.iterations, given.layout) == (SGD, 0, None)


def test_the_copys_chance_is_its_own_and_begins_where_the_models_is():
    model = trained()
    state = model.random_states()
    copy = copied(model)
    assert copy.random_states() == state
    copy(X, training=True)
    assert model.random_states() == state
    assert copy.random_states() != state
