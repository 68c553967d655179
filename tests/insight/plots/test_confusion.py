"""The confusion matrix as a picture."""

import numpy as np
from matplotlib.colors import to_hex

from pellucid import insight


def texts(panel):
    return [text.get_text() for text in panel.texts]


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


def test_it_is_drawn_on_given_axes(ax):
    assert insight.confusion_matrix([0, 1], [0, 1], ax=ax) is ax.figure
    assert texts(ax) == ["1", "1"]


def test_its_data_are_the_counts():
    data = insight.confusion_matrix_data([0, 0, 1], [0, 1, 1], ["a", "b", "c"])
    assert data.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
