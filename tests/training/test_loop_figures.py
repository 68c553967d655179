"""The figures of a model: metrics, evaluate, predict, and the ones that train_on_batch gives."""

import re

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.losses import BinaryCrossentropy, MeanSquaredError

from .networks import data, linear, make, same

X, Y = np.zeros((4, 4)), np.array([0, 1, 2, 0])


# -- metrics --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "units", "targets", "right"),
    [
        (BinaryCrossentropy(from_logits=True), 1, lambda y: y % 2, lambda z, y: (z[:, 0] > 0) == y),
        (BinaryCrossentropy(), 1, lambda y: y % 2, lambda z, y: (z[:, 0] > 0.5) == y),
        ("sparse_categorical_crossentropy", 3, lambda y: y, lambda z, y: z.argmax(1) == y),
        ("multi_class_hinge", 3, lambda y: y, lambda z, y: z.argmax(1) == y),
        (
            "categorical_crossentropy",
            3,
            lambda y: np.eye(3)[y],
            lambda z, y: z.argmax(1) == y.argmax(1),
        ),
        (lambda y, z: nn.multi_class_hinge(z, y), 3, lambda y: y, lambda z, y: z.argmax(1) == y),
    ],
)
def test_accuracy_is_the_one_that_fits_the_loss(loss, units, targets, right):
    x, y = data(30)
    y = targets(y)
    model = linear(units, loss, metrics=["accuracy"])
    figures = model.evaluate(x, y, verbose=0, return_dict=True)
    assert figures["accuracy"] == pytest.approx(right(model.predict(x), y).mean())
    assert 0 < figures["accuracy"] < 1


def test_accuracy_of_numbers_is_refused():
    text = "metric 'accuracy': expected a loss on classes; got MeanSquaredError. Use the metric 'ma"
    with pytest.raises(SettingError, match=re.escape(text)):
        linear(metrics=["accuracy"]).fit(X, Y, verbose=0)


def test_metrics_by_name_object_and_function(rng):
    def distance(y, z):
        return np.abs(z[:, 0] - y)

    x, y = rng.normal(size=(10, 4)), rng.normal(size=10)
    model = linear(metrics=["mae", pellucid.metrics.BinaryAccuracy("near", 0.1), distance])
    model.fit(x, y, epochs=2, verbose=0)
    z = model.predict(x)[:, 0]
    assert list(model.history.history) == ["loss", "mae", "near", "distance"]
    figures = model.evaluate(x, y, verbose=0, return_dict=True)
    assert figures["loss"] == pytest.approx(((z - y) ** 2).mean(), rel=1e-5)
    assert figures["mae"] == pytest.approx(np.abs(z - y).mean(), rel=1e-5)
    assert figures["distance"] == pytest.approx(np.abs(z - y).mean(), rel=1e-5)
    assert figures["near"] == ((z > 0.1) == (y > 0.5)).mean()


def test_any_loss_and_a_single_name_are_metrics(rng):
    x, y = rng.normal(size=(10, 4)), rng.normal(size=10)
    model = linear(metrics=["huber", "cosine_similarity", pellucid.losses.Huber(0.1)])
    figures = model.evaluate(x, y, verbose=0, return_dict=True)
    z = model.predict(x)
    assert list(figures) == ["loss", "huber", "cosine_similarity", "huber_loss"]
    assert figures["huber"] == pytest.approx(pellucid.losses.Huber()(y, z), rel=1e-5)
    assert figures["huber_loss"] == pytest.approx(pellucid.losses.Huber(0.1)(y, z), rel=1e-5)
    assert list(linear(metrics="mae").evaluate(x, y, verbose=0, return_dict=True)) == [
        "loss",
        "mae",
    ]


