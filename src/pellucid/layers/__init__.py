"""Floor 4: layers, which are parameters with a shape rule, around gates."""

from pellucid.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from pellucid.layers.augmentation import (
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomErasing,
    RandomFlip,
)
from pellucid.layers.augmentation_geometry import RandomRotation, RandomTranslation, RandomZoom
from pellucid.layers.augmentation_mixing import MixUp
from pellucid.layers.convolution import (
    AveragePooling2D,
    Conv2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from pellucid.layers.core import Dense, Flatten, Reshape
from pellucid.layers.dropout import Dropout
from pellucid.layers.joining import Add, Concatenate
from pellucid.layers.layer import Layer, registry
from pellucid.layers.normalization import (
    BatchNormalization,
    LayerNormalization,
    Normalization,
    Rescaling,
)
from pellucid.layers.parameter import Parameter
from pellucid.layers.symbol import Input, Symbol

__all__ = [
    "ELU",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling2D",
    "MixUp",
    "Normalization",
    "Parameter",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Symbol",
    "registry",
]
