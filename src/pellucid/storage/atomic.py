"""Writing a file so that it is never half there: a process killed at any moment leaves the old file
or the new one."""

import os
from pathlib import Path

from pellucid.errors import ModelFileError


def write_bytes(path: str | Path, content: bytes) -> None:
    """Put `content` at `path`, all of it or nothing.

    It is written beside the target, brought to the disk, and then renamed over it, which the system
    does in one step. Raises ModelFileError where the folder cannot be written to or is full; what
    was at `path` is then still there.
    """
    path = Path(path)
    if not path.name:
        received, mend = repr(str(path)), "Name a file: model.safetensors, say."
        raise ModelFileError("writing", "the path of a file", received, mend)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise ModelFileError(
            f"writing {path}",
            "a folder that can be written to, with room on its disk",
            error.strerror or str(error),
            "Choose another path; nothing was changed.",
        ) from error


def write_text(path: str | Path, content: str) -> None:
    """Put text at `path`, all of it or nothing."""
    write_bytes(path, content.encode())


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
