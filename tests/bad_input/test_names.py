"""Names that are not known: each is answered with the nearest, or with all that there are."""

import numpy as np
import pytest

from pellucid import Sequential, data, initializers, layers, losses, metrics, optimizers
from pellucid.errors import DataError, SettingError
from pellucid.layers import Activation, Conv2D, Dense

from ..saying import says

X, Y = np.zeros((8, 4)), np.zeros(8)


def compile(optimizer="sgd", loss="mse", **settings):
    Sequential([Dense(1)]).compile(optimizer, loss, **settings)


def test_an_optimiser():
    text = "optimizer: expected a known optimizer; got 'adm'. Did you mean 'Adam'?"
    with says(SettingError, text):
        compile("adm")


def test_a_loss():
    with says(SettingError, "loss: expected a known loss; got 'mes'. Did you mean 'mse'?"):
        compile(loss="mes")


def test_a_metric():
    text = "metric: expected a known metric; got 'acuracy'. Did you mean 'accuracy'?"
    with says(SettingError, text):
        compile(metrics=["acuracy"])


def test_a_weighted_metric():
    text = "metric: expected a known metric; got 'precison'. Did you mean 'Precision'?"
    with says(SettingError, text):
        compile(weighted_metrics=["precison"])


def test_an_activation():
    text = "activation: expected a known activation; got 'rleu'. Did you mean 'relu'?"
    with says(SettingError, text):
        Dense(2, activation="rleu")


def test_an_activation_as_a_layer():
    text = "activation: expected a known activation; got 'tahn'. Did you mean 'tanh'?"
    with says(SettingError, text):
        Activation("tahn")


def test_a_layer():
    with says(SettingError, "layer: expected a known layer; got 'Dens'. Did you mean 'Dense'?"):
        layers.registry.get("Dens")


def test_an_initialiser():
    text = (
        "Dense, kernel_initializer: expected a known initializer; got 'glorot_unifrom'. "
        "Did you mean 'GlorotUniform'?"
    )
    with says(SettingError, text):
        Dense(2, kernel_initializer="glorot_unifrom")


def test_an_initialiser_of_a_bias():
    text = (
        "Conv2D, bias_initializer: expected a known initializer; got 'zero'. Did you mean 'Zeros'?"
    )
    with says(SettingError, text):
        Conv2D(2, 3, bias_initializer="zero")


def test_an_initialiser_of_a_normalisation():
    text = (
        "BatchNormalization, moving_mean_initializer: expected a known initializer; got "
        "'zeroes'. Did you mean 'Zeros'?"
    )
    with says(SettingError, text):
        layers.BatchNormalization(moving_mean_initializer="zeroes")


def test_a_regulariser():
    text = (
        "Dense, kernel_regularizer: expected a known regularizer; got 'l3'. There is: "
        "Frobenius, L1, L1L2, L2."
    )
    with says(SettingError, text):
        Dense(2, kernel_regularizer="l3")


def test_a_constraint():
    text = (
        "Embedding, embeddings_constraint: expected a known constraint; got 'maxnrom'. Did "
        "you mean 'MaxNorm'?"
    )
    with says(SettingError, text):
        layers.Embedding(9, 2, embeddings_constraint="maxnrom")


def test_a_schedule():
    text = "schedule: expected a known schedule; got 'cosine_decya'. Did you mean 'CosineDecay'?"
    with says(SettingError, text):
        optimizers.SGD("cosine_decya")


def test_a_schedule_without_its_settings():
    text = (
        "schedule: expected CosineDecay with its settings; got its name alone. Make one: "
        "CosineDecay(initial_learning_rate=..., decay_steps=...)."
    )
    with says(SettingError, text):
        optimizers.SGD("cosine_decay")


def test_a_padding():
    text = "Conv2D: expected padding 'valid' or 'same'; got 'smae'. Did you mean 'same'?"
    with says(SettingError, text):
        Conv2D(2, 3, padding="smae")


def test_an_interpolation():
    text = "UpSampling2D: expected interpolation 'nearest' or 'bilinear'; got 'cubic'. Choose one."
    with says(SettingError, text):
        layers.UpSampling2D(interpolation="cubic")


def test_a_reduction():
    text = (
        "MeanSquaredError: expected reduction 'sum_over_batch_size', 'mean', "
        "'mean_with_sample_weight', 'sum', 'none' or None; got 'men'. Did you mean 'mean'?"
    )
    with says(SettingError, text):
        losses.MeanSquaredError(reduction="men")


