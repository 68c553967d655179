"""What a model consists of: whether it is all Pellucid's own, and whether anything was replaced.

Steps and answers that are recorded (`repeating`, `answering`) hold only as long as every layer,
parameter and loss is made of the same things as when they were.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from operator import attrgetter, is_
from typing import Any
from weakref import ref

from pellucid.layers.layer import Layer

OWN = "pellucid."
END = object()  # after the last thing: two rows of things that are the same are as long as well
_of_parameter = attrgetter("value", "place", "requires_grad", "regularizer")

Look = Callable[[], Iterable[Any]]


class Snapshot:
    """What layers, parameters and other parts hold now, thing by thing. It keeps no model alive."""

    def __init__(self, model: Any, *others: Any) -> None:
        looks: list[Look] = []
        for layer in model.all_layers():
            is_net = is_network(layer)
            looks.append(partial(_of_network, ref(layer)) if is_net else vars(layer).values)
        looks.append(partial(_of_parameters, model.weights))
        looks += [vars(other).values for other in others]
        lists = [thing for look in looks for thing in look() if isinstance(thing, list)]
        self.looks = [*looks, *(each.copy for each in lists), lambda: (END,)]
        self.seen = list(self._now())

    def holds(self) -> bool:
        """Whether all of them still hold the very same things."""
        return all(map(is_, self._now(), self.seen))

    def _now(self) -> Iterable[Any]:
        """What they hold at this moment, one after another, and END."""
        return chain.from_iterable([look() for look in self.looks])


def _of_parameters(parameters: list[Any]) -> Iterable[Any]:
    """What their values, gradients and penalties are."""
    return chain.from_iterable(map(_of_parameter, parameters))


def _of_network(there: "ref[Any]") -> tuple[Any, ...]:
    """What a model is made of, beside its layers' own parts."""
    model: Any = there()
    return model.layers, getattr(model, "loss", None), model.is_mixed


def is_known(layer: Layer) -> bool:
    """Whether a layer is one of ours, and activates by ours."""
    activation = getattr(layer, "activation", None)
    return is_network(layer) or (is_own(layer) and (activation is None or is_own(activation)))


def is_network(layer: Layer) -> bool:
    """Whether a layer is a model that only calls its layers, which are looked at themselves."""
    return type(layer).__module__.startswith(f"{OWN}models.")


def is_own(thing: Any) -> bool:
    """Whether a function, or an object's class, is Pellucid's own."""
    module = getattr(thing, "__module__", "") or ""
    return module.startswith(OWN)
