"""Networks of every make, with data on which each makes the same steps wherever it is loaded."""

import numpy as np

import pellucid
from pellucid import Model, Sequential, nn
from pellucid.constraints import MaxNorm
from pellucid.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    Normalization,
)
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.optimizers import SGD, Adam, Muon, RMSprop
from pellucid.regularizers import L1L2
from pellucid.schedules import CosineDecay, InverseTimeDecay


class Scale(Layer):
    """A layer of one's own, with a setting and a weight."""

    def __init__(self, start=1.0, **settings):
        super().__init__(**settings)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x):
        return x * self.factor * self.start


class OwnCall(Model):
    """A model of one's own, built on its first data, that says what its settings are."""

    def __init__(self, units=5, **settings):
        super().__init__(**settings)
        self.units = units
        self.hidden, self.drop, self.out = Dense(units, "relu"), Dropout(0.5), Dense(3)

    def call(self, x, training=False):
        return self.out(self.drop(self.hidden(x), training=training))

    def get_config(self):
        return {"units": self.units, "name": self.name}


def bent(z):
    """An activation of one's own."""
    return nn.tanh(z) + 0.1 * z


def squares(y, z):
    """A loss of one's own."""
    return nn.mean(nn.squared_error(z, y.reshape(-1, 1)), axis=-1)


def offset(y, z):
    """A metric of one's own."""
    return z[:, 0] - y


def halving(step):
    """A schedule of one's own."""
    return 0.1 / 2**step


def shrink(W, m):
    """A regulariser of one's own."""
    return nn.sum(W * W) / m


def capped(W):
    """A constraint of one's own."""
    return W.clip(-0.3, 0.3)


THINGS = (Scale, OwnCall, bent, squares, offset, halving, shrink, capped)
OWN = {thing.__name__: thing for thing in THINGS}
CROSS_ENTROPY = SparseCategoricalCrossentropy(from_logits=True)


def stack():
    model = Sequential(
        [Normalization(axis=None), Dense(5, "relu", name="first"), Dropout(0.5), Dense(3)]
    )
    model.layers[0].adapt(inputs())
    model.compile(Adam(0.01), CROSS_ENTROPY, ["accuracy"])
    return model


def images():
    model = Sequential(
        [
            Input((4, 4, 1)),
            Conv2D(3, 3, strides=2, padding="same", use_bias=False, name="conv"),
            BatchNormalization(),
            Activation("relu"),
            Flatten(),
            Dense(3, kernel_regularizer=L1L2(0.01, 0.01), kernel_initializer="he_normal"),
        ],
        name="images",
    )
    model.compile(RMSprop(0.01, momentum=0.9, centered=True), CROSS_ENTROPY)
    return model


def graph():
    """A shared layer, a stack used twice inside, and a frozen layer."""
    x, shared = Input((16,)), Dense(4, "tanh", name="shared")
    inner = Sequential([Input((4,)), Dense(4), Dropout(0.2)], name="inner")
    a = shared(Dense(16, trainable=False)(x))
    model = Model(x, Dense(3)(Add()([shared(x), inner(inner(a))])), name="graph")
    rate = InverseTimeDecay(0.1, decay_steps=2, decay_rate=0.5)
    model.compile(SGD(rate, momentum=0.9, nesterov=True), CROSS_ENTROPY, ["accuracy"])
    return model


def everything():
    """All that may stand around an optimiser's rule, constraints, and rates by layer."""
    model = Sequential(
        [
            Input((16,)),
            Dense(5, "tanh", kernel_constraint=MaxNorm(1.0), learning_rate_multiplier=0.5),
            Dense(4, "tanh", bias_constraint="non_neg"),
            Dense(3, name="out"),
        ]
    )
    around = {"global_clipnorm": 0.5, "use_ema": True, "ema_overwrite_frequency": 2}
    optimizer = Muon(
        *(CosineDecay(0.1, 20, warmup_target=0.2, warmup_steps=3),),
        **around,
        exclude_layers=["out"],
        gradient_accumulation_steps=2,
    )
    optimizer.exclude_from_weight_decay([model.layers[0].bias], ["out"])
    model.compile(optimizer, CROSS_ENTROPY)
    return model


def own():
    layer = Dense(4, bent, kernel_regularizer=shrink, kernel_constraint=capped)
    model = Sequential([Input((16,)), layer, Scale(0.5), Dense(1)])
    model.compile(SGD(halving), squares, [offset, "mae"])
    return model


def own_call():
    model = OwnCall(4)
    model.compile("adam", CROSS_ENTROPY)
    return model


def in_float64():
    pellucid.set_floatx("float64")
    try:
        return stack()
    finally:
        pellucid.set_floatx("float32")


KINDS = (stack, images, graph, everything, own, own_call, in_float64)
MAKERS = {maker.__name__: maker for maker in KINDS}


def inputs(shape=(16,)):
    return np.random.default_rng(5).normal(size=(20, *shape))


def steps(model, n=3):
    """Some steps on the same data; gives what there was to see."""
    x = inputs((4, 4, 1) if model.name == "images" else (16,))
    y = np.arange(20) % 3
    return [np.array(model.train_on_batch(x, y)) for _ in range(n)] + [model.predict(x)]
