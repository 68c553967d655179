"""Weights, filters and feature maps as images."""

import numpy as np
import pytest

from pellucid import Sequential, insight
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Conv2D, Dense, Flatten, Input


def shown(panel):
    return [np.asarray(image.get_array()) for image in panel.images]


def words(panel):
    return [text.get_text() for text in panel.texts]


def test_a_linear_classifier_has_a_picture_a_class(linear, ax):
    W = linear.layers[1].kernel.value
    data = insight.weight_images_data(linear)
    assert data.shape == (3, 5, 6, 1)
    np.testing.assert_array_equal(data[1, :, :, 0], W[:, 1].reshape(5, 6))
    assert insight.weight_images(linear, class_names=["a", "b", "c"], ax=ax) is ax.figure
    np.testing.assert_array_equal(shown(ax)[2], W[:, 2].reshape(5, 6))
    assert words(ax) == ["a", "b", "c"]
    assert ax.images[0].get_clim() == pytest.approx((-np.abs(W).max(), np.abs(W).max()))


def test_weights_of_colour_images_are_colours_from_0_to_1():
    model = Sequential([Input((4, 4, 3)), Flatten(), Dense(2)])
    (panel,) = insight.weight_images(model).axes
    assert all(image.shape == (4, 4, 3) for image in shown(panel))
    assert (shown(panel)[0].min(), shown(panel)[0].max()) == (0, 1)


def test_rows_can_be_given_the_shape_of_images():
    model = Sequential([Input((12,)), Dense(2)])
    assert insight.weight_images_data(model, image_shape=(3, 4)).shape == (2, 3, 4, 1)
    with pytest.raises(SettingError, match=r"weights for each pixel .* with 12 inputs"):
        insight.weight_images(model)


@pytest.mark.parametrize(("channels", "pictures"), [(1, 5), (3, 5), (4, 20)])
def test_filters_are_pictures(channels, pictures):
    model = Sequential([Input((6, 6, channels)), Conv2D(5, 3)])
    data = insight.filters_data(model)
    kernel = model.layers[0].kernel.value
    np.testing.assert_array_equal(data[2], kernel[..., 2])
    (panel,) = insight.filters(model).axes
    assert len(panel.images) == pictures
    if channels == 4:
        np.testing.assert_array_equal(shown(panel)[4 * 2 + 1], kernel[:, :, 1, 2])
        assert words(panel)[4 * 2 + 1] == "2, 1"


def test_feature_maps_are_what_the_layer_makes(convolutional, images, ax):
    x, _ = images
    found = insight.feature_maps_data(convolutional, x[0])
    made = convolutional.layers[0](x[:1])[0]
    np.testing.assert_allclose(found.maps, np.moveaxis(made, -1, 0))
    np.testing.assert_array_equal(found.image, x[0])
    pooled = insight.feature_maps_data(convolutional, x[0], "max_pooling2d")
    assert pooled.maps.shape == (4, 2, 3)
    assert insight.feature_maps(convolutional, x[:1], ax=ax) is ax.figure
    assert len(ax.images) == 5
    np.testing.assert_allclose(shown(ax)[3], made[..., 2])


def test_what_does_not_fit_is_refused(linear, convolutional, images):
    x, _ = images
    with pytest.raises(SettingError, match="a model with a Conv2D layer that is built"):
        insight.filters(linear)
    with pytest.raises(SettingError, match=r"a layer that makes maps .* a Dense"):
        insight.feature_maps(convolutional, x[0], "dense")
    with pytest.raises(SettingError, match="a Dense layer; got layer 0"):
        insight.weight_images(convolutional, 0)
    with pytest.raises(ShapeError, match=r"one example, \(1, 5, 6, 1\)"):
        insight.feature_maps(convolutional, x[:2])