def test_weighted_metrics_take_the_weights_of_examples_and_classes():
    x, y = data(30)
    weight = np.linspace(0, 2, 30)
    with pytest.raises(SettingError, match="got 'ce'"):
        make(metrics=["accuracy"], weighted_metrics=["accuracy", "ce"])
    name = "sparse_categorical_crossentropy"
    model = make(metrics=["accuracy"], weighted_metrics=["accuracy", name])
    right = model.predict(x).argmax(1) == y
    figures = model.evaluate(x, y, 7, sample_weight=weight, verbose=0, return_dict=True)
    assert list(figures) == ["loss", "accuracy", "weighted_accuracy", name]
    assert figures["accuracy"] == pytest.approx(right.mean())
    assert figures["weighted_accuracy"] == pytest.approx(np.average(right, weights=weight))
    # the loss divides by the examples, the metric by their weights
    assert figures[name] == pytest.approx(figures["loss"] * 30 / weight.sum(), rel=1e-5)
    by_class = model.train_on_batch(x, y, class_weight={0: 3.0}, return_dict=True)
    expected = np.average(right, weights=np.where(y == 0, 3.0, 1.0))
    assert right.mean() != pytest.approx(expected)
    assert by_class["accuracy"] == pytest.approx(right.mean(), abs=0.4)
    history = model.fit(x, y, validation_data=(x, y, weight), verbose=0).history
    again = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    assert history["val_weighted_accuracy"] == [again["weighted_accuracy"]]


def test_class_weights_reach_the_weighted_metrics_of_each_step(rng):
    x, y = rng.normal(size=(12, 4)), rng.integers(0, 2, 12)
    model = linear(weighted_metrics=["mae"])
    errors = np.abs(model.predict(x)[:, 0] - y)
    found = model.train_on_batch(x, y, class_weight={1: 5.0}, return_dict=True)
    expected = np.average(errors, weights=np.where(y == 1, 5.0, 1.0))
    assert found["mae"] == pytest.approx(expected, rel=1e-5)
    weight, model = rng.uniform(size=12), linear(weighted_metrics=["mae"])
    errors = np.abs(model.predict(x)[:, 0] - y)
    history = model.fit(x, y, 12, sample_weight=weight, class_weight={1: 5.0}, verbose=0).history
    expected = np.average(errors, weights=weight * np.where(y == 1, 5.0, 1.0))
    assert history["mae"] == pytest.approx([expected], rel=1e-5)


def test_a_metric_may_give_several_numbers(capsys):
    x, y = data(40)
    model = make(metrics=["f1_score", "confusion_matrix"])
    history = model.fit(x, y, epochs=2, validation_split=0.25, verbose=2).history
    assert all(f1.shape == (3,) for f1 in history["f1_score"] + history["val_f1_score"])
    assert all(counts.sum() == 30 for counts in history["confusion_matrix"])
    assert all(counts.sum() == 10 for counts in history["val_confusion_matrix"])
    line = capsys.readouterr().out.splitlines()[-1]
    shown = " ".join(f"{score:.4f}" for score in history["f1_score"][-1])
    assert f"  f1_score [{shown}]  confusion_matrix array 3 x 3  val_loss " in line
    _, f1, counts = model.evaluate(x, y, verbose=0)
    taken = model.predict(x).argmax(1)
    assert counts.trace() == (taken == y).sum()
    tp, rows, columns = counts.diagonal(), counts.sum(1), counts.sum(0)
    np.testing.assert_allclose(f1, 2 * tp / (rows + columns))


def test_a_metric_that_does_not_fit_is_refused_before_the_first_step():
    x, y = data(20)
    model = make(metrics=["categorical_accuracy"])
    before = model.get_weights()
    text = "targets for CategoricalAccuracy: expected one-hot rows (N, 3); got shape (20,)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        model.fit(x, y, verbose=0)
    assert same(before, model.get_weights())


# -- evaluate, predict, train_on_batch ------------------------------------------------------------


def test_evaluate_gives_a_number_a_list_or_a_dictionary(capsys):
    x, y = data()
    model = make(metrics=["accuracy"])
    listed = model.evaluate(x, y)
    assert capsys.readouterr().out == f"loss {listed[0]:.4f}  accuracy {listed[1]:.4f}\n"
    assert model.evaluate(x, y, return_dict=True, verbose=0) == dict(
        zip(["loss", "accuracy"], listed, strict=True)
    )
    assert type(make().evaluate(x, y, verbose=0)) is float
    assert capsys.readouterr().out == ""


