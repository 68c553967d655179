"""Ctrl-C, held back until a step is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def catch_interrupt() -> Iterator[list]:
    """Inside, Ctrl-C only fills the list that is given; KeyboardInterrupt is raised on leaving.

    A second Ctrl-C is raised at once. Nobody listens outside the main thread, where Python hands
    out no signals, nor where Ctrl-C is ignored, as a shell has it for what runs in the background;
    the list may be filled by others there (other processes of the same training).
    """
    came: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    listens = in_main and before is not signal.SIG_IGN

    def note(number: int, frame: Any) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    if listens:
        signal.signal(signal.SIGINT, note)
    try:
        yield came
    finally:
        if listens:
            signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
