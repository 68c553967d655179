"""Floor 5: models, which are a list or a graph of layers, and nothing more."""

from pellucid.models.cloning import clone_model
from pellucid.models.model import Model
from pellucid.models.sequential import Sequential

__all__ = ["Model", "Sequential", "clone_model"]
