"""A run that is stopped in the middle of an epoch goes on with every figure where it was."""

import os
import signal

import numpy as np
import pytest

import pellucid
from pellucid import metrics
from pellucid.callbacks import Callback
from pellucid.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from pellucid.metrics import LossMetric

from .networks import data, linear, make

SETTINGS = {"epochs": 3, "batch_size": 7, "verbose": 0, "sample_weight": np.linspace(0.5, 2, 40)}


class CtrlC(Callback):
    """Presses Ctrl-C after a batch of the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if (self.model.progress["epoch"], batch) == (1, 2):
            os.kill(os.getpid(), signal.SIGINT)


def of_classes(kinds):
    """A model of three classes by their numbers, its targets, and metrics for them."""
    return make(weighted_metrics=kinds), *data(40)


def of_one_output(kinds):
    """A model of one output between 0 and 1, and its targets."""
    pellucid.set_random_seed(0)
    x, y = data(40)
    loss = BinaryCrossentropy(from_logits=True)
    return linear(1, loss, metrics=["mae", "auc"], weighted_metrics=kinds), x, y > 0


def made(kinds):
    """Metrics by name; those for which a threshold has to be said, with one."""
    settings = {"F1Score": {"threshold": 0.5}, "FBetaScore": {"threshold": 0.5}}
    return [getattr(metrics, name)(**settings.get(name, {})) for name in kinds]


@pytest.mark.parametrize("through_a_file", [False, True])
@pytest.mark.parametrize(
    ("network", "kinds"),
    [
        (
            of_classes,
            [
                "SparseCategoricalAccuracy",
                "SparseTopKCategoricalAccuracy",
                "SparseCategoricalCrossentropy",
                "F1Score",
                "FBetaScore",
                "ConfusionMatrix",
                "Precision",
                "AUC",
            ],
        ),
        (
            of_one_output,
            [
                *["BinaryAccuracy", "F1Score", "R2Score", "MeanSquaredError", "LogCoshError"],
                *["RootMeanSquaredError", "MeanAbsoluteError", "Hinge", "SquaredHinge"],
                *["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"],
                *["Precision", "Recall", "AUC", "ConfusionMatrix", "BinaryCrossentropy"],
                *["MeanAbsolutePercentageError", "CosineSimilarity"],
            ],
        ),
    ],
)
def test_every_figure_is_that_of_the_run_that_was_not_stopped(
    network, kinds, through_a_file, tmp_path
):
    whole, x, y = network(made(kinds))
    whole.fit(x, y, **SETTINGS)
    parts, _, _ = network(made(kinds))
    with pytest.raises(KeyboardInterrupt):
        parts.fit(x, y, callbacks=[CtrlC()], **SETTINGS)
    assert parts.progress["batch"] == 3
    if through_a_file:
        parts.save(tmp_path / "model")
        parts = pellucid.load(tmp_path / "model")
    parts.fit(x, y, resume=True, **SETTINGS)
    assert list(parts.history.history) == list(whole.history.history)
    for name, figures in whole.history.history.items():
        assert np.array_equal(parts.history.history[name], figures), name


def test_metrics_by_name_suit_the_loss_after_loading_too(tmp_path):
    x, y = data(40)
    measured = {"metrics": ["auc", "accuracy"], "weighted_metrics": ["precision"]}
    model = linear(1, BinaryCrossentropy(from_logits=True), **measured)
    expected = model.evaluate(x, y > 0, verbose=0)
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    assert loaded.metric_names == ["auc", "accuracy"]
    assert loaded.weighted_metric_names == ["precision"]
    assert loaded.evaluate(x, y > 0, verbose=0) == expected
    assert loaded.metrics[0].from_logits is True


def test_a_loss_as_a_metric_comes_back(tmp_path):
    x, y = data(40)
    loss = SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    model = make(metrics=[loss, LossMetric("multi_class_hinge", "margin")])
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == expected
    assert list(expected) == ["loss", "sparse_categorical_crossentropy", "margin"]
