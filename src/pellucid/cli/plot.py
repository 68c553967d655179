"""`pellucid plot`: all the pictures that fit a run, in its folder.

Which ones fit, the pictures say themselves: one that does not raises an error, whose words are
printed. Pictures of examples show the run's test rows.
"""

import io
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pellucid.cli import run_folder
from pellucid.cli.building import Array, load_parts
from pellucid.cli.saved import class_names, open_model
from pellucid.cli.settings import read
from pellucid.errors import DataError, ModelFileError, PellucidError, SettingError
from pellucid.insight import class_probabilities, plots
from pellucid.insight.plots.frame import new_figure
from pellucid.storage.atomic import write_bytes

TABLES = ("data", "model", "layer", "loss", "optimizer", "fit")
ROWS, FEW = 500, 12  # rows behind a histogram; numbers that can be written one by one


class Run(NamedTuple):
    """A run's model, and its test rows or the error that says why there are none."""

    model: Any
    names: list[str] | None
    rows: tuple[Array, Array] | PellucidError

    def test(self, most: int | None = None) -> tuple[Array, Array]:
        """The first test rows, or all."""
        if isinstance(self.rows, PellucidError):
            raise self.rows
        x, y = self.rows
        return x[:most], y[:most]

    @property
    def one(self) -> Array:
        """The first test row."""
        return self.test(1)[0]


def run(arguments: Namespace) -> int:
    """Draw, and print what was drawn and what does not fit. The exit code is 0."""
    folder = Path(arguments.run).expanduser()
    if not folder.is_dir():
        received = "a file" if folder.exists() else "nothing there"
        mend = "Give the folder that pellucid train made: runs/digits-cnn-1, say."
        raise ModelFileError(f"run {arguments.run}", "the folder of a run", received, mend)
    model = open_model(str(folder))
    new_figure((1, 1))  # says so where matplotlib is missing
    made = Run(model, class_names(model), _test_rows(folder, model))
    unfit = []
    print(f"in {folder / run_folder.PLOTS}:")
    for name, draw in PICTURES.items():
        try:
            figure = draw(made)
        except PellucidError as error:
            unfit.append(f"  {name:<22} expected {error.expected}; got {error.received}")
            continue
        picture = io.BytesIO()
        figure.savefig(picture, format="png")
        write_bytes(folder / run_folder.PLOTS / f"{name}.png", picture.getvalue())
        print(f"  {name}.png")
    if unfit:
        print("do not fit:", *unfit, sep="\n")
    return 0


def _test_rows(folder: Path, model: Any) -> tuple[Array, Array] | PellucidError:
    """The test rows that the run's settings lead to, if they are those that it was made with."""
    try:
        parts = load_parts(read(folder / run_folder.SETTINGS, TABLES))
    except PellucidError as error:
        return error
    if parts.rows != model.notes.get("data"):
        mend = "Bring them back."
        return DataError("data", "the rows that the run was made with", "others", mend)
    return parts.test


# -- the pictures ---------------------------------------------------------------------------------


def _activations(run: Run) -> Any:
    """Those that the model's layers have."""
    known = (getattr(layer, "activation", None) for layer in run.model.layers)
    used = dict.fromkeys(a for a in known if getattr(a, "__name__", "linear") != "linear")
    if not used:
        mend = "The model is linear, or its activations are layers."
        raise SettingError("activation_curves", "layers with activations", "none", mend)
    return plots.activation_curves(list(used))


def _layer_work(run: Run) -> Any:
    """The first dense layer, where it takes few numbers."""
    x = run.one
    if x[0].size > FEW:
        expected, received = f"examples of at most {FEW} numbers", f"{x[0].size:,}"
        raise SettingError("layer_work", expected, received, "Draw it from Python.")
    return plots.layer_work(run.model, x)


def _score_to_loss(run: Run) -> Any:
    """How the loss of the first test row comes about."""
    steps = run.model.trace(*run.test(1), training=False).score_to_loss()
    return steps.picture(class_names=run.names)


def _confusion(run: Run) -> Any:
    """Which class is taken for which, of the test rows."""
    if run.names is None:
        received = type(run.model.loss).__name__
        raise SettingError("confusion_matrix", "a model of classes", received, "")
    x, y = run.test()
    taken = class_probabilities(run.model, run.model.predict(x))
    return plots.confusion_matrix(y, taken, run.names)


def _of_test(picture: Callable[..., Any], *, names: bool = False, most: int | None = None) -> Any:
    """A picture of the model on test rows."""
    return lambda run: picture(run.model, *run.test(most), *([run.names] if names else []))


PICTURES: dict[str, Callable[[Run], Any]] = {
    "learning_curve": lambda run: plots.learning_curve(run.model.history),
    "network_diagram": lambda run: plots.network_diagram(run.model),
    "thinned_network": lambda run: plots.thinned_network(run.model, run.one),
    "activation_curves": _activations,
    "layer_work": _layer_work,
    "score_to_loss": _score_to_loss,
    "weight_images": lambda run: plots.weight_images(run.model),
    "filters": lambda run: plots.filters(run.model),
    "feature_maps": lambda run: plots.feature_maps(run.model, run.one),
    "activation_histograms": lambda run: plots.activation_histograms(run.model, run.test(ROWS)[0]),
    "gradient_histograms": _of_test(plots.gradient_histograms, most=ROWS),
    "decision_boundary": _of_test(plots.decision_boundary),
    "confusion_matrix": _confusion,
    "most_wrong": _of_test(plots.most_wrong, names=True),
    "saliency": lambda run: plots.saliency(run.model, run.one, class_names=run.names),
    "occlusion": lambda run: plots.occlusion(run.model, run.one, class_names=run.names),
}
