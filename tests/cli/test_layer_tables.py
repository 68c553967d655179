"""Layers from tables, and errors that name the file, the line and the layer."""

import pytest

from pellucid.cli.layer_tables import located, make, stack
from pellucid.cli.settings import read
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    Conv2D,
    Dense,
    Flatten,
    MixUp,
    RandomFlip,
    RandomTranslation,
    registry,
)
from pellucid.regularizers import L2

NET = """# a comment
[[layer]]
type = "Conv2D"
filters = 4
kernel_size = 3
kernel_regularizer = { type = "L2", l2 = 0.5 }

[[layer]]
type = "Flatten"

  [[ layer ]]
type = "dense"
units = "outputs"
"""


def stack_of(tmp_path, text, shape=(8, 8, 1)):
    path = tmp_path / "net.toml"
    path.write_text(text)
    return stack(read(path, ("layer",)).layers, shape, 3, path)


def test_a_file_becomes_a_model(tmp_path):
    model = stack_of(tmp_path, NET)
    assert [type(layer) for layer in model.layers] == [Conv2D, Flatten, Dense]
    assert model.output_shape == (None, 3)
    regularizer = model.layers[0].kernel.regularizer
    assert isinstance(regularizer, L2)
    assert regularizer.l2 == 0.5


def test_windows_and_sides_are_written_as_lists(tmp_path):
    text = """
        [[layer]]
        type = "ZeroPadding2D"
        padding = [[1, 0], [2, 3]]

        [[layer]]
        type = "SeparableConv2D"
        filters = 4
        kernel_size = [3, 2]
        depthwise_regularizer = { type = "L2", l2 = 0.5 }

        [[layer]]
        type = "Conv2DTranspose"
        filters = 2
        kernel_size = 3
        strides = 2
        output_padding = [0, 1]

        [[layer]]
        type = "Reshape"
        target_shape = [15, 52]

        [[layer]]
        type = "conv1d"
        filters = 3
        kernel_size = 4
        padding = "causal"
    """
    model = stack_of(tmp_path, text)
    assert [shape[1:] for _, shape in model.flow()] == [
        (9, 13, 1),
        (7, 12, 4),
        (15, 26, 2),
        (15, 52),
        (15, 3),
    ]
    assert model.layers[1].depthwise_kernel.regularizer.l2 == 0.5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("filters", "filtrs", "net.toml, line 2, layer 1: Conv2D filtrs: .*Did you mean 'filters'"),
        ("filters = 4", "", "line 2, layer 1: .*Conv2D: missing .*'filters'"),
        ("filters = 4", "filters = 0", "line 2, layer 1: Conv2D: expected filters to be a whole"),
        ('"Flatten"', '"Flaten"', "line 8, layer 2: layer: .*got 'Flaten'. Did you mean 'Flatten'"),
        ('type = "Flatten"', "", "line 8, layer 2: layer: expected a text for the key type"),
        ('"Flatten"', '"Add"', "line 8, layer 2: type: expected a layer that takes one input"),
        ('"Flatten"', '"Dot"\naxes = 1', "line 8, layer 2: type: expected a layer that takes one"),
        ('"Flatten"', '"Sequential"', "line 8, layer 2: type: expected a layer that takes one"),
        (
            "l2 = 0.5",
            "l3 = 1",
            "line 2, layer 1: Conv2D, kernel_regularizer: expected known arguments; got 'l3'.",
        ),
        ('"outputs"', '"3"', "line 11, layer 3: Dense: expected units to be a whole number"),
    ],
)
def test_an_error_names_the_file_the_line_and_the_layer(tmp_path, old, new, message):
    with pytest.raises(SettingError, match=message):
        stack_of(tmp_path, NET.replace(old, new))


def test_random_layers_and_embeddings_are_layers_like_others(tmp_path):
    text = """
    [[layer]]
    type = "Embedding"
    input_dim = 20
    output_dim = 4

    [[layer]]
    type = "spatial_dropout1d"
    rate = 0.2
    seed = 3

    [[layer]]
    type = "Permute"
    dims = [2, 1]

    [[layer]]
    type = "PReLU"
    shared_axes = [1, 2]
    """
    model = stack_of(tmp_path, text, (5,))
    assert model.output_shape == (None, 4, 5)
    assert model.layers[3].alpha.shape == (1, 1)


def test_layers_that_augment_stand_in_front(tmp_path):
    front = """
[[layer]]
type = "RandomFlip"
mode = "horizontal"

[[layer]]
type = "RandomTranslation"
height_factor = 0.1
width_factor = [-0.1, 0.2]
fill_mode = "constant"

[[layer]]
type = "mix_up"
alpha = 0.4
"""
    model = stack_of(tmp_path, front + NET)
    assert [type(layer) for layer in model.layers[:3]] == [RandomFlip, RandomTranslation, MixUp]
    assert model.layers[1].width_factor == [-0.1, 0.2]
    assert model.output_shape == (None, 3)
    with pytest.raises(SettingError, match=r"line 6, layer 2: .*fill_mode to be one of"):
        stack_of(tmp_path, front.replace('"constant"', '"black"') + NET)


def test_an_error_of_shape_stays_one(tmp_path):
    with pytest.raises(ShapeError, match="line 2, layer 1: "):
        stack_of(tmp_path, NET.replace("kernel_size = 3", "kernel_size = 9"))


def test_where_lines_and_layers_do_not_match_the_line_is_left_out(tmp_path):
    inline = 'layer = [{ type = "Flatten" }, { type = "Dens" }]'
    with pytest.raises(SettingError, match=r"net.toml, layer 2: "):
        stack_of(tmp_path, inline)


def test_make_takes_a_nested_table_as_settings():
    made = make(registry, {"type": "Dense", "units": 2, "kernel_initializer": {"type": "Ones"}})
    assert made.kernel_initializer == {"class": "Ones", "config": {}}


def test_located_lets_other_errors_through():
    with pytest.raises(KeyError), located("here"):
        raise KeyError("x")
