"""Names for things, and settings that go out and come in as plain dictionaries.

A `Configurable` keeps each argument of its `__init__` on `self` under the argument's own name; that
is all it takes for `get_config()` to give its settings and `from_config()` to make its equal. Each
kind of thing (layers, losses, optimisers, ...) has one `Registry`, which finds them by name.
"""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, Self

from pellucid.errors import SettingError, nearest


class Signature:
    """What `help()` and editors show of a class: its arguments, and those of its bases."""

    def __get__(self, thing: Any, cls: type) -> inspect.Signature:
        if thing is not None:  # an object that is called has a signature of its own
            raise AttributeError("__signature__")
        return inspect.Signature(list(parameters(cls).values()))


class Configurable:
    """Something whose settings are the arguments that it was made with.

    Raises SettingError, with the nearest name, for an argument that its class does not take. One
    that `judges_names` looks at the names of its arguments itself.
    """

    __signature__ = Signature()
    judges_names: ClassVar[bool] = False

    def __new__(cls, *values: Any, **settings: Any) -> Self:
        """Refuse what the class does not know, before anything is set."""
        known = parameters(cls)
        unknown = [name for name in settings if name not in known]
        is_open = cls.judges_names or any(p.kind is p.VAR_KEYWORD for p in known.values())
        if unknown and not is_open:
            names = ", ".join(map(repr, unknown))
            mend = nearest(unknown[0], known)
            raise SettingError(cls.__name__, "known arguments", names, mend)
        return super().__new__(cls)

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
    return [p.name for p in parameters(cls).values() if p.kind is not p.VAR_KEYWORD]


@cache
def parameters(cls: type) -> dict[str, inspect.Parameter]:
    """The arguments that `cls(...)` takes, by name, in order; those of its bases by name alone.

    Where a class from outside of Pellucid takes any argument (`**settings`), it may have a use for
    one that is in no list: the last of these then stands for the rest.
    """
    found: dict[str, inspect.Parameter] = {}
    rest: dict[str, inspect.Parameter] = {}
    bases = [base for base in cls.__mro__[:-1] if "__init__" in vars(base)]
    for base in bases:
        own = list(inspect.signature(base.__init__).parameters.values())[1:]
        more = {p.name: p for p in own if p.kind is p.VAR_KEYWORD}
        for p in own:
            if p.name not in found and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                found[p.name] = p if base is bases[0] else p.replace(kind=p.KEYWORD_ONLY)
        if not more:
            break
        if not base.__module__.startswith("pellucid."):
            rest = more
    return found | rest


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

    With `also`, what is not known here is looked for in another registry; `elsewhere` are names
    that are read in another place, and are suggested too.
    """

    def __init__(
        self, kind: str, also: "Registry | None" = None, elsewhere: tuple[str, ...] = ()
    ) -> None:
        self.kind, self.also, self.elsewhere = kind, also, elsewhere
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
        known = {*self.names.values(), *self.elsewhere}
        known |= set(self.also.names.values() if self.also else ())
        raise SettingError(self.kind, f"a known {self.kind}", repr(name), nearest(name, known))

    def __contains__(self, name: str) -> bool:
        """Whether a name is known here, and stands for nothing of the user's own."""
        known = _key(name) in self.known or (self.also is not None and name in self.also)
        return known and _key(name) not in _custom

    def get(self, identifier: Any) -> Any:
        """What an argument names: a name, a dictionary of settings, or the thing itself.

        Raises SettingError for what is none of these, and for the name alone of a class that has
        to be told more.
        """
        if isinstance(identifier, dict):
            return self.described(identifier)
        found = self.find(identifier) if isinstance(identifier, str) else identifier
        if isinstance(found, type):
            return self.made(found)
        if found is None or callable(found) or isinstance(found, Configurable):
            return found
        mend = "Write a name in quotes, or make the thing."
        raise SettingError(self.kind, "a name, or a thing itself", repr(found), mend)

    def described(self, settings: dict[str, Any]) -> Any:
        """The thing that `plain` wrote down."""
        if not {"class", "config"} <= settings.keys():
            received = f"the keys {', '.join(map(repr, settings)) or 'of none'}"
            mend = "Give the thing itself, or its name."
            raise SettingError(self.kind, "a dictionary with 'class' and 'config'", received, mend)
        return self.find(settings["class"]).from_config(settings["config"])

    def made(self, cls: type) -> Any:
        """One of this class, which must need no arguments."""
        known = parameters(cls)
        needed = [name for name in arguments(cls) if known[name].default is inspect.Parameter.empty]
        if needed:
            call = f"{cls.__name__}({', '.join(f'{name}=...' for name in needed)})"
            raise SettingError(
                self.kind,
                f"{cls.__name__} with its settings",
                "its name alone",
                f"Make one: {call}.",
            )
        return cls()


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
