"""A layer's work, with its numbers."""

import numpy as np
import pytest

from pellucid import insight
from pellucid.errors import SettingError, ShapeError

X = np.array([1.0, -2.0, 0.5])


def words(panel):
    return [text.get_text() for text in panel.texts]


def test_a_layers_work_is_x_W_plus_b_and_g_of_it(thinned):
    work = insight.layer_work_data(thinned, X)
    W, b = (p.value for p in thinned.layers[0].weights)
    np.testing.assert_allclose(work.z, X @ W + b, rtol=1e-6)
    np.testing.assert_allclose(work.a, np.maximum(0, work.z))
    assert (work.activation, work.layer) == ("relu", "0 (dense)")
    later = insight.layer_work_data(thinned, X, "dense_1")
    np.testing.assert_allclose(later.x, work.a)
    np.testing.assert_allclose(later.a, np.tanh(later.z), rtol=1e-5)


def test_every_number_stands_in_its_square(thinned, ax):
    assert insight.layer_work(thinned, X, ax=ax) is ax.figure
    assert len(ax.patches) == 3 + 3 * 6 + 3 * 6
    work = insight.layer_work_data(thinned, X)
    assert f"{work.W[2, 5]:.2f}".replace("-", "−") in words(ax)
    assert {"W (3, 6)", "x (3,)", "a = relu(z)", "−2.00"} <= set(words(ax))
    (panel,) = insight.layer_work(thinned, X, most=2).axes
    assert len(panel.patches) == 2 + 2 * 2 + 3 * 2


def test_what_does_not_fit_is_refused(thinned, convolutional, images):
    with pytest.raises(ShapeError, match="one example"):
        insight.layer_work(thinned, np.zeros((2, 3)))
    with pytest.raises(SettingError, match="a Dense layer; got layer 0"):
        insight.layer_work(convolutional, images[0][0], "conv2d")
