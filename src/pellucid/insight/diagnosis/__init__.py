"""What is wrong with a training, said in words: before it, while it runs, and after it.

Files by subject: `inputs`, `labels`, `outputs` (and their loss), `architecture`, `starting`
(weights), `rates` (of learning), `flow` (gradients, activations), `rehearsal` (a copy that tries),
`curves`. Each has checks, and each check says in its docstring when it speaks and where that limit
comes from.
"""

# The order of these imports is the order of checks: what causes stands before what comes of it.
from pellucid.insight.diagnosis import inputs  # isort: skip
from pellucid.insight.diagnosis import labels  # isort: skip
from pellucid.insight.diagnosis import outputs  # isort: skip
from pellucid.insight.diagnosis import architecture  # isort: skip
from pellucid.insight.diagnosis import starting  # isort: skip
from pellucid.insight.diagnosis import rates  # isort: skip
from pellucid.insight.diagnosis import flow  # isort: skip
from pellucid.insight.diagnosis import rehearsal  # isort: skip
from pellucid.insight.diagnosis import curves  # isort: skip
from pellucid.insight.diagnosis.after import diagnose_run
from pellucid.insight.diagnosis.before import diagnose
from pellucid.insight.diagnosis.during import Diagnosis
from pellucid.insight.diagnosis.finding import CHECKS, Finding, Findings

__all__ = ["CHECKS", "Diagnosis", "Finding", "Findings", "diagnose", "diagnose_run"]

_ROOMS = (inputs, labels, outputs, architecture, starting, rates, flow, rehearsal, curves)
