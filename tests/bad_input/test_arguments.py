"""Arguments that a thing does not take: the nearest is named. Python says the rest itself."""

import inspect

import pytest

from pellucid import (
    Model,
    Sequential,
    callbacks,
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)
from pellucid.errors import SettingError
from pellucid.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer

from ..saying import says


class Open(Layer):
    """A layer of a user's own that looks for its settings itself."""

    def __init__(self, **settings):
        self.size = settings.pop("size")
        super().__init__(**settings)


class Closed(Layer):
    """One that lists them."""

    def __init__(self, size):
        super().__init__()
        self.size = size


def test_of_a_layer():
    with says(SettingError, "Dense: expected known arguments; got 'unit'. Did you mean 'units'?"):
        Dense(unit=3)


def test_of_a_layer_that_has_all_it_needs():
    text = "Dense: expected known arguments; got 'actvation'. Did you mean 'activation'?"
    with says(SettingError, text):
        Dense(3, actvation="relu")


def test_of_the_base_of_all_layers():
    text = "Flatten: expected known arguments; got 'trainible'. Did you mean 'trainable'?"
    with says(SettingError, text):
        Flatten(trainible=False)


def test_of_a_convolution():
    text = "Conv2D: expected known arguments; got 'kernelsize'. Did you mean 'kernel_size'?"
    with says(SettingError, text):
        Conv2D(3, kernelsize=3)


def test_of_a_normalisation():
    text = "BatchNormalization: expected known arguments; got 'momentun'. Did you mean 'momentum'?"
    with says(SettingError, text):
        BatchNormalization(momentun=0.9)


def test_of_dropout():
    with says(SettingError, "Dropout: expected known arguments; got 'rat'. Did you mean 'rate'?"):
        Dropout(rat=0.5)


def test_of_a_model():
    text = "Sequential: expected known arguments; got 'layer'. Did you mean 'layers'?"
    with says(SettingError, text):
        Sequential(layer=[])


def test_of_a_graph():
    with says(SettingError, "Model: expected known arguments; got 'input'. Did you mean 'inputs'?"):
        Model(input=None)


def test_of_an_optimiser():
    text = "Adam: expected known arguments; got 'learningrate'. Did you mean 'learning_rate'?"
    with says(SettingError, text):
        optimizers.Adam(learningrate=0.1)


def test_that_is_like_none():
    text = (
        "SGD: expected known arguments; got 'lr'. There is: clipnorm, clipvalue, "
        "ema_momentum, ema_overwrite_frequency, excluded_from_weight_decay, "
        "global_clipnorm, gradient_accumulation_steps, learning_rate, momentum, name, "
        "nesterov, use_ema, weight_decay."
    )
    with says(SettingError, text):
        optimizers.SGD(lr=0.1)


def test_of_a_loss():
    text = (
        "SparseCategoricalCrossentropy: expected known arguments; got 'from_logit'. Did "
        "you mean 'from_logits'?"
    )
    with says(SettingError, text):
        losses.SparseCategoricalCrossentropy(from_logit=True)


def test_of_a_metric():
    text = "AUC: expected known arguments; got 'num_threshold'. Did you mean 'num_thresholds'?"
    with says(SettingError, text):
        metrics.AUC(num_threshold=3)


def test_of_an_initialiser():
    text = "RandomNormal: expected known arguments; got 'sddev'. Did you mean 'stddev'?"
    with says(SettingError, text):
        initializers.RandomNormal(sddev=1)


def test_of_a_family_of_initialisers():
    with says(SettingError, "HeNormal: expected known arguments; got 'sed'. Did you mean 'seed'?"):
        initializers.HeNormal(sed=1)


def test_of_a_regulariser():
    with says(SettingError, "L2: expected known arguments; got 'l'. Did you mean 'l2'?"):
        regularizers.L2(l=1)


def test_of_a_constraint():
    text = "MaxNorm: expected known arguments; got 'maxvalue'. Did you mean 'max_value'?"
    with says(SettingError, text):
        constraints.MaxNorm(maxvalue=1)


def test_of_a_schedule():
    text = (
        "ExponentialDecay: expected known arguments; got 'decay_step'. Did you mean 'decay_steps'?"
    )
    with says(SettingError, text):
        schedules.ExponentialDecay(0.1, decay_step=3, decay_rate=0.1)


def test_of_a_callback():
    text = "EarlyStopping: expected known arguments; got 'patiense'. Did you mean 'patience'?"
    with says(SettingError, text):
        callbacks.EarlyStopping(patiense=3)


def test_of_a_layer_of_ones_own():
    with says(SettingError, "Closed: expected known arguments; got 'sise'. Did you mean 'size'?"):
        Closed(sise=3)


def test_what_is_missing_or_too_much_python_says_itself():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'"):
        Dense()
    with pytest.raises(TypeError, match="takes from 2 to 10 positional arguments but 12 were"):
        Dense(*range(1, 12))
    with pytest.raises(TypeError, match="multiple values for argument 'units'"):
        Dense(3, units=3)


def test_a_class_that_takes_any_argument_may():
    assert Open(size=3, name="mine").size == 3
    with pytest.raises(TypeError, match="unexpected keyword argument 'sise'"):
        Open(size=3, sise=3)


def test_the_signature_shows_every_argument():
    """It is what help() and editors show."""
    shown = inspect.signature(Dense).parameters
    assert list(shown)[:2] == ["units", "activation"]
    assert {"name", "trainable", "dtype", "learning_rate_multiplier"} < shown.keys()
    assert shown["name"].kind is shown["name"].KEYWORD_ONLY
    assert list(inspect.signature(optimizers.SGD).parameters)[:2] == ["learning_rate", "momentum"]
    assert list(inspect.signature(Dense(3)).parameters) == ["inputs", "training"]
    assert "settings" in inspect.signature(Open).parameters
