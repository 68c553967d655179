"""Callbacks, under the name by which people look for them.

They live in `pellucid.training`; the one that looks for faults in `pellucid.insight`.
"""

from pellucid.insight.diagnosis import Diagnosis
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
