"""The examples that a model gets most wrong."""

import numpy as np
import pytest

from pellucid import Sequential, insight, nn
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.layers import Dense, Flatten, Input


def test_they_come_by_falling_loss(convolutional, images):
    x, y = images
    found = insight.most_wrong_data(convolutional, x, y, count=4)
    p = nn.softmax(convolutional.predict(x))
    loss = -np.log(p[np.arange(20), y])
    np.testing.assert_array_equal(found.rows, np.argsort(-loss)[:4])
    np.testing.assert_allclose(found.loss, np.sort(loss)[::-1][:4], rtol=1e-5)
    np.testing.assert_array_equal(found.truth, y[found.rows])
    np.testing.assert_array_equal(found.taken, p.argmax(1)[found.rows])
    np.testing.assert_allclose(found.probability, p.max(1)[found.rows], rtol=1e-6)
    one_hot = insight.most_wrong_data(convolutional, x, np.eye(3)[y], count=4)
    np.testing.assert_array_equal(one_hot.rows, found.rows)


def test_each_is_drawn_with_what_it_is_taken_for(convolutional, images, ax):
    x, y = images
    names = ["cat", "dog", "cow"]
    assert insight.most_wrong(convolutional, x, y, names, ax, count=5) is ax.figure
    found = insight.most_wrong_data(convolutional, x, y, count=5)
    assert len(ax.images) == 5
    np.testing.assert_array_equal(ax.images[2].get_array(), x[found.rows[2], :, :, 0])
    truth, taken = names[found.truth[2]], names[found.taken[2]]
    assert ax.texts[2].get_text() == f"{truth} → {taken}, {found.probability[2]:.0%}"
    colour = "#0072b2" if truth == taken else "#d55e00"
    assert ax.texts[2].get_color() == colour


def test_what_does_not_fit_is_refused(convolutional, images):
    x, y = images
    with pytest.raises(DataError, match="20 examples and 3 targets"):
        insight.most_wrong(convolutional, x, y[:3])
    with pytest.raises(DataError, match=r"class numbers \(N,\)"):
        insight.most_wrong(convolutional, x, y + 0.5)
    numbers = Sequential([Input((5, 6, 1)), Flatten(), Dense(3)])
    with pytest.raises(SettingError, match=r"a model of classes.*no loss"):
        insight.most_wrong(numbers, x, y)
    numbers.compile("sgd", "mse")
    with pytest.raises(SettingError, match=r"a model of classes.*MeanSquaredError"):
        insight.most_wrong(numbers, x, y)
    table = Sequential([Input((4,)), Dense(3)])
    table.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match="images"):
        insight.most_wrong(table, np.zeros((2, 4)), [0, 1])
