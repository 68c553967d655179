"""Floor 6: seeing what a model does. These functions read a model and its figures; they change
nothing. Pictures need matplotlib, which is imported when the first one is drawn."""

from pellucid.insight import plots
from pellucid.insight.confusion import confusion_counts
from pellucid.insight.outputs import class_probabilities
from pellucid.insight.plots import *  # noqa: F403

__all__ = ["class_probabilities", "confusion_counts", "plots"]
__all__ += plots.__all__
