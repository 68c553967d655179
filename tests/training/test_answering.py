"""Answers for a few examples: recorded the second time, the same as the layers' own ever after."""

import threading

import numpy as np
import pytest

import pellucid as pl
from pellucid.engines import blas
from pellucid.errors import DataError
from pellucid.layers import Add, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, Layer
from pellucid.models import Model, Sequential
from pellucid.training import answering
from pellucid.training.answering import Answers, answer, answers_of


class Twice(Layer):
    """A layer that is not the library's own."""

    def call(self, x):
        """2 x."""
        return 2 * x


def dense():
    return Sequential([Input((6,)), Dense(5, "relu"), Dropout(0.5), Dense(3, "softmax")])


def normalized():
    return Sequential([Input((6,)), Dense(5), BatchNormalization(), Dense(3, "tanh")])


def residual():
    x = Input((6,))
    a = Dense(6, "tanh")(x)
    return Model(x, Dense(3)(Add()([a, Dense(6)(a)])))


def images():
    return Sequential([Input((6, 6, 1)), Conv2D(2, 3, activation="relu"), Flatten(), Dense(3)])


def foreign():
    return Sequential([Input((6,)), Dense(5), Twice()])


@pytest.fixture
def runs(monkeypatch):
    """How often a tape was asked."""
    count = []
    results = answering.Tape.results

    def counted(self, *given):
        count.append(1)
        return results(self, *given)

    monkeypatch.setattr(answering.Tape, "results", counted)
    return count


def rows(model, rng, n=2):
    return rng.normal(size=(n, *model.input_shape[1:])).astype("float32")


@pytest.mark.parametrize(
    ("make", "asked"), [(dense, 3), (normalized, 3), (residual, 3), (images, 3), (foreign, 0)]
)
def test_the_same_as_the_layers_own(make, asked, runs, rng):
    model = make()
    for x in [rows(model, rng) for _ in range(5)]:
        np.testing.assert_array_equal(model.predict(x), model(x))
    assert len(runs) == asked


def test_each_answer_is_an_array_of_its_own(rng):
    model = dense()
    x = rows(model, rng)
    kept = [model.predict(factor * x) for factor in range(4)]
    for factor, found in enumerate(kept):
        np.testing.assert_array_equal(found, model(factor * x))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.layers[0].kernel.assign(2 * m.layers[0].kernel.value),
        lambda m: m.set_weights([w + 1 for w in m.get_weights()]),
        lambda m: setattr(m.layers[0], "activation", pl.activations.get("tanh")),
        lambda m: m.add(Dense(2)),
        lambda m: m.fit(np.ones((8, 6)), np.zeros(8, int), verbose=0),
    ],
)
@pytest.mark.parametrize("make", [dense, normalized])
def test_whatever_changes_is_heard(make, change, rng):
    model = make()
    model.compile("sgd", pl.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = rows(model, rng)
    before = [model.predict(x) for _ in range(3)][-1]
    change(model)
    for _ in range(3):
        found = model.predict(x)
        np.testing.assert_array_equal(found, model(x))
        assert found.shape != before.shape or (found != before).any()


def test_moving_averages_are_read_anew(rng):
    model = normalized()
    x = rows(model, rng)
    before = [model.predict(x) for _ in range(3)][-1]
    model.layers[1].moving_variance.assign(4 * np.ones(5))
    found = model.predict(x)
    np.testing.assert_array_equal(found, model(x))
    assert (found != before).all()


def test_other_shapes_and_types_have_their_own(rng):
    model = dense()
    for n in (1, 2, 3):
        for x in (rows(model, rng, n), rows(model, rng, n).astype("float64")):
            for _ in range(3):
                np.testing.assert_array_equal(model.predict(x), model(x))
    with pytest.raises(pl.errors.ShapeError, match="inputs of shape"):
        model.predict(np.ones((2, 7)))


def test_shapes_are_not_collected_for_ever(monkeypatch, rng):
    monkeypatch.setattr(answering, "MOST", 2)
    model = dense()
    for n in (1, 2, 3, 1):
        for _ in range(3):
            answer(model, rows(model, rng, n))
    assert len(answering._known[model].tapes) == 2


def test_a_tape_in_use_is_left_to_its_thread(rng):
    model = dense()
    x = rows(model, rng)
    expected = [model.predict(x) for _ in range(3)][-1]
    found = []
    with answering._known[model].lock:
        thread = threading.Thread(target=lambda: found.append(model.predict(x)))
        thread.start()
        thread.join(30)
    np.testing.assert_array_equal(found[0], expected)


def test_a_model_that_is_gone_leaves_nothing(rng):
    model = dense()
    for _ in range(3):
        model.predict(rows(model, rng))
    n = len(answering._known)
    del model
    import gc

    gc.collect()
    assert len(answering._known) < n


def test_batches_are_answered_side_by_side(monkeypatch, rng):
    """In two threads, whose tapes have memory of their own; in order, and the same to the bit."""
    monkeypatch.setattr(blas, "usual_threads", lambda: 2)
    model = dense()
    x = rows(model, rng, 1000)
    expected = np.concatenate([model.predict(x[i : i + 8]) for i in range(0, 1000, 8)])
    seen, first = set(), threading.Barrier(2, timeout=30)
    of = Answers.of

    def watched(self, model, x):
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            first.wait()  # until both threads have come
        return of(self, model, x)

    monkeypatch.setattr(Answers, "of", watched)
    for _ in range(3):
        np.testing.assert_array_equal(model.predict(x, batch_size=8), expected)
    assert len(seen) == 2
    assert len(answers_of(model).spare) == 2


def test_layers_of_others_are_asked_by_one_thread(monkeypatch, rng):
    """They may remember something from call to call."""
    monkeypatch.setattr(blas, "usual_threads", lambda: 2)
    model, threads = foreign(), set()
    monkeypatch.setattr(Twice, "call", lambda self, x: threads.add(threading.get_ident()) or 2 * x)
    assert model.predict(rows(model, rng, 400), batch_size=8).shape == (400, 5)
    assert threads == {threading.get_ident()}


def test_nan_in_any_batch_is_refused(rng):
    model = dense()
    x = rows(model, rng, 400)
    x[300, 2] = np.nan
    with pytest.raises(DataError, match="the first in row 300"):
        model.predict(x, batch_size=8)
    x[300, 2] = 0
    assert np.isfinite(model.predict(x, batch_size=8)).all()