def test_a_way_to_average():
    text = (
        "F1Score: expected average None, 'micro', 'macro' or 'weighted'; got 'micr'. Did "
        "you mean 'micro'?"
    )
    with says(SettingError, text):
        metrics.F1Score(average="micr")


def test_a_mode_of_an_initialiser():
    text = (
        "VarianceScaling: expected mode 'fan_in', 'fan_out' or 'fan_avg'; got 'fan'. Did "
        "you mean 'fan_in'?"
    )
    with says(SettingError, text):
        initializers.VarianceScaling(mode="fan")


def test_a_data_set():
    text = (
        "data 'mnits': expected one of digits, mnist, fashion_mnist, cifar10, a folder of "
        "images, or an .npz file; got no such name, folder or file. Did you mean 'mnist'?"
    )
    with says(DataError, text):
        data.load("mnits")


def test_a_layer_of_a_model():
    with says(
        SettingError, "get_layer: expected the name of a layer; got 'dens'. Did you mean 'dense'?"
    ):
        Sequential([Dense(2)]).get_layer("dens")


def test_a_number_for_an_optimiser():
    text = (
        "optimizer: expected a name, or a thing itself; got 0.1. "
        "Write a name in quotes, or make the thing."
    )
    with says(SettingError, text):
        compile(0.1)


def test_nothing_for_an_optimiser():
    text = "optimizer: expected an optimizer, or its name; got NoneType. Try 'adam'."
    with says(SettingError, text):
        compile(None)


def test_a_loss_for_an_optimiser():
    text = "optimizer: expected an optimizer, or its name; got MeanSquaredError. Try 'adam'."
    with says(SettingError, text):
        compile(losses.MeanSquaredError())


def test_a_number_for_a_loss():
    text = (
        "loss: expected a name, or a thing itself; got 3. "
        "Write a name in quotes, or make the thing."
    )
    with says(SettingError, text):
        compile(loss=3)


def test_a_list_of_losses():
    text = (
        "loss: expected a name, or a thing itself; got ['mse', 'mae']. "
        "Write a name in quotes, or make the thing."
    )
    with says(SettingError, text):
        compile(loss=["mse", "mae"])


def test_a_number_for_a_metric():
    with says(
        SettingError,
        "metric: expected a name, or a thing itself; got 3. "
        "Write a name in quotes, or make the thing.",
    ):
        compile(metrics=[3])


def test_a_number_for_an_activation():
    with says(
        SettingError,
        "activation: expected a name, or a thing itself; got 3. "
        "Write a name in quotes, or make the thing.",
    ):
        Dense(2, activation=3)


def test_a_number_for_a_regulariser():
    text = (
        "Dense, kernel_regularizer: expected a name, or a thing itself; got 0.1. "
        "Write a name in quotes, or make the thing."
    )
    with says(SettingError, text):
        Dense(2, kernel_regularizer=0.1)


def test_settings_without_a_name():
    text = (
        "Dense, kernel_initializer: expected a dictionary with 'class' and 'config'; got "
        "the keys 'mean'. Give the thing itself, or its name."
    )
    with says(SettingError, text):
        Dense(2, kernel_initializer={"mean": 0.0})


def test_a_number_for_a_layer():
    text = (
        "Sequential: expected layers; got 3. Make one: Dense(10), say; a function is one "
        "as Activation(function)."
    )
    with says(SettingError, text):
        Sequential([3])


def test_a_layer_that_is_in_no_list():
    text = "Sequential: expected a list of layers; got one. Write Sequential([layer])."
    with says(SettingError, text):
        Sequential(Dense(3))


def test_a_model_is_compiled_as_before_after_a_name_that_is_not_known():
    model = Sequential([Dense(1)])
    model.compile("adam", "mae", metrics=["mse"])
    model.fit(X, Y, verbose=0)
    before = model.optimizer, model.loss, model.optimizer.iterations
    for bad in ({"loss": "mes"}, {"optimizer": "adm"}, {"loss": "mse", "metrics": ["acuracy"]}):
        with pytest.raises(SettingError):
            model.compile(**{"optimizer": "sgd", **bad})
        assert before == (model.optimizer, model.loss, model.optimizer.iterations)
        assert model.metric_names == ["mse"]