def test_batches_of_any_size_measure_and_predict_alike():
    x, y = data(300)
    model = make(metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    whole = model.predict(x, batch_size=300)
    figures = model.evaluate(x, y, verbose=0)
    for size in (1, 7, 299, 1000, None):
        np.testing.assert_allclose(model.predict(x, size), whole, rtol=1e-4, atol=1e-5)
        assert model.evaluate(x, y, size, verbose=0) == pytest.approx(figures, rel=1e-5)


def test_measuring_and_predicting_change_nothing():
    x, y = data()
    model = make()
    model.fit(x, y, verbose=0)
    before, chance = model.get_weights(), model.random_states()
    model.evaluate(x, y, verbose=0)
    model.predict(x)
    model(x)
    assert same(before, model.get_weights())
    assert chance == model.random_states()


def test_evaluate_weighs_examples(rng):
    x, y, weight = rng.normal(size=(10, 4)), rng.normal(size=10), rng.uniform(size=10)
    model = linear()
    errors = (model.predict(x)[:, 0] - y) ** 2
    found = model.evaluate(x, y, sample_weight=weight, batch_size=3, verbose=0)
    assert found == pytest.approx((weight * errors).mean(), rel=1e-5)


def test_weights_of_examples_weigh_the_loss_and_no_metric():
    x, y = data(20)
    model = make(metrics=["accuracy"])
    plain = model.evaluate(x, y, verbose=0, return_dict=True)
    weight = np.linspace(0.1, 2.0, 20)
    weighed = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    assert weighed["accuracy"] == plain["accuracy"]
    assert weighed["loss"] != plain["loss"]


def test_predicting_refuses_what_is_no_data():
    with pytest.raises(DataError, match=re.escape("predict: expected x without NaN and infinity;")):
        make().predict(np.full((4, 4), np.nan))
    x = np.zeros((40, 4))
    x[30] = np.inf
    with pytest.raises(
        DataError, match=re.escape("got 4 of 160 values that are, the first in row 30")
    ):
        make().predict(x, batch_size=20)
    with pytest.raises(DataError, match=re.escape("evaluate: expected x and y of equal length;")):
        make().evaluate(X, Y[:2])


def test_train_on_batch_is_one_step(rng):
    x, y = rng.normal(size=(6, 4)).astype("float32"), rng.normal(size=6).astype("float32")
    one, other = linear(metrics=["mae"]), linear()
    other.set_weights(one.get_weights())
    errors = one.predict(x)[:, 0] - y
    loss, mae = one.train_on_batch(x, y)
    assert (loss, mae) == pytest.approx(((errors**2).mean(), np.abs(errors).mean()), rel=1e-5)
    other.fit(x, y, batch_size=6, shuffle=False, verbose=0)
    assert same(one.get_weights(), other.get_weights())
    assert one.train_on_batch(x, y, return_dict=True)["loss"] < loss
    assert type(other.train_on_batch(x, y)) is float
    with pytest.raises(DataError, match=re.escape("train_on_batch: expected x and y of equal len")):
        one.train_on_batch(x, y[:2])


def test_train_on_batch_takes_weights(rng):
    x, y = data(9)
    one, other = make(), make()
    one.train_on_batch(x, y, class_weight={1: 4.0})
    other.train_on_batch(x, y, sample_weight=np.where(y == 1, 4.0, 1.0))
    assert same(one.get_weights(), other.get_weights())


def test_a_loss_that_sums_weighs_each_batch_by_its_size(rng):
    x, y = rng.normal(size=(8, 4)), rng.normal(size=8)
    model = linear(loss=MeanSquaredError(reduction="sum"))
    errors = (model.predict(x)[:, 0] - y) ** 2
    assert model.evaluate(x, y, verbose=0) == pytest.approx(errors.sum(), rel=1e-5)
