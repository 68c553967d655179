"""What PyTorch's errors become; what its connections do is in test_together.py."""

import pytest

from pellucid.distributed.torch_group import AGAIN, SLOW, TorchGroup
from pellucid.errors import DistributedError

TOGETHER = "process 1 of 2: expected all to go on together; got "


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (
            "[pair.cc:534] Connection closed by peer [127.0.0.1]:2315\nmore",
            f"{TOGETHER}the end of another: its connection was closed. {AGAIN}",
        ),
        (
            "[pair.cc:152] timed out connecting: SO_ERROR: Connection refused",
            f"{TOGETHER}the end of another: its connection was closed. {AGAIN}",
        ),
        (
            "Timed out waiting 7000ms for recv operation to complete",
            f"{TOGETHER}nothing from another for 7 seconds. {SLOW}",
        ),
        (
            "unknown interface eth7",
            "process 1 of 2: expected to work together; got unknown interface eth7. See "
            "docs/scaling.md for how processes are started.",
        ),
        (
            "",
            "process 1 of 2: expected to work together; got RuntimeError. See docs/scaling.md for "
            "how processes are started.",
        ),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(theirs, ours):
    group = object.__new__(TorchGroup)
    group.rank, group.size, group.timeout = 1, 2, 7.0
    with pytest.raises(DistributedError) as raised, group.told():
        raise RuntimeError(theirs)
    assert str(raised.value) == ours
