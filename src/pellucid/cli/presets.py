"""The three models that `--model` knows by name. They read like the text-book's own lines.

Each begins with the preparation of its input: `Normalization`, whose mean and variance are measured
on the training data and kept in the model file, so that every later input is prepared alike. Each
ends in a linear layer of scores; the loss takes them with `from_logits=True`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pellucid as pl  # its rooms are imported when they are first used
from pellucid.errors import SettingError, nearest

SMALLEST, MOST_FILTERS = 4, 128  # no pooling to sides below the one, no doubling above the other


def linear(shape: tuple[int, ...], outputs: int, *, l2: float = 0.0) -> list[Any]:
    """f(x, W) = x W + b: one score a class."""
    L = pl.layers
    return [L.Normalization(), L.Flatten(), L.Dense(outputs, kernel_regularizer=_l2(l2))]


def mlp(
    shape: tuple[int, ...],
    outputs: int,
    *,
    hidden_layers: int = 2,
    units: tuple[int, ...] = (128,),
    activation: str = "relu",
    dropout: float = 0.0,
    l2: float = 0.0,
) -> list[Any]:
    """f = W3 max(0, W2 max(0, W1 x)): dense layers, one after another."""
    L = pl.layers
    return [L.Normalization(), L.Flatten(), *_dense(units, outputs, activation, dropout, l2)]


def cnn(
    shape: tuple[int, ...],
    outputs: int,
    *,
    filters: int = 16,
    hidden_layers: int = 1,
    units: tuple[int, ...] = (64,),
    activation: str = "relu",
    dropout: float = 0.0,
    l2: float = 0.0,
) -> list[Any]:
    """Convolutions and pooling, then dense layers.

    A 3 x 3 convolution; then pooling, which halves the image, and a convolution with twice the
    filters, again and again as long as no side falls below 4: once for 8 x 8, twice for 28 x 28,
    three times for 32 x 32.
    """
    L = pl.layers
    if len(shape) != 3:
        raise SettingError(
            "model 'cnn'",
            "images (N, H, W, C)",
            f"rows of shape {shape}",
            "Use --model mlp for tables.",
        )

    def convolution(filters: int) -> Any:
        return L.Conv2D(
            min(filters, max(MOST_FILTERS, first)),
            3,
            padding="same",
            activation=activation,
            kernel_initializer=_initializer(activation),
            kernel_regularizer=_l2(l2),
        )

    first, side = filters, min(shape[:2])
    layers = [L.Normalization(), convolution(filters)]
    while side >= 2 * SMALLEST:
        filters, side = 2 * filters, side // 2
        layers += [L.MaxPooling2D(), convolution(filters)]
    return [*layers, L.Flatten(), *_dense(units, outputs, activation, dropout, l2)]


def _dense(units: Any, outputs: int, activation: str, dropout: float, l2: float) -> list[Any]:
    """Hidden layers of so many units each, and the linear last one."""
    L = pl.layers
    layers: list[Any] = []
    for n in units:
        initializer = _initializer(activation)
        layers += [L.Dense(n, activation, True, initializer, kernel_regularizer=_l2(l2))]
        layers += [L.Dropout(dropout)] if dropout else []
    return [*layers, L.Dense(outputs, kernel_regularizer=_l2(l2))]


def _initializer(activation: str) -> str:
    """Variance 2 / n for relu and its kin, Xavier's for the others."""
    return "he_normal" if "lu" in activation else "glorot_uniform"


def _l2(l2: float) -> Any:
    return pl.regularizers.L2(l2) if l2 else None


# -- by name --------------------------------------------------------------------------------------

PRESETS: dict[str, Callable[..., list[Any]]] = {"linear": linear, "mlp": mlp, "cnn": cnn}


def resolve(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """All settings of a preset: those given, and its own defaults for the others.

    `units` comes out with one number for each hidden layer. Raises SettingError for a setting that
    the preset does not have, and where `units` and `hidden_layers` disagree.
    """
    if name not in PRESETS:
        mend = nearest(name, PRESETS)
        raise SettingError("[model] preset", "linear, mlp or cnn", repr(name), mend)
    known = inspect.signature(PRESETS[name]).parameters.values()
    usual = {p.name: p.default for p in known if p.kind is p.KEYWORD_ONLY}
    for option in given:
        if option not in usual:
            raise SettingError(
                f"model {name!r}",
                f"only its own settings: {', '.join(usual)}",
                option,
                "Leave it out, or choose another model.",
            )
    found = usual | given
    if "units" in usual:
        found |= _one_for_each(given.get("hidden_layers"), list(found["units"]), usual)
    return found


def _one_for_each(count: int | None, units: list[int], usual: dict[str, Any]) -> dict[str, Any]:
    """The number of hidden layers, and the units of each."""
    if count is None:
        count = len(units) if len(units) > 1 else int(usual["hidden_layers"])
    if len(units) == 1:
        units = units * count
    if len(units) != count:
        raise SettingError(
            "--units",
            f"one number, or one for each of {count} hidden layers",
            ",".join(map(str, units)) or "none",
            "Leave --hidden-layers out, or give as many numbers.",
        )
    return {"hidden_layers": count, "units": units}
