"""Ctrl-C, held back until a step is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def catch_interrupt() -> Iterator[list]:
    """Inside, Ctrl-C only fills the list that is given; KeyboardInterrupt is raised on leaving.

    A second Ctrl-C is raised at once. Outside the main thread, where Python hands out no signals,
    nothing changes.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
