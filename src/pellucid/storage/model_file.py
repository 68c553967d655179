"""A model in one safetensors file: its weights as tensors, everything else as JSON beside them.

There is no pickle and no code in it, and no path or address in it is followed: to load a file is to
read numbers, and to look names up in this library's own lists. What is kept: the layers and how
they feed each other, the weights, how the model was compiled, the optimiser's slots, the random
generators' states, and how far training has come. So a loaded model gives the same outputs to the
bit, and a run that goes on from it makes the same steps.
"""

import json
from pathlib import Path
from typing import Any

from pellucid import distributed, losses, metrics, optimizers
from pellucid.bundle import pull_arrays, put_arrays
from pellucid.engines import engine_of, numpy_engine
from pellucid.errors import ModelFileError, SettingError
from pellucid.layers import registry as layers
from pellucid.models import Model, Sequential
from pellucid.optimizers.base import BEFORE
from pellucid.registry import custom, plain
from pellucid.settings import whole
from pellucid.storage.atomic import write_bytes
from pellucid.training import precision

FORMAT = 1  # raised when older versions could not read what is written
KEY = "pellucid"  # the safetensors metadata entry that holds the JSON


def save(model: Any, path: str | Path, for_training: bool = True) -> None:
    """Write the model to `path`, all of it or nothing.

    With `for_training=False` the file has no more than the layers, the weights and how the model
    was compiled: nothing that a run needs to go on, which is most of the bytes. Of processes that
    train together the first writes, and no other (`pellucid.distributed`).
    Raises ModelFileError where the model is not built or the file cannot be written, and either
    that or SettingError where the file could not say what the model is.
    """
    from safetensors.numpy import save as to_bytes

    if not model.built:
        raise ModelFileError(
            f"saving {path}",
            "a model that is built",
            "one that has seen no data yet",
            "Start it with Input(shape), or call it on a batch, before saving.",
        )
    _check_places(model, {})
    if not distributed.is_first():
        return
    model.lay_out()
    tensors = {f"weights/{name}": p.value for name, p in model.named_weights().items()}
    if model.optimizer is not None and for_training:
        tensors |= {f"optimizer/{name}": slot for name, slot in model.optimizer.state.items()}
    about = {
        "format": FORMAT,
        "model": plain(model),
        "input_shape": model.input_shape,
        "compiled": _compiled(model, for_training),
        "precision": precision.as_settings(model),
        "random_states": model.random_states(),
        "progress": pull_arrays(model.progress if for_training else {}, "progress", tensors),
        "notes": plain(model.notes),
    }
    arrays = {name: _contiguous(array) for name, array in tensors.items()}
    write_bytes(path, to_bytes(arrays, metadata={KEY: _as_json(about)}))


