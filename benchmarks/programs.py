"""The recipes of the accuracy page, each a whole program of Pellucid: network, compile, fit.

They take the data that `pellucid.data.load` gives and return the trained model, whose `history` has
the accuracy on the test images after every epoch. No program looks at it to decide anything. The
page shows them as they stand here; what they have to reach is in `recipes.py`.
"""

import math

from pellucid import Sequential
from pellucid.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    RandomFlip,
    RandomTranslation,
    Rescaling,
)
from pellucid.losses import MultiClassHinge, SparseCategoricalCrossentropy
from pellucid.optimizers import SGD, Adam
from pellucid.regularizers import L2
from pellucid.schedules import CosineDecay, OneCycle

from_scores = SparseCategoricalCrossentropy(from_logits=True)


def mnist_dense(mnist):
    """One hidden layer, and Adam as it comes. Pixels in 0 .. 2 train faster than in 0 .. 1."""
    model = Sequential([Rescaling(2 / 255), Flatten(), Dense(100, "relu"), Dense(10)])
    model.compile(Adam(0.001), from_scores, metrics=["accuracy"])
    test = mnist.x_test, mnist.y_test
    model.fit(mnist.x_train, mnist.y_train, batch_size=50, epochs=10, validation_data=test)
    return model


def mnist_conv(mnist):
    """Two convolutions; the learning rate rises and falls once, so that five epochs suffice."""
    layers = [Rescaling(1 / 255)]
    for filters in (32, 64):
        layers += [Conv2D(filters, 3, activation="relu", kernel_initializer="he_normal")]
        layers += [MaxPooling2D(2)]
    model = Sequential([*layers, Flatten(), Dropout(0.5), Dense(10)])
    batch, epochs = 64, 5
    steps = epochs * math.ceil(len(mnist.x_train) / batch)
    model.compile(Adam(OneCycle(0.003, steps)), from_scores, metrics=["accuracy"])
    test = mnist.x_test, mnist.y_test
    model.fit(mnist.x_train, mnist.y_train, batch, epochs, validation_data=test)
    return model


def fashion_dense(fashion):
    """Three hidden layers."""
    hidden = [Dense(units, "relu") for units in (256, 128, 64)]
    model = Sequential([Rescaling(1 / 255), Flatten(), *hidden, Dense(10)])
    batch, epochs = 128, 10
    steps = epochs * math.ceil(len(fashion.x_train) / batch)
    model.compile(Adam(OneCycle(0.002, steps)), from_scores, metrics=["accuracy"])
    test = fashion.x_test, fashion.y_test
    model.fit(fashion.x_train, fashion.y_train, batch, epochs, validation_data=test)
    return model


def fashion_conv(fashion):
    """Three convolutions. What is pooled first costs a quarter to normalise and to rectify.

    The moving averages forget faster than by default (0.99): the training is short.
    """
    layers = [Rescaling(1 / 255)]
    for filters in (32, 64, 96):
        layers += [Conv2D(filters, 3, padding="same", use_bias=False), MaxPooling2D(2)]
        layers += [BatchNormalization(momentum=0.9), Activation("relu")]
    model = Sequential([*layers, Flatten(), Dropout(0.3), Dense(10)])
    batch, epochs = 128, 4
    steps = epochs * math.ceil(len(fashion.x_train) / batch)
    model.compile(Adam(OneCycle(0.005, steps)), from_scores, metrics=["accuracy"])
    test = fashion.x_test, fashion.y_test
    model.fit(fashion.x_train, fashion.y_train, batch, epochs, validation_data=test)
    return model


def cifar_svm(cifar):
    """A linear classifier with the hinge of all classes: a support vector machine."""
    prepare = [Rescaling(1 / 255, offset=-0.5), Flatten()]
    model = Sequential([*prepare, Dense(10, kernel_regularizer=L2(0.1))])
    batch, epochs = 200, 60
    steps = epochs * math.ceil(len(cifar.x_train) / batch)
    optimizer = SGD(CosineDecay(0.001, steps), momentum=0.9)
    model.compile(optimizer, MultiClassHinge(), metrics=["accuracy"])
    test = cifar.x_test, cifar.y_test
    model.fit(cifar.x_train, cifar.y_train, batch, epochs, validation_data=test)
    return model


def cifar_conv(cifar):
    """Six convolutions with batch norm; each image is mirrored and moved by chance, up to 4 pixels.

    It is moved after it was centred, so what comes in from outside is the mean grey, 0.
    """
    moved = RandomTranslation(4 / 32, 4 / 32, fill_mode="constant", interpolation="nearest")
    layers = [Rescaling(1 / 255, offset=-0.5), RandomFlip("horizontal"), moved]
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [Conv2D(filters, 3, padding="same", use_bias=False)]
            layers += [BatchNormalization(momentum=0.9), Activation("relu")]
        layers += [MaxPooling2D(2)]
    model = Sequential([*layers, Flatten(), Dense(10)])
    batch, epochs = 50, 12
    steps = epochs * math.ceil(len(cifar.x_train) / batch)
    model.compile(Adam(OneCycle(0.003, steps)), from_scores, metrics=["accuracy"])
    test = cifar.x_test, cifar.y_test
    model.fit(cifar.x_train, cifar.y_train, batch, epochs, validation_data=test)
    return model


def ten_layers(mnist, activation, initializer):
    """Ten hidden layers and plain gradient descent: all depends on how they begin.

    A sigmoid's slope is at most 1/4, and through ten layers next to nothing of a gradient is left.
    With relu and He's weights it keeps its size (He et al. 2015).
    """
    hidden = [Dense(100, activation, kernel_initializer=initializer) for _ in range(10)]
    model = Sequential([Rescaling(1 / 255), Flatten(), *hidden, Dense(10)])
    model.compile(SGD(0.02), from_scores, metrics=["accuracy"])
    test = mnist.x_test, mnist.y_test
    model.fit(mnist.x_train, mnist.y_train, batch_size=128, epochs=5, validation_data=test)
    return model
