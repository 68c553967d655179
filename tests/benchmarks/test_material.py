import math

import numpy as np
import pytest

from benchmarks import jobs, material


@pytest.mark.parametrize(("name", "numbers"), [("mlp32", 123_559), ("cnn", 34_826)])
def test_the_weights_are_those_of_the_network(name, numbers):
    found = material.weights(jobs.JOBS[name])
    assert sum(array.size for own in found for array in own.values()) == numbers
    assert all(array.dtype == np.float32 for own in found for array in own.values())


def test_the_weights_are_the_same_each_time():
    first, second = (material.weights(jobs.JOBS["tiny"])[0]["kernel"] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first).max() <= math.sqrt(6 / (20 + 16))


def test_equal_scores_lose_the_logarithm_of_the_classes():
    scores, y = np.zeros((4, 10), np.float32), np.arange(4)
    assert material.mean_loss(jobs.JOBS["mlp32"], scores, y) == pytest.approx(math.log(10))
    assert material.mean_loss(jobs.JOBS["svm"], scores, y) == 9


def test_hinge_by_hand():
    scores = np.array([[1.0, 0.5, -3.0]])
    assert material.mean_loss(jobs.JOBS["svm"], scores, np.array([0])) == pytest.approx(0.5)


@pytest.mark.parametrize("job", jobs.JOBS.values(), ids=lambda job: job.name)
def test_rows_come_in_the_shape_of_the_job(data, job):
    job = job._replace(steps=2, rows=min(job.rows, 25))
    x, y = material.load(job)
    assert x.shape == (job.rows or 2 * job.batch, *jobs.SHAPES[job.data])
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    centre = 0.5 if job.data in ("cifar10", "pixels") else 0.0
    np.testing.assert_allclose(x.reshape(len(x), -1)[:, -1], y / 255 - centre, rtol=1e-5)


def test_rows_come_again_where_there_are_too_few(data):
    _, y = material.load(jobs.JOBS["tiny"]._replace(steps=1))
    assert y[:7].tolist() == [0, 1, 2, 0, 1, 2, 0]
