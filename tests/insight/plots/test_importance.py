"""Saliency and occlusion."""

import numpy as np
import pytest

from pellucid import Sequential, insight, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Dense, Flatten, Input


def test_saliency_of_a_linear_model_is_the_size_of_its_weights(linear, images):
    x, _ = images
    found = insight.saliency_data(linear, x[3], target=2)
    W = linear.layers[1].kernel.value
    np.testing.assert_allclose(found.importance, np.abs(W[:, 2].reshape(5, 6)), rtol=1e-6)
    assert found.target == 2
    p = nn.softmax(linear(x[3:4]))[0]
    assert found.probability == pytest.approx(float(p[2]), rel=1e-6)
    assert insight.saliency_data(linear, x[3]).target == p.argmax()


def test_colours_count_by_their_largest():
    model = Sequential([Input((4, 4, 3)), Flatten(), Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).uniform(0, 1, (4, 4, 3))
    assert insight.saliency_data(model, x).importance.shape == (4, 4)


def test_one_output_speaks_for_class_1(images):
    x, _ = images
    model = Sequential([Input((5, 6, 1)), Flatten(), Dense(1)])
    model.compile("sgd", {"class": "BinaryCrossentropy", "config": {"from_logits": True}})
    W = np.abs(model.layers[1].kernel.value.reshape(5, 6))
    for target in (0, 1):
        found = insight.saliency_data(model, x[0], target)
        np.testing.assert_allclose(found.importance, W, rtol=1e-6)


def test_occlusion_is_the_mean_loss_of_probability(linear, images):
    x, _ = images
    found = insight.occlusion_data(linear, x[0], target=1, size=4)
    p = nn.softmax(linear(x[:1]))[0, 1]
    lost, looks = np.zeros((5, 6)), np.zeros((5, 6))
    for i in range(2):
        for j in range(3):
            covered = x[:1].copy()
            covered[:, i : i + 4, j : j + 4] = x[0].mean()
            lost[i : i + 4, j : j + 4] += p - nn.softmax(linear(covered))[0, 1]
            looks[i : i + 4, j : j + 4] += 1
    np.testing.assert_allclose(found.importance, lost / looks, rtol=1e-4, atol=1e-6)
    assert insight.occlusion_data(linear, x[0]).importance.shape == (5, 6)


@pytest.mark.parametrize("picture", [insight.saliency, insight.occlusion])
def test_the_image_and_the_map_stand_side_by_side(picture, linear, images, ax):
    x, _ = images
    assert picture(linear, x[0], 1, ["a", "b", "c"], ax) is ax.figure
    first, second = ax.images
    np.testing.assert_array_equal(first.get_array(), x[0, :, :, 0])
    data = getattr(insight, f"{picture.__name__}_data")(linear, x[0], 1)
    np.testing.assert_allclose(second.get_array(), data.importance)
    assert ax.texts[0].get_text() == f"b, {data.probability:.0%}"


def test_what_does_not_fit_is_refused(linear, images):
    x, _ = images
    with pytest.raises(SettingError, match="a class from 0 to 2; got 3"):
        insight.saliency(linear, x[0], 3)
    with pytest.raises(ShapeError, match="one example"):
        insight.occlusion(linear, x[:2])
    with pytest.raises(SettingError, match="a size from 1 to 5; got 6"):
        insight.occlusion(linear, x[0], size=6)
    table = Sequential([Input((4,)), Dense(3, "softmax")])
    table.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match=r"images .* shape \(1, 4\) for inputs \(N, 4\)"):
        insight.saliency(table, np.zeros(4))
