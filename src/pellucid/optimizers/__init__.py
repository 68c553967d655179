"""Floor 4: optimisers, which turn a gradient into a step. As in Keras, schedules are here too."""

from pellucid import schedules
from pellucid.optimizers.adam import Adam, Adamax, AdamW, Nadam
from pellucid.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from pellucid.optimizers.base import Optimizer, get, registry
from pellucid.optimizers.momentum import SGD, Lion
from pellucid.optimizers.muon import Muon

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
    "registry",
    "schedules",
]
