"""Callbacks, under the name by which people look for them.

They live in `pellucid.training`, those that look at the model in `pellucid.insight`.
"""

from pellucid.insight import Diagnosis, HistogramRecorder
from pellucid.training import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
    Timer,
)
from pellucid.training.callbacks import get, registry

__all__ = [
    "CSVLogger",
    "Callback",
    "Diagnosis",
    "EarlyStopping",
    "HistogramRecorder",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
    "Timer",
    "get",
    "registry",
]
