"""Floor 4: losses, which say how wrong a model is on a batch, as one number."""

from pellucid.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
)
from pellucid.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from pellucid.losses.hinge import (
    CategoricalHinge,
    Hinge,
    MaxMultiClassHinge,
    MultiClassHinge,
    SquaredHinge,
)
from pellucid.losses.loss import FunctionLoss, Loss, OutputwiseLoss, get, registry
from pellucid.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
)

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "FunctionLoss",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MaxMultiClassHinge",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "MultiClassHinge",
    "OutputwiseLoss",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "get",
    "registry",
]
