"""Weights in PyTorch's names and order, as safetensors files: its `state_dict`, both ways.

The names are those of `to_torch(model).state_dict()`: "0.weight", "0.bias" and so on. PyTorch
itself is not needed.
"""

from pathlib import Path
from typing import Any

from pellucid.engines import numpy_engine
from pellucid.errors import ModelFileError
from pellucid.interop.describing import described
from pellucid.interop.parts import Weight
from pellucid.storage.atomic import write_bytes

COUNTERS = "num_batches_tracked"  # of PyTorch's batch norm, which it reads for no momentum alone


def save_state_dict(model: Any, path: str | Path) -> None:
    """Write a Sequential's weights as PyTorch would: all of the file or nothing.

    There: `to_torch(model).load_state_dict(safetensors.torch.load_file(path), strict=False)`, or a
    network of your own of the same modules; what is missing then are batch norm's counters. Raises
    what `to_torch` raises, and ModelFileError where the file cannot be written.
    """
    from safetensors.numpy import save

    tidy = numpy_engine.xp.ascontiguousarray
    write_bytes(path, save({name: tidy(w.there()) for name, w in weights(model).items()}))


def load_state_dict(model: Any, path: str | Path) -> None:
    """Give a built Sequential the weights of a file that PyTorch's safetensors wrote.

    Its names have to be those of `to_torch(model).state_dict()`, whatever their order. All weights
    are changed or none. Raises ModelFileError where the file cannot be read, or does not fit.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(Path(path), framework="np") as file:
            names = file.keys()  # not a dictionary: its names are asked for
            given = {n: file.get_tensor(n) for n in names if not n.endswith(COUNTERS)}
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        mend = "Write it with safetensors.torch.save_file(module.state_dict(), path)."
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(str(path), "a safetensors file", reason, mend) from error
    own = weights(model)
    if given.keys() != own.keys():
        raise ModelFileError(
            str(path),
            f"the weights {', '.join(own)}",
            ", ".join(given) or "none",
            "Take them from a network of the same modules: to_torch(model) shows them.",
        )
    found = [(w.parameter, w.back(given[name])) for name, w in own.items()]
    for parameter, value in found:
        parameter.assign(value)


def weights(model: Any) -> dict[str, Weight]:
    """Each weight in PyTorch's order, by its name there."""
    modules = enumerate(described(model))
    return {f"{i}.{name}": w for i, module in modules for name, w in module.weights.items()}
