"""Small networks of every make: each function gives a new model with weights of its own."""

from pellucid import Model, Sequential
from pellucid.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
)


def stack():
    return Sequential([Input((4,)), Dense(5, activation="relu"), Dropout(0.5), Dense(3)])


def images():
    return Sequential(
        [
            Input((6, 6, 2)),
            Conv2D(3, 3, padding="same", use_bias=False),
            BatchNormalization(),
            Activation("relu"),
            MaxPooling2D(),
            Flatten(),
            Dense(3, name="scores"),
        ]
    )


def residual():
    x = Input((4,))
    a = Dense(5, activation="relu", name="stem")(x)
    h = Dense(5, activation="tanh", name="inner")(a)
    return Model(x, Dense(3, name="scores")(Add()([a, Dense(5, name="outer")(h)])), name="residual")


def siamese():
    """Two inputs through one shared layer, and two outputs."""
    left, right = Input((4,), name="left"), Input((4,), name="right")
    shared = Dense(5, activation="tanh", name="shared")
    both = Concatenate()([shared(left), shared(right)])
    return Model([left, right], [Dense(3)(both), Dense(1)(both)])


def nested():
    """A stack and a graph as layers of a graph; the stack is used twice."""
    x, inner = Input((4,)), Input((3,))
    stem = Sequential([Input((4,)), Dense(4, "tanh"), Dense(4)], name="stem")
    head = Model(inner, Add()([inner, Dense(3)(inner)]), name="head")
    return Model(x, head(Dense(3)(stem(stem(x)))))


class OwnCall(Model):
    """Keeps layers as attributes and says itself how they are joined."""

    def __init__(self, units=5, **settings):
        super().__init__(**settings)
        self.units = units
        self.hidden = Dense(units, activation="relu")
        self.drop = Dropout(0.5)
        self.out = Dense(3)

    def call(self, x, training=False):
        return self.out(self.drop(self.hidden(x), training=training))
