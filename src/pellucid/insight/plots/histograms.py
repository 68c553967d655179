"""How activations and gradients are distributed, layer by layer, and how that changes in training.

A gradient here is dA, that of the loss with respect to what a layer makes. Gradients differ by
powers of ten from layer to layer, so their histograms are of log10 |dA|.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import DataError, SettingError
from pellucid.insight.colours import BLUE, GREY, ORANGE
from pellucid.insight.measuring import as_numpy, short
from pellucid.insight.plots.frame import FORWARD, SIZE, ink, panels, scale
from pellucid.insight.watching import Call, Watched, watch
from pellucid.training.callbacks import Callback, registry
from pellucid.training.copying import copied

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 60
SMALLEST = 1e-30  # gradients below count as 0
ONLY_MOVE = ("Reshape", "Transpose", "Slice", "Concatenate")  # gates that compute nothing
RARE = 1e-3  # this share of the numbers at each end counts in the outermost bins


class Histogram(NamedTuple):
    """One layer: `counts` (bins,) between `edges` (bins + 1,), and figures of all its numbers.

    `zeros` is the share that is exactly 0. Of gradients, edges are of log10 |dA|, where dA is not
    0; mean and deviation are of dA itself.
    """

    layer: str
    counts: np.ndarray
    edges: np.ndarray
    mean: float
    deviation: float
    zeros: float


def activation_histograms(model: Any, x: Any, ax: "Axes | None" = None) -> "Figure":
    """The distribution of what each layer makes of a batch x (N, ...), in inference.

    Shares of exact zeros (units that a relu has switched off) are written beside each. Raises
    SettingError for a model without layers, or without matplotlib.
    """
    return _ridges(activation_histograms_data(model, x), "activation", BLUE, ax)


def activation_histograms_data(model: Any, x: Any, bins: int = BINS) -> list[Histogram]:
    """One histogram a layer, in the layers' order, over the same edges."""
    return _histograms(_activations(watch(model, x)), bins)


def gradient_histograms(model: Any, x: Any, y: Any, ax: "Axes | None" = None) -> "Figure":
    """The distribution of the gradient dA of each layer's output, for a batch (x, y) of training.

    Where it moves to the left from the last layer to the first, gradients vanish; to the right,
    they explode. Raises SettingError for a model that is not compiled, or without matplotlib.
    """
    label = "gradient of the loss, log10 |dA|"
    return _ridges(gradient_histograms_data(model, x, y), label, ORANGE, ax)


def gradient_histograms_data(model: Any, x: Any, y: Any, bins: int = BINS) -> list[Histogram]:
    """One histogram of log10 |dA| a layer, in the layers' order, over the same edges."""
    whole = watch(model, x, y, training=True, where="gradients")
    return _of_gradients(_gradients(whole), bins)


# -- over time ------------------------------------------------------------------------------------


