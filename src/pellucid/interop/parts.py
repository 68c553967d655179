"""What a network consists of as PyTorch sees it: modules, and our weights in its order."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pellucid.engines import engine_of, numpy_engine
from pellucid.errors import ModelFileError

Array = Any


class Weight(NamedTuple):
    """One of our weights in PyTorch's order: by which axes, and with which of its features."""

    parameter: Any
    axes: tuple[int, ...] | None = None
    order: Array | None = None  # of the last axis, after the others are turned
    shape: tuple[int, ...] | None = None  # before the axes are turned, where it is another

    def there(self) -> Array:
        """Its numbers as PyTorch has them."""
        array = engine_of(self.parameter.value).to_numpy(self.parameter.value)
        array = array.reshape(self.shape or array.shape)
        array = array if self.axes is None else array.transpose(self.axes)
        return array if self.order is None else array[..., self.order]

    def back(self, given: Array) -> Array:
        """PyTorch's numbers as ours. Raises ModelFileError where the shape is another."""
        expected = self.there().shape
        if tuple(given.shape) != expected:
            what = f"shape {tuple(given.shape)}"
            mend = "Take it from a network of the same layers."
            raise ModelFileError(f"weight {self.parameter.name}", f"shape {expected}", what, mend)
        if self.order is not None:
            ours = numpy_engine.xp.empty_like(given)
            ours[..., self.order] = given
            given = ours
        if self.axes is not None:
            given = given.transpose(numpy_engine.xp.argsort(numpy_engine.asarray(self.axes)))
        return given.reshape(self.parameter.shape)


@dataclass
class Module:
    """One of PyTorch's modules: its class in `torch.nn`, its arguments, its weights by name."""

    kind: str
    arguments: tuple = ()
    settings: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Weight] = field(default_factory=dict)
