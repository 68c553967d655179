"""How a worker and who started it pass the turn, line by line through two pipes.

The worker prints `ready` and waits; told `go`, it computes for a turn, and says `ready` again, or
after its last turn prints its report and ends. Both sides import this file, which needs nothing but
Python.
"""

import os
import sys
from typing import TextIO

READY, GO = "ready", "go"


def wait(out: TextIO) -> None:
    """Say that all is ready and wait for the turn; end the process where nobody gives it."""
    try:
        print(READY, file=out, flush=True)
        told = sys.stdin.readline()
    except BrokenPipeError:
        told = ""
    if not told:
        os._exit(0)
