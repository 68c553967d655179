"""Names for things, and settings that go out and come in as plain dictionaries.

A `Configurable` keeps each argument of its `__init__` on `self` under the argument's own name; that
is all it takes for `get_config()` to give its settings and `from_config()` to make its equal. Each
kind of thing (layers, losses, optimisers, ...) has one `Registry`, which finds them by name.
"""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from pellucid.errors import SettingError, nearest


class Configurable:
    """Something whose settings are the arguments that it was made with."""

    def get_config(self) -> dict[str, Any]:
        """The settings as a plain dictionary that JSON can hold."""
        config = {}
        for name in arguments(type(self)):
            if not hasattr(self, name):
                raise SettingError(
                    f"settings of {type(self).__name__}",
                    f"its argument {name!r} to be kept as self.{name}",
                    "no such attribute",
                    f"Set self.{name} in __init__, or write get_config and from_config.",
                )
            config[name] = plain(getattr(self, name))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new object with these settings."""
        return cls(**config)


def arguments(cls: type) -> list[str]:
    """The names of all arguments that `cls(...)` takes, those of its bases included."""
    names: list[str] = []
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        named = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        names += [name for name in named if name not in names]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return names


def plain(value: Any) -> Any:
    """A setting as JSON can hold it: {"class": ..., "config": ...}, and functions by name.

    Raises SettingError for a function without a name, by which it could not be found again.
    """
    if isinstance(value, Configurable):
        return {"class": type(value).__name__, "config": value.get_config()}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    if not callable(value):
        return value
    if not hasattr(value, "__name__"):
        raise SettingError(
            "settings",
            "functions with a name, by which they are found again",
            repr(value),
            "Define it with def, or let its class be a Configurable.",
        )
    return value.__name__


_custom: dict[str, Any] = {}


@contextmanager
def custom(objects: dict[str, Any]) -> Iterator[None]:
    """Inside, these classes and functions are known by their names in every registry."""
    before = dict(_custom)
    _custom.update({_key(name): thing for name, thing in objects.items()})
    try:
        yield
    finally:
        _custom.clear()
        _custom.update(before)


class Registry:
    """The things of one kind, by name. Case and underscores in a name do not matter.

    >>> shapes = Registry("shape")
    >>> @shapes.register
    ... class RoundCorner(Configurable):
    ...     def __init__(self, radius=1.0):
    ...         self.radius = radius
    >>> shapes.get("round_corner").radius
    1.0
    >>> shapes.get({"class": "RoundCorner", "config": {"radius": 2.0}}).get_config()
    {'radius': 2.0}
    >>> shapes.get("roundcornr")
    Traceback (most recent call last):
        ...
    pellucid.errors.SettingError: ... got 'roundcornr'. Did you mean 'RoundCorner'?

    With `also`, what is not known here is looked for in another registry.
    """

    def __init__(self, kind: str, also: "Registry | None" = None) -> None:
        self.kind, self.also = kind, also
        self.known: dict[str, Any] = {}
        self.names: dict[str, str] = {}

    def register(self, thing: Any, *names: str) -> Any:
        """Make a class or function known by its own name and by `names`; usable as a decorator."""
        for name in (thing.__name__, *names):
            self.known[_key(name)] = thing
            self.names[_key(name)] = name
        return thing

    def find(self, name: str) -> Any:
        """The class or function of this name. Raises SettingError where there is none."""
        if _key(name) in _custom:
            return _custom[_key(name)]
        if _key(name) in self.known:
            return self.known[_key(name)]
        if self.also is not None and name in self.also:
            return self.also.find(name)
        known = set(self.names.values()) | set(self.also.names.values() if self.also else ())
        raise SettingError(self.kind, f"a known {self.kind}", repr(name), nearest(name, known))

    def __contains__(self, name: str) -> bool:
        """Whether a name is known here, and stands for nothing of the user's own."""
        known = _key(name) in self.known or (self.also is not None and name in self.also)
        return known and _key(name) not in _custom

    def get(self, identifier: Any) -> Any:
        """What an argument names: a name, a dictionary of settings, or the thing itself."""
        if isinstance(identifier, str):
            found = self.find(identifier)
            return found() if isinstance(found, type) else found
        if isinstance(identifier, dict):
            return self.find(identifier["class"]).from_config(identifier["config"])
        return identifier() if isinstance(identifier, type) else identifier


def _key(name: str) -> str:
    """A name without what people write differently."""
    return name.lower().replace("_", "").replace("-", "")


def snake_case(name: str) -> str:
    """The name of a class as a name of an instance.

    >>> snake_case("MaxPooling2D"), snake_case("ReLU"), snake_case("BatchNormalization")
    ('max_pooling2d', 're_lu', 'batch_normalization')
    """
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()
