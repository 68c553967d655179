"""All callbacks of a run, called in turn. Who does not override a hook is not called for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pellucid.errors import NotFiniteError, SettingError
from pellucid.training.callbacks import Callback, Quick, Saving


def listed(where: str, callbacks: Any) -> list[Callback]:
    """What was given as callbacks: none, one, or several. Raises SettingError for anything else."""
    several = isinstance(callbacks, list | tuple)
    found = list(callbacks) if several else [] if callbacks is None else [callbacks]
    for each in found:
        if not isinstance(each, Callback):
            is_class = isinstance(each, type) and issubclass(each, Callback)
            name = each.__name__ if isinstance(each, type) else type(each).__name__
            received = f"the class {name}" if is_class else f"a {name}"
            mend = f"Make one: {name}()." if is_class else "See pellucid.callbacks."
            raise SettingError(where, "callbacks as a list of Callback objects", received, mend)
    return found


class Callbacks:
    """The callbacks of a `fit`, an `evaluate` or a `predict`; those that save come last."""

    def __init__(self, model: Any, callbacks: Sequence[Callback]) -> None:
        self.model = model
        self.callbacks = sorted(callbacks, key=lambda callback: isinstance(callback, Saving))
        for callback in self.callbacks:
            callback.model = model
        self.quick = [c.after_batch for c in callbacks if isinstance(c, Quick)]
        self.saving = [c.after_batch for c in callbacks if isinstance(c, Saving)]
        self.train_batch_begin = self._hooks("on_train_batch_begin")
        self.train_batch_end = self._hooks("on_train_batch_end")
        self.test_batch_begin = self._hooks("on_test_batch_begin")
        self.test_batch_end = self._hooks("on_test_batch_end")
        self.predict_batch_begin = self._hooks("on_predict_batch_begin")
        self.predict_batch_end = self._hooks("on_predict_batch_end")

    @property
    def may_change_the_model(self) -> bool:
        """Whether a callback is called at every batch, of which nobody knows what it does."""
        return bool(self.train_batch_begin or self.train_batch_end)

    def _hooks(self, name: str) -> list[Callable[..., None]]:
        """This hook of every callback that has one of its own."""
        own = [getattr(callback, name) for callback in self.callbacks]
        return [hook for hook in own if getattr(hook, "__func__", None) is not vars(Callback)[name]]

    # -- a run --------------------------------------------------------------------------------

    def begin(self, resume: bool, params: dict[str, Any]) -> None:
        """Before the first epoch; in a run that goes on, with what each remembered."""
        known = self.model.progress.get("callbacks", {}) if resume else {}
        for name, callback in self._named().items():
            callback.params = params
            callback.on_train_begin({})
            if name in known:
                callback.set_state(known[name])
            if isinstance(callback, Saving):
                callback.keep = self.keep

    def _named(self) -> dict[str, Callback]:
        """Each callback by a name that is the same in the run that goes on."""
        names = [type(callback).__name__ for callback in self.callbacks]
        numbered = [f"{name} {names[:i].count(name)}" for i, name in enumerate(names)]
        return dict(zip(numbered, self.callbacks, strict=True))

    def keep(self) -> None:
        """Put what the callbacks remember into the model's progress."""
        states = {name: callback.get_state() for name, callback in self._named().items()}
        self.model.progress["callbacks"] = {name: state for name, state in states.items() if state}

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Inside, an error leaves what the callbacks remember in the model's progress."""
        try:
            yield
        except BaseException:
            self.keep()
            raise

    def on_train_end(self) -> None:
        """After the last epoch. What the callbacks remember is kept."""
        self.keep()
        for callback in self.callbacks:
            callback.on_train_end({})

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """After an epoch."""
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_not_finite(self, error: NotFiniteError) -> None:
        """A loss was not finite: the error is raised, unless a callback ends the run for it."""
        taken = [callback.on_not_finite(error) for callback in self.callbacks]
        if not any(taken):
            raise error from None
        self.model.stop_training = True

    # -- batches ------------------------------------------------------------------------------

    def on_train_batch_begin(self, batch: int) -> None:
        """Before a step."""
        for hook in self.train_batch_begin:
            hook(batch, {})

    def on_train_batch_end(self, batch: int) -> None:
        """After a step. The figures are read only if a callback wants them."""
        for draw in self.quick:
            draw(batch)
        if self.train_batch_end:
            self._with_figures(self.train_batch_end, batch)
        for save in self.saving:
            save(batch)

    def on_test_begin(self) -> None:
        """Before a measurement: an `evaluate`, or the validation of an epoch."""
        for callback in self.callbacks:
            callback.on_test_begin({})

    def on_test_batch_begin(self, batch: int) -> None:
        """Before a batch of it."""
        for hook in self.test_batch_begin:
            hook(batch, {})

    def on_test_batch_end(self, batch: int) -> None:
        """After a batch of it."""
        if self.test_batch_end:
            self._with_figures(self.test_batch_end, batch)

    def on_test_end(self, logs: dict[str, Any]) -> None:
        """After a measurement."""
        for callback in self.callbacks:
            callback.on_test_end(logs)

    def on_predict_begin(self) -> None:
        """Before a `predict`."""
        for callback in self.callbacks:
            callback.on_predict_begin({})

    def on_predict_batch_begin(self, batch: int) -> None:
        """Before a batch of it."""
        for hook in self.predict_batch_begin:
            hook(batch, {})

    def on_predict_batch_end(self, batch: int, outputs: Any) -> None:
        """After a batch of it."""
        for hook in self.predict_batch_end:
            hook(batch, {"outputs": outputs})

    def on_predict_end(self) -> None:
        """After a `predict`."""
        for callback in self.callbacks:
            callback.on_predict_end({})

    def _with_figures(self, hooks: list[Callable[..., None]], batch: int) -> None:
        """Call hooks with the figures so far."""
        logs = self.model.figures()
        for hook in hooks:
            hook(batch, logs)
