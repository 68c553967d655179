"""`pellucid train`: a model from data, in a folder of its own; and going on with one.

Ctrl-C lets the running batch finish and saves everything. A run that is resumed makes the very
steps that it would have made: the same rows, the same dropped units, the same weights to the bit.
Started by torchrun, several processes make one run together (`pellucid.cli.together`).
"""

from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Any

from pellucid import distributed
from pellucid.cli import run_folder, together
from pellucid.cli.building import Parts, build_model, load_parts
from pellucid.cli.options import BY_NAME
from pellucid.cli.settings import Settings, as_toml, gather, read
from pellucid.errors import DataError, SettingError
from pellucid.insight import Diagnosis
from pellucid.storage import load, write_text
from pellucid.training import Callback, CSVLogger, EarlyStopping, ModelCheckpoint
from pellucid.training.arrays import batches_in
from pellucid.training.interrupt import catch_interrupt
from pellucid.training.progress import line

INTERRUPTED = 130  # the exit code of a program that Ctrl-C ended
ALWAYS = (
    "command",
    "resume",
    "epochs",
    "verbose",
    "engine",
    "device",
)  # what may stand beside --resume


def run(arguments: Namespace) -> int:
    """Train as asked. The exit code: 0, or 130 after Ctrl-C."""
    given = vars(arguments)
    if given.get("resume"):
        return _resume(given)
    again = together.folder_of(partial(together.broken_off, given.get("out")))
    if again is not None and (again / run_folder.MODEL).is_file():
        return _go_on(again, load(again / run_folder.MODEL), read_settings(again))
    return _start(given, again)


def _start(given: dict[str, Any], folder: Path | None = None) -> int:
    """A new run; in a folder that is there, if one is given."""
    settings = gather(given)
    parts = load_parts(settings)
    model = build_model(settings, parts.data, batches_in(parts.y, settings.value("batch_size")))
    model.notes["data"] = parts.rows
    name = settings.value("model") or _stem(settings)
    if folder is None:
        new = partial(run_folder.new_folder, given.get("out"), parts.data.name, name)
        folder = together.folder_of(new)
    assert folder is not None
    together.leave_mark(folder)
    if Path(str(settings.source)).exists():
        settings.source = str(Path(str(settings.source)).resolve())
    with together.logged(folder):
        print(parts.data.describe())
        held = len(parts.validation[1]) if parts.validation else 0
        optimizer = model.optimizer
        print(
            f"{name}: {model.count_params():,} parameters, {type(optimizer).__name__} at"
            f" {optimizer.current_learning_rate:g}; {len(parts.y):,} rows to train on"
            + (f", {held:,} to validate on" if held else "")
        )
        return _train(model, settings, parts, folder, resume=False)


def _stem(settings: Settings) -> str:
    """What a model of layer tables is called: as its file, if that is one of its own."""
    stem = settings.file.stem if settings.file else "settings"
    return "layers" if stem == "settings" else stem


def _resume(given: dict[str, Any]) -> int:
    """Go on with a run that was interrupted, or for more epochs with one that was not."""
    for name in given:
        if name not in ALWAYS and given[name] is not None:
            raise SettingError(
                "--resume",
                "no other settings than the run's own, but --epochs, --verbose, --engine, --device",
                "DATA" if name == "data" else "--" + name.replace("_", "-"),
                "Leave it out; for other settings: pellucid train --settings",
            )
    folder = Path(given["resume"]).expanduser()
    model = load(run_folder.model_file(str(folder)))
    settings = read_settings(folder)
    for name in ("epochs", "verbose"):
        if name in given:
            settings.values[name] = BY_NAME[name].read(given[name], BY_NAME[name].flag)
    done, epochs = model.progress["epoch"], settings.value("epochs")
    if done >= epochs or (model.notes["finished"] and "epochs" not in given):
        raise SettingError(
            f"--resume {folder}",
            "a run with epochs still to do",
            f"one that is done after {done}",
            f"Train it further with --epochs {2 * epochs}.",
        )
    return _go_on(folder, model, settings)


def read_settings(folder: Path) -> Settings:
    """The settings of the run in a folder."""
    tables = ("data", "model", "layer", "loss", "optimizer", "fit")
    return read(folder / run_folder.SETTINGS, tables)


def _go_on(folder: Path, model: Any, settings: Settings) -> int:
    """Go on with what is in the folder."""
    parts, done = load_parts(settings), model.progress["epoch"]
    if parts.rows != model.notes["data"]:
        raise DataError(
            f"data {settings.source!r}",
            "the rows that the run was started with",
            "others",
            "Bring them back, or start a new run.",
        )
    with together.logged(folder):
        batch = f", batch {model.progress['batch'] + 1}" if model.progress["batch"] else ""
        print(f"going on with {folder} at epoch {done + 1}{batch}")
        return _train(model, settings, parts, folder, resume=True)


def _train(model: Any, settings: Settings, parts: Parts, folder: Path, resume: bool) -> int:
    """Fit, save, and say how it went and how to go on."""
    value = settings.value
    if distributed.is_first():
        write_text(folder / run_folder.SETTINGS, as_toml(settings))
    watching = Diagnosis(verbose=0)
    log = CSVLogger(folder / run_folder.HISTORY, append=resume)
    callbacks: list[Callback] = [log, watching]
    if distributed.size() > 1:  # torchrun may start them again
        callbacks.append(ModelCheckpoint(folder / run_folder.MODEL))
    if value("patience"):
        _check_patience(parts)
        callbacks.append(EarlyStopping(patience=value("patience")))
    model.notes["finished"] = False
    try:
        model.fit(
            parts.x,
            parts.y,
            value("batch_size"),
            value("epochs"),
            value("verbose"),
            callbacks,
            validation_data=parts.validation,
            resume=resume,
        )
        model.notes["finished"] = True
    except KeyboardInterrupt:
        with catch_interrupt():
            model.save(folder / run_folder.MODEL)
        at = model.progress
        print(
            f"interrupted in epoch {at['epoch'] + 1} after batch {at['batch']}; everything is"
            f" saved. Go on with:\n  pellucid train --resume {folder}"
        )
        return INTERRUPTED
    model.save(folder / run_folder.MODEL)
    figures = model.evaluate(*parts.test, verbose=0, return_dict=True)
    print(f"test  {line(figures)}  ({len(parts.test[1]):,} rows)")
    print(f"saved in {folder}")
    if names := watching.findings.names:
        print(f"found: {', '.join(names)}; what to do:  pellucid diagnose {folder}")
    if parts.data.preparation is not None:
        print(f"ask it about an image:  pellucid predict {folder} FILE")
    return 0


def _check_patience(parts: Parts) -> None:
    """Early stopping watches rows that are not trained on."""
    if parts.validation is None:
        raise SettingError(
            "--patience",
            "rows to validate on",
            "--validation-share 0",
            "Hold some out: --validation-share 0.1",
        )
