"""How theta is cut: runs of parts that are alike, views of them, and names that are looked for."""

import numpy as np
import pytest

from pellucid.optimizers.pieces import Piece, found_in, listed, runs


def test_runs_join_neighbours_that_are_alike():
    numbers = [1.0, 1.0, 0.1, 1.0, 0.0, 0.0]
    parts = [(slice(i, i + 1), number) for i, number in enumerate(numbers)]
    joined = [(0, 2, 1.0), (2, 3, 0.1), (3, 4, 1.0), (4, 6, 0.0)]
    assert runs(parts) == [(slice(a, b), number) for a, b, number in joined]
    assert runs([]) == []


@pytest.mark.parametrize("piece", [Piece(), Piece(slice(2, 8)), Piece(slice(2, 8), 0.1, (2, 3))])
def test_a_piece_is_a_view(piece):
    theta = np.arange(10.0)
    part = piece.of(theta)
    part += 1
    assert part.shape == (piece.shape or theta[piece.part].shape)
    assert theta.sum() == 45 + part.size


def test_patterns_are_looked_for_anywhere_in_a_path():
    assert found_in(["bias"], "dense_1/bias")
    assert found_in(["gamma", "^dense_"], "dense_1/bias")
    assert not found_in(["^bias"], "dense_1/bias")
    assert not found_in([], "dense_1/bias")


def test_a_name_alone_is_a_list_of_one():
    assert listed("bias") == listed(["bias"]) == listed(("bias",)) == ["bias"]
    assert listed(None) == []
