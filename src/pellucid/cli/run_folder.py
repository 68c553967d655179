"""The folder of one training run: what is kept there, and under which names.

model.safetensors   the model, which `predict`, `evaluate` and `train --resume` take
settings.toml       all settings, resolved, which `train --settings` takes
history.csv         one row of figures an epoch, written as the epoch ends
log.txt             what the run said
plots/              pictures of it, by `plot`
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import TextIO, cast

from pellucid.errors import ModelFileError, SettingError

MODEL, SETTINGS, HISTORY, LOG = "model.safetensors", "settings.toml", "history.csv", "log.txt"
PLOTS = "plots"


def new_folder(out: str | None, data: str, model: str) -> Path:
    """A folder for a new run: `out`, else runs/<data>-<model>-<n> with the next free number.

    Raises SettingError where `out` holds a run already, or cannot be made.
    """
    try:
        if out is None:
            return _numbered(Path("runs"), f"{_plain(data)}-{_plain(model)}")
        folder = Path(out).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError(
            "--out", "a folder that can be made", f"{reason}: {error.filename}", "Choose another."
        ) from error
    if (folder / SETTINGS).exists():
        raise SettingError(
            "--out",
            "a folder without a run",
            f"{str(folder)!r}, which holds one",
            f"Choose another, or go on with it: pellucid train --resume {folder}",
        )
    return folder


def model_file(path: str) -> Path:
    """The model file that a command was given, by itself or as a run's folder."""
    given = Path(path).expanduser()
    if not given.is_dir():
        return given
    if not (given / MODEL).is_file():
        raise ModelFileError(
            f"folder {path}",
            f"a run's folder, with {MODEL}",
            "none in it",
            "A run that was killed leaves no model; start it again with: pellucid train --settings"
            f" {given / SETTINGS}"
            if (given / SETTINGS).is_file()
            else "Give the path of a model file.",
        )
    return given / MODEL


def _numbered(parent: Path, name: str) -> Path:
    """The first of name-1, name-2, ... that is not there yet, made."""
    parent.mkdir(exist_ok=True)
    number = 1
    while True:
        try:
            (parent / f"{name}-{number}").mkdir()
            return parent / f"{name}-{number}"
        except FileExistsError:
            number += 1


def _plain(name: str) -> str:
    """A name with nothing in it that a path or a shell would take amiss."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._-") or "data"


class Tee:
    """An output that is shown and kept: of a line that is drawn again and again, its last state."""

    def __init__(self, shown: TextIO, kept: TextIO) -> None:
        self.shown, self.kept, self.line = shown, kept, ""

    def write(self, text: str) -> int:
        """Show the text, and keep the lines that it ends."""
        *ended, self.line = (self.line + text).split("\n")
        for line in ended:
            self.kept.write(line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() + "\n")
        self.kept.flush()
        return self.shown.write(text)

    def flush(self) -> None:
        """Show what is held back."""
        self.shown.flush()

    def isatty(self) -> bool:
        """Whether it is shown on a terminal."""
        return self.shown.isatty()


@contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Inside, what is printed also goes to the end of the run's log, below the time."""
    with (folder / LOG).open("a", encoding="utf-8") as kept:
        kept.write(f"--- {datetime.now().astimezone().isoformat(' ', 'seconds')}\n")
        with redirect_stdout(cast(TextIO, Tee(sys.stdout, kept))):
            yield
