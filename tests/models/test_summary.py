"""The table of a model, line by line."""

from pellucid import Sequential
from pellucid.layers import BatchNormalization, Dense, Input

from .networks import OwnCall, siamese


def table(model):
    """The lines of a model's table without the rules between them."""
    lines = []
    model.summary(print_fn=lines.append)
    return [line for line in lines[0].splitlines() if not line.startswith("─")]


def test_a_stack_is_printed(capsys):
    model = Sequential([Input((784,)), Dense(1000), BatchNormalization(), Dense(10)], name="digits")
    model.summary()
    assert (
        capsys.readouterr().out
        == """\
Model: digits
────────────────────────────────────────────────────────────────────
Layer (type)                               Output shape   Parameters
────────────────────────────────────────────────────────────────────
dense (Dense)                              (N, 1000)         785,000
batch_normalization (BatchNormalization)   (N, 1000)           4,000
dense_1 (Dense)                            (N, 10)            10,010
────────────────────────────────────────────────────────────────────
799,010 parameters (3,196 kB), 797,010 of them trained
"""
    )


def test_before_the_first_data_shapes_are_not_known():
    assert table(Sequential([Dense(3)])) == [
        "Model: sequential",
        "Layer (type)    Output shape   Parameters",
        "dense (Dense)   ?                       0",
        "Not built yet: the shapes are known with the first data.",
    ]
    assert table(OwnCall())[-1] == "Not built yet: the shapes are known with the first data."


def test_a_shared_layer_is_counted_where_it_stands_first():
    assert table(siamese()) == [
        "Model: model",
        "Layer (type)                Output shape   Parameters",
        "shared (Dense)              (N, 5)                 25",
        "shared (Dense)              (N, 5)           as above",
        "concatenate (Concatenate)   (N, 10)                 0",
        "dense (Dense)               (N, 3)                 33",
        "dense_1 (Dense)             (N, 1)                 11",
        "69 parameters (276 bytes), 69 of them trained",
    ]


def test_a_call_of_its_own_lists_its_layers(rng):
    model = OwnCall()
    model(rng.normal(size=(2, 4)))
    assert table(model)[2:] == [
        "dense (Dense)       (N, 5)                 25",
        "dropout (Dropout)   (N, 5)                  0",
        "dense_1 (Dense)     (N, 3)                 18",
        "43 parameters (172 bytes), 43 of them trained",
    ]


def test_what_is_frozen_is_not_trained():
    model = Sequential([Input((4,)), Dense(1_000_000), Dense(1)])
    model.layers[0].trainable = False
    assert table(model)[-1] == "6,000,001 parameters (24 MB), 1,000,001 of them trained"
