"""Floor 5: training, which is the loop, what happens between its steps, and what is seen of it."""

from pellucid.training.callbacks import Callback, History, LambdaCallback, TerminateOnNaN
from pellucid.training.checkpoint import ModelCheckpoint
from pellucid.training.logs import CSVLogger, Timer
from pellucid.training.rates import LearningRateScheduler
from pellucid.training.watching import EarlyStopping, ReduceLROnPlateau

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
    "Timer",
]
