"""Which engine computes: the one in use for what is new, and an array's own for what is there.

NumPy's is always at hand. PyTorch's is made, one for each device, when it is first asked for; until
then PyTorch is not imported, and `engine_of` has nothing to look up.
"""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pellucid.engines.engine import Engine
from pellucid.engines.numpy_engine import NumpyEngine
from pellucid.engines.waiting import Waiting
from pellucid.errors import EngineError, GraphError, nearest

numpy_engine = NumpyEngine()
NAMES = ("numpy", "torch")
AUTO = "auto"  # no engine, but the wish that `fit` chooses one
DEVICES = "cpu, cuda, or cuda:0 and so on"
INSTALL = "pip install 'pellucid[torch]'"
WITH_CUDA = "Install one that is built for CUDA: https://pytorch.org/get-started/locally."

_others: dict[type, Callable[[Any], Engine]] = {}  # by array type, once another engine is made
_made: dict[Any, Engine] = {}  # PyTorch's engines, by device
_state: dict[str, Any] = {"in use": numpy_engine, "auto": False}


def use(engine: str | Engine, device: str | None = None) -> None:
    """Let new layers, and arrays made of lists and numbers, be of this engine.

    `engine`: "numpy", "torch", or with its device, "torch:cuda:0"; `device`: "cpu", "cuda" or
    "cuda:0". "auto": what is new is NumPy's, and `fit` moves each model made from here on to the
    engine that trains it quickest. What is there already stays where it is: `model.to(...)` moves a
    model. Raises EngineError for a name that is not known, and for what this machine or
    installation has not.
    """
    auto = is_auto(engine, device)
    _state["in use"] = numpy_engine if auto else find(engine, device)
    _state["auto"] = auto


@contextmanager
def using(engine: str | Engine, device: str | None = None) -> Iterator[None]:
    """Inside, this engine is in use."""
    before = dict(_state)
    use(engine, device)
    try:
        yield
    finally:
        _state.update(before)


def in_use() -> Engine:
    """The engine that new layers and arrays are of."""
    return _state["in use"]


def chooses() -> bool:
    """Whether `fit` chooses the engine of a model that is made now."""
    return _state["auto"]


def engine_of(array: Any) -> Engine:
    """The engine that computes on this array; for what is none, the engine in use."""
    return _of(array) if _others else numpy_engine


def engine_among(values: list[Any], inputs: Sequence[Any]) -> Engine:
    """The engine that computes on the `values` of a gate's `inputs` together.

    Data of NumPy's beside another engine's arrays are brought to it. Raises GraphError for a tensor
    that would have to move, and take its gradient elsewhere.
    """
    if not _others:
        return numpy_engine
    for value in values:
        if (own := _others.get(type(value))) is not None:
            engine = own(value)
            for i, each in enumerate(values):
                if isinstance(each, np.ndarray) or type(each) in _others:
                    values[i] = _brought(each, inputs[i], engine)
            return engine
    return numpy_engine if any(isinstance(v, np.ndarray | Waiting) for v in values) else in_use()


def _brought(array: Any, given: Any, engine: Engine) -> Any:
    """An array, which came as it is or in the tensor `given`, as one of this engine."""
    own = _of(array)
    if own is not engine and getattr(given, "requires_grad", False):
        mend = f"Move the model first: model.to({engine.label!r}); or make the tensor there."
        raise GraphError("a gate", f"tensors of {engine}", f"one of {own}", mend)
    return array if own is engine else engine.asarray(own.to_numpy(array))


def _of(array: Any) -> Engine:
    """The engine of an array, or of the array that a tensor of a graph holds."""
    if (own := _others.get(type(array))) is not None:
        return own(array)
    if isinstance(array, np.ndarray | np.generic):
        return numpy_engine
    value = getattr(array, "value", None)
    return in_use() if value is None else _of(value)


# -- by name --------------------------------------------------------------------------------------


