"""Layers that normalise each example by itself: against PyTorch, and what they refuse."""

import numpy as np
import pytest
from torch.nn import functional as F

from pellucid import Input
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from pellucid.registry import snake_case

from ..saying import says
from .comparing import agree


@pytest.mark.parametrize("groups", [1, 2, 3, 6, -1])
@pytest.mark.parametrize("shape", [(3, 5, 6), (2, 4, 5, 6)])
def test_group_normalization_is_torchs(shape, groups, rng):
    n = 6 if groups == -1 else groups

    def theirs(x, gamma, beta):
        return F.group_norm(x.movedim(-1, 1), n, gamma, beta, 1e-2).movedim(1, -1)

    make = lambda **kw: GroupNormalization(groups, epsilon=1e-2, **kw)
    agree(make, theirs, rng.normal(size=shape))


def test_one_group_of_vectors_is_layer_normalization(rng):
    x = rng.normal(size=(5, 8)).astype("float32")
    found = GroupNormalization(groups=1)(x)
    np.testing.assert_allclose(found, LayerNormalization()(x), rtol=1e-6, atol=1e-6)


def test_gamma_and_beta_belong_to_channels_and_may_be_left_as_they_began():
    layer = GroupNormalization(groups=2, scale=False, beta_initializer="ones")
    layer.ensure_built((None, 3, 4))
    assert layer.gamma.shape == layer.beta.shape == (4,)
    assert [p.name for p in layer.trainable_weights] == ["beta"]
    assert layer.get_weights()[1].tolist() == [1, 1, 1, 1]


def test_the_groups_are_32_unless_said():
    assert GroupNormalization()(Input((5, 64))).shape == (None, 5, 64)
    text = (
        "layer group_normalization: expected groups that divide the 48 channels of its input "
        "(None, 5, 48); got groups=32. Choose a divisor, or -1 for each channel alone."
    )
    with says(SettingError, text):
        GroupNormalization()(Input((5, 48)))


@pytest.mark.parametrize("groups", [0, -2, 1.5])
def test_groups_below_one_are_refused(groups):
    text = (
        f"GroupNormalization: expected groups to be a whole number from 1; got {groups}. "
        "Give groups a positive whole number."
    )
    with says(SettingError, text):
        GroupNormalization(groups)


def test_group_normalization_refuses_other_axes():
    text = "layer group_normalization: expected axis=-1, the channels; got axis=1. "
    with says(SettingError, f"{text}Move the channels last."):
        GroupNormalization(2, axis=1)(Input((4, 6)))
    with pytest.raises(ShapeError, match=r"one input \(N, ..., D\) whose D is known"):
        GroupNormalization(2)(Input((4, None)))


@pytest.mark.parametrize(("axis", "last"), [(-1, (5,)), (2, (5,)), ([1, 2], (4, 5))])
def test_rms_normalization_is_torchs(axis, last, rng):
    agree(
        lambda **kw: RMSNormalization(axis, epsilon=0.01, **kw),
        lambda x, scale: F.rms_norm(x, last, scale, 0.01),
        rng.normal(size=(3, 4, 5)),
    )


def test_rms_normalization_starts_with_a_scale_of_one(rng):
    layer, x = RMSNormalization(dtype="float64"), rng.normal(size=(3, 50))
    z = layer(x)
    np.testing.assert_allclose((z**2).mean(axis=1), 1, rtol=1e-5)
    assert [p.name for p in layer.weights] == ["scale"]


def test_rms_normalization_refuses_axes_that_are_not_the_last():
    text = (
        "layer rms_normalization: expected the last axes, of known length, without the batch; "
        "got axis=1 for inputs (None, 4, 5). Move the axes to normalise last."
    )
    with says(SettingError, text):
        RMSNormalization(axis=1)(Input((4, 5)))


@pytest.mark.parametrize("kind", [RMSNormalization, LayerNormalization])
def test_lengths_other_than_those_of_the_weights_are_refused(kind, rng):
    layer, name = kind(axis=(2, 3)), snake_case(kind.__name__)
    layer(rng.normal(size=(2, 6, 4, 5)))
    assert layer(rng.normal(size=(2, 3, 4, 5))).shape == (2, 3, 4, 5)
    text = (
        f"layer {name}: expected inputs of shape (None, None, 4, 5); got shape (None, 6, 3, 5). "
        "Reshape the data to it, or make a new layer for this shape."
    )
    with says(ShapeError, text):
        layer(rng.normal(size=(2, 6, 3, 5)))


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [-2]])
def test_unit_normalization_is_torchs(axis, rng):
    axes = axis if isinstance(axis, int) else tuple(axis)
    agree(
        lambda **kw: UnitNormalization(axis, **kw),
        lambda x: F.normalize(x, 2.0, axes, 1e-12),
        rng.normal(size=(3, 4, 5)),
    )


def test_unit_normalization_of_the_example_of_keras():
    expected = [[0, 0.4472136, 0.8944272], [0.42426407, 0.5656854, 0.70710677]]
    found = UnitNormalization()(np.arange(6).reshape(2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(np.sum(found[0] ** 2), 1, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, -3, 3, (1, 0), ()])
def test_unit_normalization_refuses_the_batch_and_axes_that_are_not_there(axis):
    text = (
        "layer unit_normalization: expected axes of its input (None, 4, 5), without the batch; "
        f"got axis={axis}. Try -1, the features."
    )
    with says(SettingError, text):
        UnitNormalization(axis)(Input((4, 5)))
