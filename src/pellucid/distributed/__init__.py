"""Several processes that train one model together, each on its share of every batch.

Here is how they find each other and what they tell each other; what `fit` does with it is in
`pellucid.training.team`.
"""

from pellucid.distributed.group import Group
from pellucid.distributed.joining import (
    alone,
    enter,
    group,
    in_step,
    is_first,
    join,
    leave,
    local_rank,
    rank,
    size,
    started_together,
    step,
)

__all__ = [
    "Group",
    "alone",
    "enter",
    "group",
    "in_step",
    "is_first",
    "join",
    "leave",
    "local_rank",
    "rank",
    "size",
    "started_together",
    "step",
]