def is_auto(engine: Any, device: str | None = None) -> bool:
    """Whether "auto" was said in the place of an engine. Raises EngineError beside a device."""
    if engine != AUTO:
        return False
    if device is not None:
        mend = f"For that device alone: engine 'torch', device {device!r}."
        raise EngineError("engine auto", "no device, as it tries each", repr(device), mend)
    return True


def installed() -> list[Engine]:
    """Every engine that is here: NumPy's, PyTorch's, and that on the GPU which PyTorch takes.

    It imports PyTorch, where that is installed.
    """
    found: list[Engine] = [numpy_engine]
    if importlib.util.find_spec("torch") is not None:
        import torch

        found.append(find("torch"))
        if why_no_cuda(torch) is None:
            found.append(find("torch", "cuda"))
    return found


def find(engine: str | Engine, device: str | None = None) -> Engine:
    """The engine of this name, on this device. Raises EngineError."""
    if isinstance(engine, Engine):
        return engine
    name, _, place = str(engine).partition(":")
    if place and device is not None and place != device:
        raise EngineError("engine", "one device", f"{place} and {device}", "Name it once.")
    device = device or place or "cpu"
    if name == "numpy":
        if device != "cpu":
            mend = f"Use the engine torch: pellucid.use('torch', device={device!r})."
            raise EngineError("engine numpy", "device cpu", repr(device), mend)
        return numpy_engine
    if name == "torch":
        return _torch(device)
    if name == AUTO:
        mend = "Say it of a model, before fit: model.to('auto'), or pellucid.use('auto')."
        raise EngineError("engine", " or ".join(NAMES), repr(engine), mend)
    raise EngineError("engine", " or ".join(NAMES), repr(engine), nearest(name, NAMES))


def _torch(name: str) -> Engine:
    """PyTorch's engine on a device."""
    if importlib.util.find_spec("torch") is None:
        raise EngineError("engine torch", "PyTorch", "none installed", f"{INSTALL} brings it.")
    import torch

    device = _device(torch, name)
    if device not in _made:
        from pellucid.engines.torch_engine import TorchEngine
        from pellucid.engines.torch_waiting import Fresh, Rectified, Short

        _made[device] = TorchEngine(device)
        for kind in (torch.Tensor, torch.nn.Parameter, Fresh, Rectified, Short):
            _others[kind] = _of_torch
    return _made[device]


def _of_torch(array: Any) -> Engine:
    """The engine of one of PyTorch's arrays."""
    return _made.get(array.device) or find("torch", str(array.device))


def _device(torch: Any, name: str) -> Any:
    """A device of PyTorch's by its name. Raises EngineError where it cannot be used."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and not (kind == "cuda" and number.isdecimal())):
        mend = nearest(kind, ("cpu", "cuda"), "Try cpu or cuda.")
        raise EngineError("engine torch", f"a device: {DEVICES}", repr(name), mend)
    if kind == "cpu":
        return torch.device("cpu")
    if (why := why_no_cuda(torch)) is not None:
        raise EngineError(f"device {name}", "a GPU that PyTorch can use", *why)
    from pellucid.distributed import local_rank

    own = local_rank()  # of processes that train together, each has a GPU
    usual = torch.cuda.current_device() if own is None else own
    count, number = torch.cuda.device_count(), int(number or usual)
    if number >= count:
        last = "cuda:0" if count == 1 else f"cuda:0 to cuda:{count - 1}"
        raise EngineError("engine torch", f"a device that is here: {last}", name, "Choose one.")
    return torch.device("cuda", number)


def why_no_cuda(torch: Any) -> tuple[str, str] | None:
    """Why PyTorch cannot use a GPU, and the mend; None where it can."""
    if not torch.backends.cuda.is_built():
        return f"PyTorch {torch.__version__}, built for the processor alone", WITH_CUDA
    if not torch.cuda.is_available():
        mend = "Install NVIDIA's driver, and see that nvidia-smi lists the GPU."
        return "no GPU, or none whose driver works", mend
    return None
