"""The embedding: against PyTorch and one-hot products, in training, and what it refuses."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Input, Sequential, Tensor, load, set_random_seed
from pellucid.errors import DataError, SettingError
from pellucid.layers import Dense, Embedding, Flatten
from pellucid.regularizers import L2

from ..saying import says


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(6,), (3, 5), (2, 3, 4)])
def test_it_is_torchs(shape, dtype, rng):
    i, layer = rng.integers(0, 7, shape), Embedding(7, 3, dtype=dtype)
    z = layer(Tensor(i, requires_grad=False))
    W = torch.tensor(layer.embeddings.value, requires_grad=True)
    expected = F.embedding(torch.tensor(i), W)
    assert np.array_equal(z.value, expected.detach())
    dz = rng.normal(size=z.shape).astype(dtype)
    z.backward(dz)
    expected.backward(torch.tensor(dz))
    np.testing.assert_allclose(layer.embeddings.grad, W.grad, rtol=1e-5, atol=1e-6)
    assert layer.embeddings.grad.dtype == dtype


def test_it_is_the_product_of_one_hot_rows_with_the_table(rng):
    layer, i = Embedding(5, 3), rng.integers(0, 5, (4, 2))
    z = layer(i)
    np.testing.assert_allclose(z, np.eye(5, dtype="float32")[i] @ layer.embeddings.value)


def test_it_starts_uniform_in_a_twentieth():
    layer = Embedding(1000, 64)
    assert layer(Input((10,))).shape == (None, 10, 64)  # Keras' example
    table = layer.embeddings.value
    assert table.shape == (1000, 64)
    assert 0.0499 < np.abs(table).max() <= 0.05
    assert table.std() == pytest.approx(0.05 / np.sqrt(3), rel=0.02)


def test_numbers_of_any_kind_and_inputs_of_any_shape_are_taken():
    layer = Embedding(4, 2)
    layer.ensure_built((None, 2))
    W = layer.embeddings.value
    for i in ([[3, 0]], np.array([[3, 0]], np.uint8), np.array([[3.0, 0.0]]), Tensor([[3, 0]])):
        assert np.array_equal(np.asarray(layer(i)), W[[[3, 0]]])
    assert layer(np.array([1, 2])).shape == (2, 2)
    assert layer(np.zeros((2, 3, 4), int)).shape == (2, 3, 4, 2)
    assert layer(np.zeros((0, 3), int)).shape == (0, 3, 2)
    assert layer(Input((None, 5))).shape == (None, None, 5, 2)


def test_a_network_learns_what_the_words_are_worth(rng):
    """Each of 12 words has a value; the network sees sums of them."""
    set_random_seed(0)
    worth, x = rng.normal(size=12), rng.integers(0, 12, (300, 4))
    y = worth[x].sum(axis=1, keepdims=True)
    model = Sequential([Input((4,)), Embedding(12, 1), Flatten(), Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.02
    history = model.fit(x, y, epochs=60, verbose=0).history["loss"]
    assert history[-1] < 0.01 * history[0]


def test_words_that_were_not_seen_stay_as_they_were(rng):
    model = Sequential([Input((2,)), Embedding(6, 3), Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    model.fit(np.array([[1, 4], [4, 1]]), np.ones((2, 1)), verbose=0)
    changed = (model.get_weights()[0] != before).any(axis=1)
    assert changed.tolist() == [False, True, False, False, True, False]


def test_a_regulariser_sees_the_whole_table():
    table = Embedding(3, 2, "ones", embeddings_regularizer=L2(0.1))
    model = Sequential([Input((1,)), table, Flatten()])
    model.compile("sgd", "mse")
    loss = model.objective(np.array([[1]]), np.ones((1, 2)))  # row 1 is what is asked for
    loss.backward()
    assert loss.item() == pytest.approx(0.1 * 6)
    np.testing.assert_allclose(table.embeddings.grad, np.full((3, 2), 0.2), rtol=1e-6)


def test_it_comes_back_from_its_file(tmp_path, rng):
    x = rng.integers(0, 9, (5, 4))
    model = Sequential([Embedding(9, 3, "random_normal"), Flatten(), Dense(2)])
    expected = model.predict(x)
    model.save(tmp_path / "words.safetensors")
    assert np.array_equal(load(tmp_path / "words.safetensors").predict(x), expected)


@pytest.mark.parametrize(("i", "range_"), [([2, 4], "2 to 4"), ([-1, 3], "-1 to 3")])
def test_numbers_that_are_no_rows_are_refused(i, range_):
    text = (
        "layer embedding: expected numbers from 0 to 3, as input_dim is 4; "
        f"got {range_}. Number the rows from 0, or make input_dim the largest number plus 1."
    )
    with says(DataError, text):
        Embedding(4, 2)([i])
    model = Sequential([Embedding(4, 2), Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    place = text.replace("layer embedding", "layer 0 (embedding)").replace(
        range_, " to ".join(str(float(n)) for n in i)
    )
    with says(DataError, place):
        model.fit(np.array([i]), np.ones((1, 1)), verbose=0)


def test_what_is_no_number_is_refused():
    with pytest.raises(DataError, match="from 0 to 3, as input_dim is 4; got nan to nan"):
        Embedding(4, 2)(np.array([[np.nan, 1.0]]))
    text = (
        "layer embedding: expected whole numbers; got 1.5. "
        "Number what the rows stand for: 0, 1, 2, ..."
    )
    with says(DataError, text):
        Embedding(4, 2)(np.array([[1.0, 1.5]]))


@pytest.mark.parametrize("name", ["input_dim", "output_dim"])
@pytest.mark.parametrize("value", [0, -3, 1.5])
def test_dimensions_below_one_are_refused(name, value):
    text = (
        f"Embedding: expected {name} to be a whole number from 1; got {value}. "
        f"Give {name} a positive whole number."
    )
    with says(SettingError, text):
        Embedding(**{"input_dim": 2, "output_dim": 2, name: value})


def test_a_table_longer_than_its_number_type_counts_is_refused():
    Embedding(1 << 24, 1)
    Embedding((1 << 24) + 1, 1, dtype="float64")
    text = (
        "Embedding: expected an input_dim up to 16,777,216, as far as float32 counts one by one; "
        "got 16,777,217. Give the layer and the model dtype='float64'."
    )
    with says(SettingError, text):
        Embedding((1 << 24) + 1, 1)
