"""Stacks of layers that PyTorch has modules for, and their arrays in its order."""

import numpy as np
import pytest
import torch

from pellucid import Input, Sequential, clone_model
from pellucid import layers as L

IMAGES, SEQUENCES, VECTORS = (9, 8, 3), (10, 4), (6,)
STACKS = {
    "dense": (VECTORS, [L.Dense(5, "relu"), L.Dense(4, "softmax", use_bias=False)]),
    "convolutions": (
        IMAGES,
        [
            L.Rescaling(0.5, -1.0),
            L.Conv2D(6, 3, padding="same", strides=2, activation="relu"),
            L.BatchNormalization(),
            L.Conv2D(8, (3, 2), dilation_rate=(1, 2), padding="same", groups=2),
            L.Activation("silu"),
            L.MaxPooling2D((2, 1)),
            L.Flatten(),
            L.Dropout(0.3),
            L.BatchNormalization(scale=False),
            L.Dense(5),
            L.LayerNormalization(),
        ],
    ),
    "depthwise": (
        IMAGES,
        [
            L.DepthwiseConv2D(3, strides=(2, 1), padding="same", depth_multiplier=2),
            L.LeakyReLU(),
            L.MaxPooling2D(3, strides=2, padding="same"),
            L.GlobalAveragePooling2D(),
        ],
    ),
    "means": (IMAGES, [L.ZeroPadding2D(((1, 0), (2, 1))), L.AveragePooling2D(2), L.Flatten()]),
    "means at the edge": (IMAGES, [L.AveragePooling2D(3, strides=1, padding="same")]),
    "sequences": (
        SEQUENCES,
        [
            L.Conv1D(6, 3, padding="causal", activation="tanh"),
            L.ZeroPadding1D((1, 2)),
            L.Conv1D(4, 2, strides=2, padding="same"),
            L.SpatialDropout1D(0.2),
            L.MaxPooling1D(2),
            L.AveragePooling1D(2, strides=1),
            L.GlobalMaxPooling1D(keepdims=True),
            L.Flatten(),
            L.ReLU(max_value=6),
            L.ELU(0.5),
            L.GELU(approximate=True),
            L.Softmax(),
        ],
    ),
    "a stack in a stack": (VECTORS, [L.Normalization(), Sequential([L.Dense(3), L.ReLU()])]),
    "statistics behind a flatten": (IMAGES, [L.Flatten(), L.Normalization(), L.Dense(2)]),
}
every_stack = pytest.mark.parametrize("name", STACKS)


def build(name, rng):
    """The stack in float64, every weight a random number that is fit for a variance."""
    shape, layers = STACKS[name]
    for layer in (each for made in layers for each in made.all_layers()):
        layer.dtype = "float64"
    stack = Sequential([Input(shape, dtype="float64")], dtype="float64")
    for layer in layers:
        stack.add(clone_model(Sequential([layer])).layers[0])
    for p in stack.weights:
        p.assign(rng.uniform(0.5, 1.5, p.shape))
    return stack


def theirs(x):
    """Images and sequences with the channels second."""
    return torch.tensor(np.moveaxis(x, -1, 1).copy())


def ours(output):
    """An output of PyTorch's with the channels last."""
    return np.moveaxis(output.detach().numpy(), 1, -1)
