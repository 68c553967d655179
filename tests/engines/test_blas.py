"""Asking and telling NumPy's BLAS."""

import threading

import numpy as np
import pytest

from pellucid.engines import blas


@pytest.fixture
def forgetful():
    """Let the library be looked for anew, here and after."""
    remembering = blas._library, blas._functions, blas._sum_of_vectors
    for each in remembering:
        each.cache_clear()
    yield
    for each in remembering:
        each.cache_clear()


def test_one_thread_inside_and_as_many_as_before_outside():
    before = blas.threads()
    assert before is None or before >= 1
    with blas.one_thread():
        assert blas.threads() in (None, 1)
        with blas.one_thread():
            assert blas.threads() in (None, 1)
        assert blas.threads() in (None, 1)
        assert blas.usual_threads() == before or before is None
    assert blas.threads() == blas.usual_threads() == before


def test_the_number_comes_back_after_an_error():
    before = blas.threads()
    with pytest.raises(ZeroDivisionError), blas.one_thread():
        raise ZeroDivisionError
    assert blas.threads() == before


def test_two_threads_that_hold_it_at_once_put_back_what_was():
    before = blas.threads()
    both = threading.Barrier(2)

    def hold():
        with blas.one_thread():
            both.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    hold()
    other.join()
    assert blas.threads() == before


def test_another_blas_is_left_alone(monkeypatch, tmp_path, forgetful):
    monkeypatch.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    assert blas.threads() is None
    with blas.one_thread():
        assert blas.threads() is None
    y = np.ones(3)
    assert not blas.axpby(2.0, np.ones(3), 1.0, y)
    assert y.tolist() == [1, 1, 1]
