"""What the size of the first weights does to deep networks: an experiment on real models.

A signal goes through many dense layers, and a gradient comes back. Weights a little too large make
both grow with every layer, exponentially in the depth; a little too small, and both vanish. Weights
of variance 1 / n (tanh) or 2 / n (relu) keep them (Glorot and Bengio 2010; He et al. 2015).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import SettingError
from pellucid.graph import gradients_of
from pellucid.initializers import HeNormal, LecunNormal, RandomNormal
from pellucid.insight.plots.frame import LINES, grid, legend, panels
from pellucid.insight.watching import watch
from pellucid.layers import Dense, Input
from pellucid.models import Sequential

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIMITS = 1e-9, 1e9  # what goes beyond leaves the picture


class Depth(NamedTuple):
    """The standard deviations of activations and of their gradients, (layers,) both."""

    activations: np.ndarray
    gradients: np.ndarray


def usual_initializers() -> dict[str, Any]:
    """First weights to compare: small and large ones, and those made for tanh and for relu."""
    return {
        "0.01 x normal": RandomNormal(stddev=0.01),
        "normal": RandomNormal(stddev=1.0),
        "Xavier, sqrt(1/n)": LecunNormal(),
        "He, sqrt(2/n)": HeNormal(),
    }


def depth_experiment(
    initializers: Mapping[str, Any] | None = None,
    activation: Any = "tanh",
    ax: "Axes | Sequence[Axes] | None" = None,
    *,
    depth: int = 30,
    units: int = 100,
    seed: int = 0,
) -> "Figure":
    """How large activations and gradients are, layer by layer, for several first weights.

    For each of `initializers` {title: initialiser} (`usual_initializers()` unless given) a network
    of `depth` dense layers takes 200 normal examples, and a gradient of normal numbers is sent back
    from its output. Two panels, both logarithmic. Raises SettingError for a depth or units below 1,
    or without matplotlib.
    """
    settings = {"depth": depth, "units": units, "seed": seed}
    found = depth_experiment_data(initializers, activation, **settings)
    figure, axes = panels(ax, 1, 2, (5.6, 4.0))
    name = activation if isinstance(activation, str) else getattr(activation, "__name__", "")
    for panel, what in zip(axes, ("activations", "gradients"), strict=True):
        for (title, each), (colour, style) in zip(found.items(), LINES, strict=False):
            sizes = np.clip(getattr(each, what), LIMITS[0] / 10, LIMITS[1] * 10)
            layers = np.arange(1, len(sizes) + 1)
            panel.plot(layers, sizes, linestyle=style, color=colour, lw=2.4, label=title)
        panel.set_yscale("log")
        low, high = panel.get_ylim()
        panel.set_ylim(max(low, LIMITS[0]), min(high, LIMITS[1]))
        panel.set_xlabel("layer")
        panel.set_ylabel(f"standard deviation of {'A' if what == 'activations' else 'dA'}")
        panel.set_title(f"{what}, {name}", pad=8)
        panel.locator_params(axis="x", integer=True)
        grid(panel)
    legend(axes[0], fontsize=11)
    return figure


def depth_experiment_data(
    initializers: Mapping[str, Any] | None = None,
    activation: Any = "tanh",
    *,
    depth: int = 30,
    units: int = 100,
    seed: int = 0,
) -> dict[str, Depth]:
    """The experiment's figures, by the initialisers' titles."""
    for value, name in ((depth, "depth"), (units, "units")):
        if value < 1:
            expected = f"{name} from 1"
            raise SettingError("depth_experiment", expected, repr(value), "Try 30 and 100.")
    initializers = usual_initializers() if initializers is None else initializers
    found = {}
    for title, initializer in initializers.items():
        rng = np.random.default_rng(seed)
        layers = [Dense(units, activation, kernel_initializer=initializer) for _ in range(depth)]
        model = Sequential([Input((units,)), *layers], dtype="float64")
        whole = watch(model, rng.normal(size=(200, units)))
        gradients = gradients_of(whole.output, rng.normal(size=whole.output.shape))
        made = [call.output for call in whole.listed]
        sizes = [[np.std(a.value) for a in made], [np.std(gradients[a]) for a in made]]
        found[title] = Depth(*np.array(sizes))
    return found
