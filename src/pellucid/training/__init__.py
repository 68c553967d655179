"""Floor 5: training, which is the loop, what happens between its steps, and what is seen of it."""

from pellucid.training.callbacks import Callback, CSVLogger, History
from pellucid.training.watching import EarlyStopping, ReduceLROnPlateau

__all__ = ["CSVLogger", "Callback", "EarlyStopping", "History", "ReduceLROnPlateau"]
