"""One or more cases for every layer: how it is made, and the shapes of what it is called on."""

from typing import NamedTuple

import numpy as np

from pellucid import constraints, layers, nn, regularizers


class Case(NamedTuple):
    """A layer's class with settings, its input shape (or a list of them), and the output's.

    With `numbers` the inputs are whole numbers below it, which take no gradient.
    """

    kind: type
    settings: dict
    input_shape: tuple | list
    output_shape: tuple
    numbers: int | None = None

    @property
    def name(self):
        settings = ",".join(f"{k}={v}" for k, v in self.settings.items() if not callable(v))
        return f"{self.kind.__name__}({settings}){self.input_shape}".replace(" ", "")

    @property
    def several(self):
        return isinstance(self.input_shape, list)

    @property
    def shapes(self):
        return self.input_shape if self.several else [self.input_shape]

    def make(self, **settings):
        return self.kind(**self.settings, **settings)

    def inputs(self, rng, N=3, dtype="float64"):
        """Random numbers; a list of arrays where the layer takes several."""
        if self.numbers is not None:
            return rng.integers(0, self.numbers, (N, *self.input_shape))
        found = [rng.normal(size=(N, *shape)).astype(dtype) for shape in self.shapes]
        return found if self.several else found[0]

    @property
    def symbolic_shape(self):
        """The input shape with None for the batch."""
        found = [(None, *shape) for shape in self.shapes]
        return found if self.several else found[0]


IMAGE = (7, 6, 4)
SEQUENCE = (7, 4)

