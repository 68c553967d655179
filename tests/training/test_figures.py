"""What metrics are given, and when: small batches together, a user's own each by itself."""

import numpy as np
import pytest

from pellucid.callbacks import Callback
from pellucid.layers import Dense, Input
from pellucid.metrics import BinaryAccuracy, FunctionMetric, SparseCategoricalAccuracy
from pellucid.models import Sequential
from pellucid.optimizers import SGD
from pellucid.training.callbacks import Quick
from pellucid.training.figures import TOGETHER, may_wait, own_figures, put_sums, take_in

BATCHES = 2 * TOGETHER + 8


@pytest.fixture
def data(rng):
    return rng.normal(size=(4 * BATCHES, 5)).astype("float32"), rng.integers(0, 3, 4 * BATCHES)


def model_with(*metrics, units=3, loss="sparse_categorical_crossentropy", rate=0.05):
    model = Sequential([Input((5,)), Dense(units, "softmax")])
    model.compile(SGD(rate), loss, metrics=list(metrics))
    return model


class Own(SparseCategoricalAccuracy):
    """A user's own metric."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counted, with the type that it sees."""
        self.seen = [*getattr(self, "seen", []), type(y_pred).__module__]
        super().update_state(y_true, y_pred, sample_weight)


@pytest.fixture
def asked(monkeypatch):
    """The rows and the type of each time that the library's accuracy is asked."""
    seen = []
    update = SparseCategoricalAccuracy.update_state

    def watched(self, y_true, y_pred, sample_weight=None):
        seen.append((len(y_pred), type(y_pred)))
        update(self, y_true, y_pred, sample_weight)

    monkeypatch.setattr(SparseCategoricalAccuracy, "update_state", watched)
    return seen


def test_small_batches_are_taken_in_together(data, asked, engine):
    """Batches of 4 rows; the figure is that of the outputs batch by batch, before each step."""
    model = model_with("accuracy", rate=1e-12)
    model.fit(*data, batch_size=4, epochs=1, verbose=0)
    assert asked == [(4 * TOGETHER, np.ndarray)] * 2 + [(4 * 8, np.ndarray)]
    right = np.mean(model.predict(data[0]).argmax(axis=1) == data[1])
    assert model.history.history["accuracy"] == [right]
    assert model.unread == []


def test_large_batches_are_taken_in_one_by_one(data, asked, monkeypatch):
    monkeypatch.setattr("pellucid.training.figures.SMALL", 4 * 3 * 4 - 1)
    model_with("accuracy").fit(*data, batch_size=4, epochs=1, verbose=0)
    assert [rows for rows, _ in asked] == [4] * BATCHES


def test_a_metric_of_a_user_is_asked_for_each_batch_with_the_engines_arrays(data, engine):
    own, kinds = Own(), set()

    def right(y_true, y_pred):
        kinds.add(type(y_pred).__module__)
        return y_pred.argmax(-1) == y_true

    model = model_with(own, FunctionMetric(right, "right"))
    model.fit(*data, batch_size=4, epochs=1, verbose=0)
    assert own.seen == [engine.name] * BATCHES
    assert kinds == {engine.name}
    history = model.history.history
    assert history["right"] == history["sparse_categorical_accuracy"]


def test_who_reads_the_figures_sees_every_batch(data):
    counts = []

    class Reads(Quick):
        def after_batch(self, batch):
            if batch % 7 == 0:
                self.model.figures()
                counts.append((batch, self.model.metrics[0].count))

    model_with("accuracy").fit(*data, batch_size=4, epochs=1, verbose=0, callbacks=Reads())
    assert counts == [(batch, 4 * (batch + 1)) for batch in range(0, BATCHES, 7)]


def test_a_callback_at_each_batch_finds_the_metrics_up_to_date(data):
    counts = []

    class Looks(Callback):
        def on_train_batch_end(self, batch, logs=None):
            counts.append(self.model.metrics[0].count)

    model_with("accuracy").fit(*data, batch_size=4, epochs=1, verbose=0, callbacks=Looks())
    assert counts == [4 * (batch + 1) for batch in range(BATCHES)]


def test_batches_of_other_shapes_do_not_wait_together(rng):
    """Sequences of different lengths, with a target for each place."""
    model = model_with(BinaryAccuracy(), units=1, loss="binary_crossentropy")
    model.prepare(np.zeros((2, 5), "float32"), np.zeros((2, 1)), where="fit")
    assert may_wait(model)
    right = []
    for length in (3, 3, 5, 4, 4, 3):
        y = rng.integers(0, 2, size=(2, length, 1))
        p = rng.random(size=(2, length, 1))
        take_in(model, 0.5, p, y, later=True)
        right.append((y == (p > 0.5)).ravel())
    found = own_figures(model)["binary_accuracy"]
    assert found == pytest.approx(np.mean(np.concatenate(right)), abs=1e-12)


def test_figures_that_start_anew_forget_what_waits(data):
    model = model_with("accuracy")
    model.fit(*data, batch_size=4, epochs=1, verbose=0)
    put_sums(model, {})
    take_in(model, 0.5, model.predict(data[0][:4]), data[1][:4], later=True)
    assert len(model.unread) == 1
    put_sums(model, {})
    assert own_figures(model) == {"loss": 0.0, "accuracy": 0.0}


def test_a_generator_may_use_its_arrays_again(data):
    """What waits is a copy."""
    x, y = np.zeros((4, 5), "float32"), np.zeros(4, int)

    def one_memory():
        for start in range(0, 4 * BATCHES, 4):
            x[...], y[...] = data[0][start : start + 4], data[1][start : start + 4]
            yield x, y

    model = model_with("accuracy", rate=1e-12)
    model.fit(one_memory(), epochs=1, verbose=0, steps_per_epoch=BATCHES)
    right = np.mean(model.predict(data[0]).argmax(axis=1) == data[1])
    assert model.history.history["accuracy"] == [right]
