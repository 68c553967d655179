"""Callbacks, under the name by which people look for them; they live in `pellucid.training`."""

from pellucid.training import Callback, CSVLogger, EarlyStopping, History, ReduceLROnPlateau

__all__ = ["CSVLogger", "Callback", "EarlyStopping", "History", "ReduceLROnPlateau"]
