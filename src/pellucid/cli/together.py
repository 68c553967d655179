"""`pellucid train` as torchrun starts it: several processes, one run, one folder.

The first process makes the folder, writes and prints. When torchrun starts all of them again after
one has died, they find the folder of the run by a mark that the first has left in it, and go on
from the last checkpoint there.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from pellucid import distributed
from pellucid.cli import run_folder

MARK = ".torchrun"


def folder_of(find: Callable[[], Path | None]) -> Path | None:
    """The folder that the first process finds or makes; the others are told."""
    group = distributed.group()
    found = find() if distributed.is_first() else None
    if group is not None:
        found = group.broadcast(None if found is None else str(found))
    return None if found is None else Path(found)


def broken_off(out: str | None) -> Path | None:
    """The folder of the run that torchrun starts again, if it does: `out`, or one under runs/."""
    if os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0":
        return None
    folders = sorted(Path("runs").glob("*")) if out is None else [Path(out).expanduser()]
    marked = [folder for folder in folders if _mark_in(folder) == _mark()]
    return marked[-1] if marked else None


def leave_mark(folder: Path) -> None:
    """Note in the folder which torchrun the run belongs to."""
    if distributed.started_together() and distributed.is_first():
        (folder / MARK).write_text(_mark())


@contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Inside, the first process prints, also to the run's log; the others print nothing."""
    if distributed.is_first():
        with run_folder.logged(folder):
            yield
    else:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            yield


def _mark() -> str:
    """What stays the same as often as one torchrun starts its processes."""
    run = os.environ.get("TORCHELASTIC_RUN_ID", "")
    return f"{run} {socket.gethostname()} {os.getppid()}"


def _mark_in(folder: Path) -> str | None:
    """The mark that a folder has."""
    path = folder / MARK
    return path.read_text() if path.is_file() else None