@registry.register
class HistogramRecorder(Callback):
    """Keeps the histograms of a small batch (x, y) as a model trains, for `histograms_over_time`.

    A look at the beginning and after every `every`-th epoch: a pass in inference and one in
    training, on a copy of the model, so the run makes the same steps. Nothing is done at batches.
    `epochs` has the numbers of the epochs done at each look, `activations` and `gradients` the
    histograms, {layer: one a look}. What a look costs grows with the rows of x: give
    it a small batch. Raises SettingError for `every` below 1.
    """

    def __init__(self, x: Any, y: Any, every: int = 1) -> None:
        if every < 1:
            raise SettingError("HistogramRecorder", "every from 1", repr(every), "Try 1.")
        self.x, self.y, self.every = x, y, every
        self.epochs: list[int] = []
        self.activations: dict[str, list[Histogram]] = {}
        self.gradients: dict[str, list[Histogram]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """The first look."""
        self.epochs, self.activations, self.gradients = [], {}, {}
        self._look(0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Another look."""
        if (epoch + 1) % self.every == 0:
            self._look(epoch + 1)

    def _look(self, epoch: int) -> None:
        """Two histograms of each layer."""
        self.epochs.append(epoch)
        copy = copied(self.model)
        activations = _activations(watch(copy, self.x, is_copy=True))
        whole = watch(copy, self.x, self.y, training=True, is_copy=True, where="gradients")
        for each in _apart(activations, _histograms):
            self.activations.setdefault(each.layer, []).append(each)
        for each in _apart(_gradients(whole), _of_gradients):
            self.gradients.setdefault(each.layer, []).append(each)


def histograms_over_time(
    recorder: Any, layer: str | None = None, ax: "Axes | Sequence[Axes] | None" = None
) -> "Figure":
    """A layer's activations and gradients over the epochs that a `HistogramRecorder` has seen.

    Two panels: for each epoch a column, the lighter the more of the numbers lie there; the line is
    their median. `layer` is the first one unless given. Raises DataError for a recorder that has
    seen nothing, SettingError for a layer that it does not know, or without matplotlib.
    """
    figure, axes = panels(ax, 1, 2, (5.6, 3.8))
    both = histograms_over_time_data(recorder, layer)
    labels = {"activations": "activation", "gradients": "log10 |dA|"}
    for panel, (what, (epochs, edges, shares, middle)) in zip(axes, both.items(), strict=True):
        steps = np.append(epochs, epochs[-1] + (epochs[-1] - epochs[-2] if len(epochs) > 1 else 1))
        image = panel.pcolormesh(steps, edges, shares.T, cmap=FORWARD, shading="flat")
        panel.plot((steps[1:] + steps[:-1]) / 2, middle, color="white", lw=1.8)
        panel.set_xlabel("epochs done")
        panel.set_ylabel(labels[what])
        panel.set_title(f"{what} of {recorder_layer(recorder, layer)}", pad=8)
        panel.locator_params(axis="x", integer=True)
        scale(panel, image, "share of the numbers")
    return figure


def histograms_over_time_data(recorder: Any, layer: str | None = None) -> dict[str, Any]:
    """{"activations": ..., "gradients": ...}: epochs (T,), edges (B + 1,), shares (T, B), medians.

    The shares of an epoch add up to 1 over edges that are the same for all epochs.
    """
    name = recorder_layer(recorder, layer)
    found = {}
    for what in ("activations", "gradients"):
        looks = getattr(recorder, what)[name]
        low, high = min(h.edges[0] for h in looks), max(h.edges[-1] for h in looks)
        edges = np.linspace(low, high, BINS + 1)
        shares = np.stack([_rebinned(h, edges) for h in looks])
        sums = shares.sum(axis=1, keepdims=True)
        shares = shares / np.where(sums, sums, 1)
        middles = (edges[1:] + edges[:-1]) / 2
        medians = middles[(np.cumsum(shares, axis=1) >= 0.5).argmax(axis=1)]
        found[what] = np.array(recorder.epochs), edges, shares, medians
    return found


def recorder_layer(recorder: Any, layer: str | None) -> str:
    """The layer that is meant, which the recorder has seen."""
    known = list(recorder.activations)
    if not known:
        mend = "Give it to fit: model.fit(x, y, callbacks=[recorder])."
        raise DataError("histograms_over_time", "a recorder of a run", "one without any", mend)
    name = known[0] if layer is None else layer
    if name not in known:
        mend = f"There is: {', '.join(known)}."
        raise SettingError("histograms_over_time", "the name of a layer", repr(layer), mend)
    return name


def _rebinned(histogram: Histogram, edges: np.ndarray) -> np.ndarray:
    """Counts over other edges: each bin is spread evenly over those that it covers."""
    total = np.concatenate([[0.0], np.cumsum(histogram.counts)])
    return np.diff(np.interp(edges, histogram.edges, total))


# -- the numbers ----------------------------------------------------------------------------------


def _computed(whole: Watched) -> list[Call]:
    """The calls that made other numbers, and did not only hand them on in another shape."""

    def computes(call: Call) -> bool:
        gate = call.output.gate
        only_moves = gate is not None and type(gate).__name__ in ONLY_MOVE
        return call.output is not call.inputs[0] and not only_moves

    found = [call for call in whole.listed if computes(call)]
    if not found:
        received = f"model {whole.model.label} with none"
        raise SettingError("histograms", "a model with layers that compute", received, "Add some.")
    return found


def _gradients(whole: Watched) -> dict[str, np.ndarray]:
    """The gradient of what each layer makes, where the loss depends on trained weights below it."""
    known = {call.name: whole.gradient(call.output) for call in _computed(whole)}
    return {name: as_numpy(dA) for name, dA in known.items() if dA is not None}


def _activations(whole: Watched) -> dict[str, np.ndarray]:
    """What each layer makes."""
    return {call.name: as_numpy(call.output) for call in _computed(whole)}


def _apart(arrays: dict[str, np.ndarray], histograms: Any) -> list[Histogram]:
    """Histograms with edges of their own."""
    return [histograms({name: array}, BINS)[0] for name, array in arrays.items()]


def _of_gradients(arrays: dict[str, np.ndarray], bins: int) -> list[Histogram]:
    """Histograms of log10 |dA|."""
    logs = {name: _logarithms(dA) for name, dA in arrays.items()}
    found = _histograms(logs, bins)
    figures = zip(found, arrays.values(), strict=True)
    return [
        h._replace(mean=float(a.mean()), deviation=float(a.std()), zeros=float((a == 0).mean()))
        for h, a in figures
    ]


def _logarithms(dA: np.ndarray) -> np.ndarray:
    """log10 |dA| of what is not 0."""
    sizes = np.abs(dA).ravel()
    return np.log10(sizes[sizes > SMALLEST])


def _span(arrays: Any) -> tuple[float, float]:
    """From small to large numbers of all, but for rare ones; what is not finite is left out."""
    known = [a[np.isfinite(a)] for a in arrays]
    known = [a for a in known if a.size]
    if not known:
        return -1.0, 1.0
    low = float(min(np.quantile(a, RARE) for a in known))
    high = float(max(np.quantile(a, 1 - RARE) for a in known))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _histograms(arrays: dict[str, np.ndarray], bins: int) -> list[Histogram]:
    """One histogram each, over the same edges."""
    found, span = [], _span(arrays.values())
    for name, array in arrays.items():
        flat = array[np.isfinite(array)].ravel()
        counts, edges = np.histogram(np.clip(flat, *span), bins, span)
        figures = (flat.mean(), flat.std(), (flat == 0).mean()) if flat.size else (0.0, 0.0, 1.0)
        found.append(Histogram(name, counts, edges, *map(float, figures)))
    return found


# -- drawing --------------------------------------------------------------------------------------


def _ridges(found: list[Histogram], label: str, colour: str, ax: "Axes | None") -> "Figure":
    """The layers below each other, the first at the top; each histogram as high as its fullest bin.

    The bin of exact zeros would flatten the others where a relu makes most of them; it is cut.
    """
    figure, (panel,) = panels(ax, 1, 1, (6.8, 0.72 * len(found) + 1.0))
    for k, each in enumerate(found):
        base = len(found) - 1 - k
        middles = (each.edges[1:] + each.edges[:-1]) / 2
        highest = np.sort(each.counts)[-2:].mean() if each.zeros > 0.2 else each.counts.max()
        heights = 0.86 * np.minimum(each.counts / max(highest, 1), 1)
        look = {"step": "mid", "color": colour, "alpha": 0.75, "lw": 0}
        panel.fill_between(middles, base, base + heights, **look)
        panel.axhline(base, color=GREY, lw=0.8)
        zeros = f"\n{each.zeros:.0%} zeros" if each.zeros > 0.005 else ""
        text = f"mean {short(each.mean, 2)}\nsd {short(each.deviation, 2)}{zeros}"
        words = panel.text(1.02, base + 0.3, text, transform=panel.get_yaxis_transform())
        words.set(ha="left", va="center", color=ink(panel), fontsize=SIZE - 2)
    panel.set_yticks(range(len(found)), [each.layer for each in found][::-1])
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.set(ylim=(-0.08, len(found)), xlim=(found[0].edges[0], found[0].edges[-1]))
    panel.set_xlabel(label)
    return figure
