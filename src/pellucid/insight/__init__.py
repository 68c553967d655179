"""Floor 6: seeing what a model does. These functions read a model and its figures; they change
nothing. Pictures need matplotlib, which is imported when the first one is drawn."""

from pellucid.insight.confusion import confusion_counts
from pellucid.insight.diagnosis import Diagnosis, Finding, Findings, diagnose, diagnose_run
from pellucid.insight.learning_rate import LearningRates, learning_rate_curve, lr_find
from pellucid.insight.plots import confusion_matrix, learning_curve

__all__ = [
    "Diagnosis",
    "Finding",
    "Findings",
    "LearningRates",
    "confusion_counts",
    "confusion_matrix",
    "diagnose",
    "diagnose_run",
    "learning_curve",
    "learning_rate_curve",
    "lr_find",
]
