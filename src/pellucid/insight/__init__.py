"""Floor 6: seeing what a model does. These functions read a model and its figures; they change
nothing. Pictures need matplotlib, circuits igraph; each is imported when the first one
is drawn."""

from pellucid.insight import plots
from pellucid.insight.circuits import Circuit, circuit
from pellucid.insight.confusion import confusion_counts
from pellucid.insight.diagnosis import Diagnosis, Finding, Findings, diagnose, diagnose_run
from pellucid.insight.learning_rate import LearningRates, learning_rate_curve, lr_find
from pellucid.insight.measuring import Statistics, statistics
from pellucid.insight.outputs import class_probabilities
from pellucid.insight.plots import *  # noqa: F403
from pellucid.insight.steps import ScoreToLoss
from pellucid.insight.tracing import LayerTrace, Trace, trace

__all__ = [
    "Circuit",
    "Diagnosis",
    "Finding",
    "Findings",
    "LayerTrace",
    "LearningRates",
    "ScoreToLoss",
    "Statistics",
    "Trace",
    "circuit",
    "class_probabilities",
    "confusion_counts",
    "diagnose",
    "diagnose_run",
    "learning_rate_curve",
    "lr_find",
    "plots",
    "statistics",
    "trace",
]
__all__ += plots.__all__