CASES = [
    Case(layers.Dense, {"units": 5}, (4,), (5,)),
    Case(layers.Dense, {"units": 2, "activation": "tanh", "use_bias": False}, (3, 4), (3, 2)),
    Case(
        layers.Dense,
        {
            "units": 3,
            "activation": nn.softplus,
            "kernel_initializer": "he_normal",
            "bias_initializer": "random_normal",
            "kernel_regularizer": regularizers.L2(0.1),
            "bias_regularizer": "l1",
            "kernel_constraint": constraints.MaxNorm(1.5),
            "bias_constraint": "non_neg",
        },
        (4,),
        (3,),
    ),
    Case(layers.Dense, {"units": 6, "activation": "glu"}, (4,), (3,)),
    Case(layers.Flatten, {}, (3, 2, 4), (24,)),
    Case(layers.Flatten, {}, (), (1,)),
    Case(layers.Reshape, {"target_shape": (2, 6)}, (3, 4), (2, 6)),
    Case(layers.Reshape, {"target_shape": (-1, 2, 3)}, (3, 4), (2, 2, 3)),
    Case(layers.Permute, {"dims": (2, 1)}, (3, 4), (4, 3)),
    Case(layers.Permute, {"dims": (3, 1, 2)}, (3, 4, 2), (2, 3, 4)),
    Case(layers.RepeatVector, {"n": 3}, (4,), (3, 4)),
    Case(layers.Embedding, {"input_dim": 7, "output_dim": 3}, (5,), (5, 3), 7),
    Case(
        layers.Embedding,
        {
            "input_dim": 4,
            "output_dim": 2,
            "embeddings_initializer": "ones",
            "embeddings_regularizer": "l2",
        },
        (),
        (2,),
        4,
    ),
    Case(layers.Activation, {"activation": "sigmoid"}, (4,), (4,)),
    Case(layers.Activation, {"activation": nn.gelu}, (2, 4), (2, 4)),
    Case(layers.Activation, {"activation": "glu"}, (2, 6), (2, 3)),
    Case(layers.ReLU, {}, (4,), (4,)),
    Case(layers.ReLU, {"max_value": 1.5, "negative_slope": 0.1, "threshold": 0.5}, (4, 3), (4, 3)),
    Case(layers.LeakyReLU, {"negative_slope": 0.1}, (4,), (4,)),
    Case(layers.PReLU, {}, (4,), (4,)),
    Case(
        layers.PReLU,
        {"alpha_initializer": "ones", "alpha_regularizer": "l1", "shared_axes": [1, 2]},
        (3, 2, 4),
        (3, 2, 4),
    ),
    Case(layers.PReLU, {"shared_axes": 2}, (3, 4), (3, 4)),
    Case(layers.ELU, {"alpha": 0.7}, (4,), (4,)),
    Case(layers.GELU, {}, (4,), (4,)),
    Case(layers.GELU, {"approximate": True}, (4, 3), (4, 3)),
    Case(layers.Softmax, {}, (4,), (4,)),
    Case(layers.Softmax, {"axis": 1}, (4, 3), (4, 3)),
    Case(layers.Conv2D, {"filters": 5, "kernel_size": 3}, IMAGE, (5, 4, 5)),
    Case(
        layers.Conv2D,
        {
            "filters": 6,
            "kernel_size": (3, 2),
            "strides": (2, 1),
            "padding": "same",
            "dilation_rate": (1, 2),
            "groups": 2,
            "activation": "tanh",
            "kernel_regularizer": "l2",
            "kernel_constraint": constraints.UnitNorm(axis=(0, 1, 2)),
            "bias_constraint": "max_norm",
        },
        IMAGE,
        (4, 6, 6),
    ),
    Case(
        layers.Conv2D,
        {"filters": 4, "kernel_size": 1, "groups": 4, "use_bias": False},
        IMAGE,
        (7, 6, 4),
    ),
    Case(layers.Conv2D, {"filters": 6, "kernel_size": 3, "activation": "glu"}, IMAGE, (5, 4, 3)),
    Case(layers.Conv1D, {"filters": 5, "kernel_size": 3}, SEQUENCE, (5, 5)),
    Case(
        layers.Conv1D,
        {
            "filters": 6,
            "kernel_size": (3,),
            "strides": 2,
            "padding": "same",
            "dilation_rate": 2,
            "groups": 2,
            "activation": "tanh",
            "bias_regularizer": "l1",
        },
        SEQUENCE,
        (4, 6),
    ),
    Case(
        layers.Conv1D,
        {"filters": 2, "kernel_size": 3, "padding": "causal", "use_bias": False},
        SEQUENCE,
        (7, 2),
    ),
    Case(layers.DepthwiseConv2D, {"kernel_size": 3}, IMAGE, (5, 4, 4)),
    Case(
        layers.DepthwiseConv2D,
        {
            "kernel_size": (3, 2),
            "strides": (2, 1),
            "padding": "same",
            "depth_multiplier": 2,
            "dilation_rate": (1, 2),
            "activation": "tanh",
            "depthwise_initializer": "he_normal",
            "depthwise_regularizer": "l2",
        },
        IMAGE,
        (4, 6, 8),
    ),
    Case(layers.DepthwiseConv2D, {"kernel_size": 2, "use_bias": False}, (4, 4, 16), (3, 3, 16)),
    Case(layers.SeparableConv2D, {"filters": 3, "kernel_size": 3}, IMAGE, (5, 4, 3)),
    Case(
        layers.SeparableConv2D,
        {
            "filters": 5,
            "kernel_size": (2, 3),
            "strides": (1, 2),
            "padding": "same",
            "dilation_rate": (2, 1),
            "depth_multiplier": 2,
            "activation": "tanh",
            "use_bias": False,
            "depthwise_initializer": "he_normal",
            "pointwise_initializer": "lecun_normal",
            "depthwise_regularizer": "l2",
            "pointwise_regularizer": "l1",
        },
        IMAGE,
        (7, 3, 5),
    ),
    Case(layers.Conv2DTranspose, {"filters": 3, "kernel_size": 3}, (4, 3, 2), (6, 5, 3)),
    Case(
        layers.Conv2DTranspose,
        {
            "filters": 2,
            "kernel_size": (3, 2),
            "strides": (2, 1),
            "padding": "same",
            "dilation_rate": (1, 2),
            "activation": "tanh",
            "kernel_regularizer": "l2",
        },
        (4, 3, 2),
        (8, 3, 2),
    ),
    Case(
        layers.Conv2DTranspose,
        {
            "filters": 2,
            "kernel_size": 2,
            "strides": (3, 2),
            "use_bias": False,
            "output_padding": (0, 1),
        },
        (3, 2, 2),
        (8, 5, 2),
    ),
    Case(layers.MaxPooling2D, {}, IMAGE, (3, 3, 4)),
    Case(
        layers.MaxPooling2D,
        {"pool_size": 3, "strides": 2, "padding": "same"},
        IMAGE,
        (4, 3, 4),
    ),
    Case(layers.AveragePooling2D, {"pool_size": (2, 3)}, IMAGE, (3, 2, 4)),
    Case(
        layers.AveragePooling2D,
        {"pool_size": 3, "strides": (2, 1), "padding": "same"},
        IMAGE,
        (4, 6, 4),
    ),
    Case(layers.GlobalAveragePooling2D, {}, IMAGE, (4,)),
    Case(layers.GlobalAveragePooling2D, {"keepdims": True}, IMAGE, (1, 1, 4)),
    Case(layers.GlobalMaxPooling2D, {}, IMAGE, (4,)),
    Case(layers.GlobalMaxPooling2D, {"keepdims": True}, IMAGE, (1, 1, 4)),
    Case(layers.MaxPooling1D, {}, SEQUENCE, (3, 4)),
    Case(layers.MaxPooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, SEQUENCE, (4, 4)),
    Case(layers.AveragePooling1D, {"pool_size": (3,)}, SEQUENCE, (2, 4)),
    Case(
        layers.AveragePooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, SEQUENCE, (4, 4)
    ),
    Case(layers.GlobalAveragePooling1D, {}, SEQUENCE, (4,)),
    Case(layers.GlobalAveragePooling1D, {"keepdims": True}, SEQUENCE, (1, 4)),
    Case(layers.GlobalMaxPooling1D, {}, SEQUENCE, (4,)),
    Case(layers.GlobalMaxPooling1D, {"keepdims": True}, SEQUENCE, (1, 4)),
    Case(layers.ZeroPadding1D, {}, SEQUENCE, (9, 4)),
    Case(layers.ZeroPadding1D, {"padding": (0, 3)}, SEQUENCE, (10, 4)),
    Case(layers.ZeroPadding2D, {}, IMAGE, (9, 8, 4)),
    Case(layers.ZeroPadding2D, {"padding": 2}, IMAGE, (11, 10, 4)),
    Case(layers.ZeroPadding2D, {"padding": (0, 1)}, IMAGE, (7, 8, 4)),
    Case(layers.ZeroPadding2D, {"padding": ((1, 0), (2, 3))}, IMAGE, (8, 11, 4)),
    Case(layers.Cropping1D, {}, SEQUENCE, (5, 4)),
    Case(layers.Cropping1D, {"cropping": (0, 6)}, SEQUENCE, (1, 4)),
    Case(layers.Cropping2D, {}, IMAGE, IMAGE),
    Case(layers.Cropping2D, {"cropping": ((1, 0), (2, 3))}, IMAGE, (6, 1, 4)),
    Case(layers.UpSampling1D, {}, SEQUENCE, (14, 4)),
    Case(layers.UpSampling1D, {"size": 3}, SEQUENCE, (21, 4)),
    Case(layers.UpSampling2D, {}, IMAGE, (14, 12, 4)),
    Case(layers.UpSampling2D, {"size": (3, 1)}, IMAGE, (21, 6, 4)),
    Case(layers.UpSampling2D, {"interpolation": "bilinear"}, IMAGE, (14, 12, 4)),
    Case(layers.UpSampling2D, {"size": (1, 3), "interpolation": "bilinear"}, (2, 1, 3), (2, 3, 3)),
    Case(layers.Dropout, {"rate": 0.4}, (4,), (4,)),
    Case(layers.Dropout, {"rate": 0.4, "noise_shape": (None, 1, 3), "seed": 5}, (4, 3), (4, 3)),
    Case(layers.AlphaDropout, {"rate": 0.4}, (4,), (4,)),
    Case(layers.AlphaDropout, {"rate": 0.2, "noise_shape": (None, 1), "seed": 5}, (4,), (4,)),
    Case(layers.GaussianDropout, {"rate": 0.4}, (4,), (4,)),
    Case(layers.GaussianDropout, {"rate": 0.2, "seed": 5}, (4, 3), (4, 3)),
    Case(layers.SpatialDropout1D, {"rate": 0.4}, (5, 4), (5, 4)),
    Case(layers.SpatialDropout2D, {"rate": 0.4}, (3, 2, 8), (3, 2, 8)),
    Case(layers.SpatialDropout2D, {"rate": 0.2, "data_format": "channels_last"}, IMAGE, IMAGE),
    Case(layers.GaussianNoise, {"stddev": 0.4}, (4,), (4,)),
    Case(layers.GaussianNoise, {"stddev": 0.4, "seed": 5}, (4, 3), (4, 3)),
    Case(layers.RandomFlip, {}, IMAGE, IMAGE),
    Case(layers.RandomFlip, {"mode": "vertical", "seed": 5}, IMAGE, IMAGE),
    Case(layers.RandomCrop, {"height": 4, "width": 5}, IMAGE, (4, 5, 4)),
    Case(layers.RandomCrop, {"height": 8, "width": 3, "seed": 5}, IMAGE, (8, 3, 4)),
    Case(
        layers.RandomTranslation,
        {"height_factor": 0.3, "width_factor": (-0.1, 0.4)},
        IMAGE,
        IMAGE,
    ),
    Case(
        layers.RandomTranslation,
        {"height_factor": 0.3, "width_factor": 0.2, "fill_mode": "wrap", "seed": 5},
        IMAGE,
        IMAGE,
    ),
    Case(layers.RandomRotation, {"factor": 0.3}, IMAGE, IMAGE),
    Case(
        layers.RandomRotation,
        {"factor": (0.1, 0.4), "fill_mode": "constant", "fill_value": 1.5, "seed": 5},
        IMAGE,
        IMAGE,
    ),
    Case(layers.RandomZoom, {"height_factor": 0.3}, IMAGE, IMAGE),
    Case(
        layers.RandomZoom,
        {"height_factor": 0.3, "width_factor": (-0.5, -0.2), "interpolation": "nearest"},
        IMAGE,
        IMAGE,
    ),
    Case(layers.RandomBrightness, {"factor": 0.2, "value_range": (-4, 4)}, IMAGE, IMAGE),
    Case(layers.RandomContrast, {"factor": 0.5, "value_range": (-4, 4)}, IMAGE, IMAGE),
    Case(layers.RandomErasing, {}, IMAGE, IMAGE),
    Case(
        layers.RandomErasing,
        {"factor": (0.5, 1), "scale": 0.5, "fill_value": [1, 2, 3, 4], "value_range": (0, 9)},
        IMAGE,
        IMAGE,
    ),
    Case(layers.MixUp, {}, IMAGE, IMAGE),
    Case(layers.MixUp, {"alpha": 2.0, "seed": 5}, (4,), (4,)),
    Case(layers.BatchNormalization, {}, (4,), (4,)),
    Case(
        layers.BatchNormalization,
        {
            "momentum": 0.9,
            "epsilon": 0.01,
            "center": False,
            "gamma_initializer": "random_uniform",
            "gamma_regularizer": "l2",
            "gamma_constraint": "non_neg",
            "beta_constraint": constraints.MinMaxNorm(0.5, 2.0),
        },
        (5, 4, 3),
        (5, 4, 3),
    ),
    Case(layers.BatchNormalization, {"scale": False, "axis": 2}, (5, 3), (5, 3)),
    Case(layers.LayerNormalization, {}, (4,), (4,)),
    Case(
        layers.LayerNormalization,
        {
            "axis": (1, 2),
            "scale": False,
            "beta_regularizer": "l1",
            "beta_constraint": "unit_norm",
            "gamma_constraint": "non_neg",
        },
        (4, 3),
        (4, 3),
    ),
    Case(layers.GroupNormalization, {"groups": 2}, (4,), (4,)),
    Case(
        layers.GroupNormalization,
        {
            "groups": 1,
            "axis": 3,
            "epsilon": 0.01,
            "center": False,
            "gamma_initializer": "random_uniform",
            "gamma_regularizer": "l2",
        },
        (3, 2, 4),
        (3, 2, 4),
    ),
    Case(layers.GroupNormalization, {"groups": -1, "scale": False}, (5, 4), (5, 4)),
    Case(layers.RMSNormalization, {}, (4,), (4,)),
    Case(layers.RMSNormalization, {"axis": (1, 2), "epsilon": 0.1}, (4, 3), (4, 3)),
    Case(layers.UnitNormalization, {}, (4,), (4,)),
    Case(layers.UnitNormalization, {"axis": (1, -1)}, (4, 3), (4, 3)),
    Case(layers.Normalization, {}, (4,), (4,)),
    Case(layers.Normalization, {"axis": None, "mean": 1.5, "variance": 4.0}, (4, 3), (4, 3)),
    Case(
        layers.Normalization,
        {"mean": np.array([1.0, 2.0]), "variance": [4.0, 0.0], "invert": True},
        (2,),
        (2,),
    ),
    Case(layers.Rescaling, {"scale": 0.5, "offset": -1.0}, (4,), (4,)),
    Case(layers.Add, {}, [(4,), (4,), (4,)], (4,)),
    Case(layers.Add, {}, [(5, 3), (1, 3)], (5, 3)),
    Case(layers.Subtract, {}, [(5, 3), (5, 1)], (5, 3)),
    Case(layers.Multiply, {}, [(4,), (4,), (1,)], (4,)),
    Case(layers.Average, {}, [(5, 3), (1, 3), (5, 3)], (5, 3)),
    Case(layers.Maximum, {}, [(4,), (4,), (4,)], (4,)),
    Case(layers.Minimum, {}, [(5, 3), (1, 3)], (5, 3)),
    Case(layers.Dot, {"axes": 1}, [(4,), (4,)], (1,)),
    Case(layers.Dot, {"axes": (2, 1)}, [(2, 4), (4, 3)], (2, 3)),
    Case(layers.Dot, {"axes": -1, "normalize": True}, [(3, 2, 4), (5, 4)], (3, 2, 5)),
    Case(layers.Concatenate, {}, [(4, 2), (4, 3)], (4, 5)),
    Case(layers.Concatenate, {"axis": 1}, [(4, 2), (1, 2), (2, 2)], (7, 2)),
]