def load(path: str | Path, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `save` wrote: the same outputs to the bit, compiled, ready to go on.

    `custom_objects`: your own layers, losses, activations, ... by the names that the file has for
    them; or register them (`pellucid.layers.registry.register`). Raises ModelFileError where the
    file is not there, is not a model, is damaged, or comes from a newer version.
    """
    about, tensors = _read(Path(path))
    try:
        with custom(custom_objects or {}):
            return _model(about, tensors)
    except ModelFileError as error:
        raise ModelFileError(str(path), error.expected, error.received, error.mend) from error
    except SettingError as error:
        newer = "A newer Pellucid may know it; your own layers and functions go into"
        mend = f"{error.mend} {newer} load(path, custom_objects={{'name': thing}})."
        where = f"{path}, {error.where}"
        raise ModelFileError(where, error.expected, error.received, mend) from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            str(path),
            "a complete description of a model",
            f"{type(error).__name__}: {error}",
            "The file is damaged, or another version of Pellucid wrote it.",
        ) from error


def _model(about: dict[str, Any], tensors: dict[str, Any]) -> Any:
    """The model that a file's JSON and tensors describe."""
    model = layers.get(about["model"])
    if not model.built:
        model.ensure_built(_shapes(about["input_shape"]))
        model.compute_output_shape(model.input_shape)
    _put_weights(model, tensors)
    _compile(model, about["compiled"], tensors)
    if "precision" in about:
        precision.from_settings(model, about["precision"])
    model.set_random_states(about["random_states"])
    model.progress = put_arrays(about["progress"], tensors)
    model.notes = about["notes"]
    known = model.progress.get("callbacks", {}).get("History 0")
    if known is not None:
        model.history.set_state(known)
    return model


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The JSON and the tensors of a file."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ModelFileError(str(path), "a model file", "nothing there", "Look at the path again.")
    try:
        with safe_open(path, framework="np") as file:
            about = json.loads((file.metadata() or {})[KEY])
            names = file.keys()  # not a dictionary: its names are asked for
            tensors = {name: file.get_tensor(name) for name in names}
        newer = whole("model file", "format", about["format"], 1) > FORMAT
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise ModelFileError(
            str(path),
            "a model that Pellucid saved",
            _reason(error),
            "Load the file that model.save(path) wrote; if this is it, it is damaged.",
        ) from error
    if newer:
        raise ModelFileError(
            str(path),
            f"format {FORMAT} or older",
            f"format {about['format']}",
            "Install a newer Pellucid: pip install -U pellucid.",
        )
    return about, tensors


def _reason(error: Exception) -> str:
    """What is wrong with a file that could not be read."""
    if isinstance(error, KeyError):
        return "a safetensors file of something else"
    if isinstance(error, json.JSONDecodeError | TypeError | SettingError):
        return "a description that cannot be read"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _compiled(model: Any, for_training: bool) -> dict[str, Any] | None:
    """How the model was compiled, as plain settings, and how many steps were made since."""
    if model.optimizer is None:
        return None
    return {
        "optimizer": plain(model.optimizer),
        "iterations": model.optimizer.iterations if for_training else 0,
        "waiting": model.optimizer.waiting if for_training else 0,
        "loss": plain(model.loss),
        "metrics": [plain(metric) for metric in model.metric_names],
        "weighted_metrics": [plain(metric) for metric in model.weighted_metric_names],
    }


def _compile(model: Any, compiled: dict[str, Any] | None, tensors: dict[str, Any]) -> None:
    """Compile the model as it was, its optimiser where it was."""
    if compiled is None:
        return
    optimizer = optimizers.get(compiled["optimizer"])
    measured = (
        [m if metrics.is_name(m) else metrics.make(m) for m in compiled[kind]]
        for kind in ("metrics", "weighted_metrics")
    )
    model.compile(optimizer, losses.get(compiled["loss"]), *measured)
    optimizer.iterations, optimizer.waiting = compiled["iterations"], compiled["waiting"]
    known = {
        name: model.engine.asarray(tensors[f"optimizer/{name}"].copy())
        for name in (*optimizer.remembered, BEFORE)
        if f"optimizer/{name}" in tensors
    }
    shape = model.parameters.theta.shape
    wrong = [n for n, slot in known.items() if slot.shape != shape]
    wrong += [n for n in optimizer.remembered if known and n not in known]
    _refuse([f"optimizer/{name}" for name in wrong])
    optimizer.state = known


def _put_weights(model: Any, tensors: dict[str, Any]) -> None:
    """Give every weight its number; a weight missing or too many is an error."""
    weights = model.named_weights()
    stored = {n.removeprefix("weights/"): t for n, t in tensors.items() if n.startswith("weights/")}
    wrong = sorted(weights.keys() ^ stored.keys())
    wrong += [n for n, p in weights.items() if n in stored and stored[n].shape != p.shape]
    _refuse(wrong)
    for name, p in weights.items():
        p.assign(stored[name])


def _refuse(wrong: list[str]) -> None:
    """Raise where tensors of these names are missing, too many, or of the wrong shape."""
    if wrong:
        raise ModelFileError(
            "tensors",
            "one tensor for each weight of the model that it describes",
            f"a difference at {', '.join(wrong[:3])}",
            "The file is damaged.",
        )


def _check_places(model: Any, places: dict[Any, Any]) -> None:
    """Raise where one layer stands in two models inside: they would be loaded as two layers."""
    if type(model).get_config not in (Model.get_config, Sequential.get_config):
        return
    for layer in model.layers:
        if places.setdefault(layer, model) is not model:
            raise ModelFileError(
                f"saving {model.label}",
                "each layer to stand in one model",
                f"layer {layer.name} in {places[layer].label} and {model.label}",
                "Call the inner model where you call its layer, or save the two by themselves.",
            )
        _check_places(layer, places)


def _as_json(about: dict[str, Any]) -> str:
    """The description as text. Raises ModelFileError where it could not be read back."""
    try:
        text = json.dumps(about)
    except TypeError as error:
        raise ModelFileError(
            "saving",
            "settings and notes of numbers, texts, lists and dictionaries",
            str(error),
            "Keep plain data, or write get_config and from_config.",
        ) from error
    if '"<lambda>"' in text:
        raise ModelFileError(
            "saving", "functions with a name", "a lambda", "Write it with def; load asks for it."
        )
    return text


def _shapes(value: list[Any]) -> Any:
    """A shape, or a list of shapes, as JSON gives it back."""
    if value and isinstance(value[0], list):
        return [tuple(each) for each in value]
    return tuple(value)


def _contiguous(array: Any) -> Any:
    """The array as safetensors takes it."""
    array = engine_of(array).to_numpy(array)
    return numpy_engine.xp.ascontiguousarray(array).reshape(array.shape)
