"""Floor 6: seeing what a model does. These functions read a model and its figures; they change
nothing. Pictures need matplotlib, which is imported when the first one is drawn."""

from pellucid.insight.confusion import confusion_counts
from pellucid.insight.plots import confusion_matrix, learning_curve

__all__ = ["confusion_counts", "confusion_matrix", "learning_curve"]
