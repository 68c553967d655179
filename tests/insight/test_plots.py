"""The pictures show the numbers that they were given."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from pellucid import insight
from pellucid.callbacks import History
from pellucid.errors import DataError, SettingError

FIGURES = {"loss": [1.0, 0.5, 0.25], "accuracy": [0.5, 0.7, 0.9], "val_loss": [1.1, 0.6, 0.5]}


def texts(panel):
    return [text.get_text() for text in panel.texts]


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
    assert insight.confusion_matrix([0, 1], [0, 1], ax=figure.subplots()) is figure


def test_the_confusion_matrix_writes_every_count():
    figure = insight.confusion_matrix([0, 0, 0, 1], [0, 0, 1, 1], ["cat", "mouse"])
    (panel,) = figure.axes
    assert sorted(texts(panel)) == ["1", "1", "2"]
    assert panel.get_title() == "3 of 4 right"
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("predicted class", "true class")
    assert [t.get_text() for t in panel.get_yticklabels()] == ["cat", "mouse"]
    colours = {(round(p.get_x() + 0.46), round(p.get_y() + 0.46)): p for p in panel.patches}
    assert to_hex(colours[1, 1].get_facecolor()) == "#0072b2"
    red, _, blue = colours[1, 0].get_facecolor()[:3]
    assert red > blue


def test_many_classes_leave_numbers_out():
    figure = insight.confusion_matrix(np.arange(60), np.arange(60))
    (panel,) = figure.axes
    assert texts(panel) == []
    assert len(panel.patches) == 60
    assert len(panel.get_xticks()) == 30


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
