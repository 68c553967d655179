"""Floor 4: layers, which are parameters with a shape rule, around gates."""

from pellucid.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from pellucid.layers.convolution import Conv1D, Conv2D
from pellucid.layers.core import Dense, Flatten, Reshape
from pellucid.layers.depthwise import DepthwiseConv2D, SeparableConv2D
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
from pellucid.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from pellucid.layers.resizing import (
    Cropping1D,
    Cropping2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from pellucid.layers.symbol import Input, Symbol
from pellucid.layers.transposed import Conv2DTranspose

__all__ = [
    "ELU",
    "Activation",
    "Add",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "Normalization",
    "Parameter",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SeparableConv2D",
    "Softmax",
    "Symbol",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "registry",
]
