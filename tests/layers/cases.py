"""One or more cases for every layer: how it is made, and the shapes of what it is called on."""

from typing import NamedTuple

import numpy as np

from pellucid import constraints, layers, nn, regularizers


class Case(NamedTuple):
    """A layer's class with settings, its input shape (or a list of them), and the output's."""

    kind: type
    settings: dict
    input_shape: tuple | list
    output_shape: tuple

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
        found = [rng.normal(size=(N, *shape)).astype(dtype) for shape in self.shapes]
        return found if self.several else found[0]

    @property
    def symbolic_shape(self):
        """The input shape with None for the batch."""
        found = [(None, *shape) for shape in self.shapes]
        return found if self.several else found[0]


IMAGE = (7, 6, 4)

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
    Case(layers.Flatten, {}, (3, 2, 4), (24,)),
    Case(layers.Flatten, {}, (), (1,)),
    Case(layers.Reshape, {"target_shape": (2, 6)}, (3, 4), (2, 6)),
    Case(layers.Reshape, {"target_shape": (-1, 2, 3)}, (3, 4), (2, 2, 3)),
    Case(layers.Activation, {"activation": "sigmoid"}, (4,), (4,)),
    Case(layers.Activation, {"activation": nn.gelu}, (2, 4), (2, 4)),
    Case(layers.ReLU, {}, (4,), (4,)),
    Case(layers.ReLU, {"max_value": 1.5, "negative_slope": 0.1, "threshold": 0.5}, (4, 3), (4, 3)),
    Case(layers.LeakyReLU, {"negative_slope": 0.1}, (4,), (4,)),
    Case(layers.ELU, {"alpha": 0.7}, (4,), (4,)),
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
    Case(layers.Dropout, {"rate": 0.4}, (4,), (4,)),
    Case(layers.Dropout, {"rate": 0.4, "noise_shape": (None, 1, 3), "seed": 5}, (4, 3), (4, 3)),
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
    Case(layers.Concatenate, {}, [(4, 2), (4, 3)], (4, 5)),
    Case(layers.Concatenate, {"axis": 1}, [(4, 2), (1, 2), (2, 2)], (7, 2)),
]
