"""Pictures made for a light and for a dark background."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Annotation
from PIL import Image

from pellucid import insight
from pellucid.errors import SettingError


def test_texts_and_lines_are_readable_on_it():
    for background, ink in {"light": "#333a41", "dark": "#c9d1d9"}.items():
        figure = insight.learning_curve({"loss": [1.0, 0.5], "val_loss": [1.2, 0.8]})
        assert insight.suit(figure, background) is figure
        (panel,) = figure.axes
        figure.savefig(io.BytesIO())
        assert panel.xaxis.label.get_color() == ink
        assert {label.get_color() for label in panel.get_yticklabels()} == {ink}
        assert {text.get_color() for text in panel.get_legend().get_texts()} == {ink}
        assert to_hex(panel.spines["left"].get_edgecolor()) == ink
    assert panel.get_lines()[0].get_color() != "#0072b2"


def test_what_is_written_on_areas_stays(thinned):
    figure = insight.confusion_matrix([0, 1, 1], [0, 1, 0])
    before = [text.get_color() for text in figure.axes[0].texts]
    insight.suit(figure, "dark")
    assert [text.get_color() for text in figure.axes[0].texts] == before
    network = insight.network_diagram(thinned)
    (lines, *_) = network.axes[0].collections
    opacity = lines.get_colors()[:, 3].copy()
    insight.suit(network, "dark")
    np.testing.assert_allclose(lines.get_colors()[:, 3], opacity)
    assert {to_hex(c) for c in lines.get_colors()} <= {"#3d9be0", "#f07f2e"}


def test_there_is_still_no_background():
    drawn = io.BytesIO()
    insight.suit(insight.optimizer_paths(steps=2), "light").savefig(drawn)
    assert np.asarray(Image.open(drawn))[0, 0, 3] == 0


def test_another_background_is_refused():
    with pytest.raises(SettingError, match="background 'light' or 'dark'; got 'blue'"):
        insight.suit(insight.optimizer_paths(steps=1), "blue")


def test_arrows_have_the_colour_of_the_texts_beside_them():
    figure = insight.score_to_loss([2.0, 1.0, 0.1], 0)
    insight.suit(figure, "dark")
    (arrow,) = [note.arrow_patch for note in figure.findobj(Annotation) if note.arrow_patch]
    assert to_hex(arrow.get_edgecolor()) == "#3d9be0"
