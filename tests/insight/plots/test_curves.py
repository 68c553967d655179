"""Learning curves, and what holds for all pictures: no background, no global state."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from pellucid import insight
from pellucid.callbacks import History
from pellucid.errors import DataError, SettingError

FIGURES = {"loss": [1.0, 0.5, 0.25], "accuracy": [0.5, 0.7, 0.9], "val_loss": [1.1, 0.6, 0.5]}


def test_a_curve_shows_every_figure_over_the_epochs():
    figure = insight.learning_curve(FIGURES)
    loss, accuracy = figure.axes
    assert [panel.get_ylabel() for panel in figure.axes] == ["loss", "accuracy"]
    assert loss.get_xlabel() == "epoch"
    training, validation = loss.get_lines()
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert list(training.get_ydata()) == FIGURES["loss"]
    assert list(validation.get_ydata()) == FIGURES["val_loss"]
    assert [t.get_text() for t in loss.get_legend().get_texts()] == ["training", "validation"]
    assert len(accuracy.get_lines()) == 1
    assert training.get_linestyle() != validation.get_linestyle()


def test_figures_of_several_numbers_are_left_out():
    several = {"f1": [np.ones(3)] * 3, "val_f1": [np.ones(3)] * 3}
    figure = insight.learning_curve({"f1": several["f1"], **FIGURES, "val_f1": several["val_f1"]})
    assert [panel.get_ylabel() for panel in figure.axes] == ["loss", "accuracy"]


def test_a_history_and_what_has_one_are_taken_too():
    history = History()
    for epoch in range(3):
        history.on_epoch_end(epoch, {name: values[epoch] for name, values in FIGURES.items()})

    class Model:
        def __init__(self):
            self.history = history

    for source in (history, Model()):
        assert len(insight.learning_curve(source).axes) == 2


def test_a_history_without_epochs_has_no_curve():
    with pytest.raises(DataError, match="at least one epoch"):
        insight.learning_curve(History())


def test_given_axes_are_drawn_on_and_their_figure_comes_back():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert insight.learning_curve(FIGURES, ax=left) is figure
    assert left.get_ylabel() == "loss"
    assert not right.get_lines()
    assert insight.learning_curve(FIGURES, ax=[left, right]) is figure
    assert right.get_ylabel() == "accuracy"


def test_pictures_have_no_background_and_can_be_saved(tmp_path):
    from PIL import Image

    for name, figure in {
        "curve": insight.learning_curve({"loss": list(np.linspace(2, 1, 40))}),
        "matrix": insight.confusion_matrix([0, 1, 1], [0, 1, 0]),
    }.items():
        figure.savefig(tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as image:
            pixels = np.asarray(image)
        assert pixels[0, 0, 3] == 0
        assert (pixels[..., 3] == 255).sum() > 1000


def test_drawing_leaves_no_global_state():
    code = (
        "import sys; from pellucid import insight; assert 'matplotlib' not in sys.modules;"
        "insight.learning_curve({'loss': [1.0, 0.5]}); assert 'matplotlib' in sys.modules;"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(SettingError, match=r"pip install 'pellucid\[plots\]'"):
        insight.learning_curve(FIGURES)


def test_smooth_lines_are_the_bias_corrected_average():
    (lines,) = insight.learning_curve_data({"loss": [4.0, 2.0, 1.0]}, beta=0.5).values()
    curve = lines["training"]
    assert curve.epochs.tolist() == [1, 2, 3]
    assert curve.values.tolist() == [4.0, 2.0, 1.0]
    by_hand = [4.0, (4.0 * 0.25 + 2.0 * 0.5) / 0.75, (0.5 + 0.5 + 0.5) / 0.875]
    np.testing.assert_allclose(curve.smoothed, by_hand)
    (panel,) = insight.learning_curve({"loss": [4.0, 2.0, 1.0]}, beta=0.5).axes
    faint, smooth = panel.get_lines()
    np.testing.assert_allclose(smooth.get_ydata(), by_hand)
    assert list(faint.get_ydata()) == [4.0, 2.0, 1.0]
    assert panel.get_ylabel() == "loss (mean of about 2 epochs)"


def test_a_beta_of_1_is_refused():
    with pytest.raises(SettingError, match="a beta from 0 to below 1; got 1"):
        insight.learning_curve(FIGURES, beta=1)
