"""Callbacks: what happens between the steps of a training run.

A callback sees the model (`self.model`), and at each epoch's end the figures by name (`logs`). One
that remembers something gives it by `get_state`, so that a run that is stopped goes on as if it had
not been.
"""

from collections.abc import Callable
from typing import Any

from pellucid.distributed import is_first
from pellucid.errors import NotFiniteError, SettingError, nearest
from pellucid.registry import Configurable, Registry, plain

registry = Registry("callback")
get = registry.get


class Callback(Configurable):
    """The base: override what you need. `self.model.stop_training = True` ends the run.

    `params`, as a run sets it: "verbose", "epochs", "steps" (of an epoch; None where nobody can
    say), and "validation", whether some epochs are followed by one. Epochs and batches are counted
    from 0. Hooks of batches that nobody overrides cost nothing; those that are overridden read the
    figures after each batch.

    Where several processes train together, each calls its own callbacks, with the figures of all;
    what writes or prints asks `pellucid.distributed.is_first()`, or prints by `say`.
    """

    model: Any = None
    params: dict[str, Any] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch of a `fit`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch; before the rest of it in a run that goes on."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step; `logs` has the figures of the epoch so far."""

    def on_not_finite(self, error: NotFiniteError) -> bool:
        """Where a loss is NaN or infinite. True ends the run; else, if none does, it is raised."""
        return False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last epoch, or when the run was stopped."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Before an `evaluate`, or the validation of an epoch."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of it."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of it; `logs` has the figures so far."""

    def on_test_end(self, logs: Any = None) -> None:
        """After it; `logs` has its figures."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before a `predict`."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of it."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of it; `logs["outputs"]` has what the model gave."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After it."""

    def say(self, text: str) -> None:
        """Print, on the first of the processes that train together."""
        if is_first():
            print(text)

    def get_state(self) -> dict[str, Any]:
        """What has to be remembered when the run is stopped: numbers, lists, arrays."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` gave; after `on_train_begin`."""


HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class Quick(Callback):
    """A callback that is told of each step without the figures, which would cost to read."""

    def after_batch(self, batch: int) -> None:
        """After a step, counted from 0 in each epoch."""


class Saving(Callback):
    """A callback that saves the model: its hooks are called after those of all others.

    `keep()` puts what all callbacks remember into the model's progress, and so into its file.
    """

    keep: Callable[[], None]

    def after_batch(self, batch: int) -> None:
        """After a step and all that others do then, without the figures."""


@registry.register
class History(Callback):
    """Every figure of every epoch: `history["loss"]` is a list with one number an epoch.

    A metric that gives several numbers, one a class say, has a list of arrays.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing."""
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the figures down."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def get_state(self) -> dict[str, Any]:
        """All figures."""
        return {"epoch": self.epoch, "history": self.history}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on with these figures."""
        self.epoch, self.history = list(state["epoch"]), dict(state["history"])


@registry.register
class LambdaCallback(Callback):
    """Hooks from plain functions: `LambdaCallback(on_epoch_end=lambda epoch, logs: ...)`.

    Any hook of `Callback` by its name. Raises SettingError for another name.
    """

    judges_names = True

    def __init__(self, **hooks: Callable[..., Any] | str | None) -> None:
        self.hooks: dict[str, Any] = {}
        for name, hook in hooks.items():
            if name not in HOOKS:
                expected = "hooks by their names"
                raise SettingError("LambdaCallback", expected, repr(name), nearest(name, HOOKS))
            if hook is not None:
                found = registry.find(hook) if isinstance(hook, str) else hook
                self.hooks[name] = found
                setattr(self, name, found)

    def get_config(self) -> dict[str, Any]:
        """The functions by their names."""
        return {name: plain(hook) for name, hook in self.hooks.items()}


@registry.register
class TerminateOnNaN(Callback):
    """Ends the run with a message where a loss is NaN or infinite; without it, `fit` raises.

    The update is not made. The epoch ends there: its loss is NaN in the history, and it is
    validated with the weights that are left.
    """

    def on_not_finite(self, error: NotFiniteError) -> bool:
        """Say why the run ends."""
        self.say(f"training ends: {error}")
        return True
