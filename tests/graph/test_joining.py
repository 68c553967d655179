"""Gates whose formulas are joined, or change places, give the same numbers to the bit."""

import gc
import weakref
from contextlib import nullcontext

import numpy as np
import pytest

from pellucid import Tensor, nn
from pellucid.engines import elementwise, torch_waiting
from pellucid.graph import backpropagate, no_graph, plain
from pellucid.graph.tape import Tape
from pellucid.graph.tensor import Later


@pytest.fixture(autouse=True)
def small_arrays_wait(monkeypatch):
    """Waiting also for small arrays."""
    monkeypatch.setattr(elementwise, "SMALL", 0)
    monkeypatch.setattr(torch_waiting, "LARGE", 0)


def convolutions(x, W, gamma, beta):
    """Two convolutions that are rectified and pooled."""
    a = nn.max_pool2d(nn.relu(nn.conv2d(x, W, beta)))
    return nn.max_pool2d(nn.relu(nn.conv2d(a, W, padding="same")), 3, 1)


def normalised(x, W, gamma, beta):
    """Batch normalisation, rectified and pooled."""
    return nn.max_pool2d(nn.relu(nn.batch_norm(nn.conv2d(x, W), gamma, beta)))


def residual(x, W, gamma, beta):
    """Two normalised branches, added and rectified, twice."""
    for _ in range(2):
        main = nn.batch_norm(nn.conv2d(x, W, padding="same"), gamma, beta)
        x = nn.relu(main + nn.batch_norm(x, gamma, beta))
    return x


def shortcut(x, W, gamma, beta):
    """A rectified convolution that is pooled, and also read past the pooling."""
    a = nn.relu(nn.conv2d(x, W))
    return nn.max_pool2d(a, 2, 1, "same") + a


def unread(x, W, gamma, beta):
    """A rectifier that something reads before the pooling, and arithmetic with numbers."""
    a = nn.relu(nn.batch_norm(x, gamma, beta))
    return nn.max_pool2d(2 * a + 1) + nn.max_pool2d(a)


def identity(x, W, gamma, beta):
    """What was normalised is rectified, and added to afterwards: read once it is written over."""
    z = nn.batch_norm(x, gamma, beta)
    return nn.relu(z) + nn.relu(nn.conv2d(x, W, padding="same") + z)


def fixed(x, W, gamma, beta):
    """Normalised by given averages, added to itself, and rectified."""
    mu, var = plain(beta), plain(gamma) ** 2
    z = nn.fixed_batch_norm(x, gamma, beta, mu, var)
    return nn.relu(z + z)


NETWORKS = [convolutions, normalised, residual, shortcut, unread, identity, fixed]


def drawn(rng):
    shapes = (5, 8, 8, 4), (3, 3, 4, 4), (4,), (4,)
    return [Tensor(rng.normal(size=shape)) for shape in shapes]


@pytest.mark.parametrize("network", NETWORKS)
def test_outputs_and_gradients(network, engine, rng):
    leaves, found = drawn(rng), []
    for context, frees in ((nullcontext, False), (engine.joining, False), (engine.joining, True)):
        with context():
            output = network(*leaves)
            loss = nn.sum(output * output)
        gradients = backpropagate(loss, leaves_only=True, frees=frees)
        found.append([output.value, *(gradients[leaf] for leaf in leaves if leaf in gradients)])
    for one, *others in zip(*found, strict=True):
        for other in others:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("network", NETWORKS)
def test_without_a_graph(network, engine, rng):
    arrays = [leaf.value for leaf in drawn(rng)]
    expected = network(*arrays)
    assert type(expected) is type(arrays[0])
    with no_graph(), engine.joining():
        found = plain(network(*arrays))
    np.testing.assert_array_equal(found, expected)


def test_a_rectifier_comes_after_the_pooling(engine, rng):
    x, W, *_ = drawn(rng)
    with engine.joining():
        output = nn.max_pool2d(nn.relu(nn.conv2d(x, W)))
    names = []
    while output.gate is not None:
        names.append(type(output.gate).__name__)
        output = output.gate.inputs[0]
    assert names == ["ReLU", "MaxPool2D", "Conv2D"]


def test_what_waits_has_a_shape_and_is_computed_when_read(engine, rng):
    x, _, gamma, beta = drawn(rng)
    with engine.joining():
        a = nn.relu(nn.batch_norm(x, gamma, beta))
    assert isinstance(a, Later)
    assert (a.shape, a.ndim, a.size, a.dtype) == (x.shape, 4, x.size, x.dtype)
    assert a.waiting.waits
    np.testing.assert_array_equal(np.asarray(a), nn.relu(nn.batch_norm(x, gamma, beta)).value)
    assert not a.waiting.waits


def test_what_nobody_reads_is_freed_at_once(engine, rng):
    """Arrays are no reason for the collector of cycles to run: there must be no cycle."""
    x, W, *_ = (leaf.value for leaf in drawn(rng))
    gone = weakref.ref(x)
    gc.disable()
    try:
        with no_graph(), engine.joining():
            a = nn.relu(nn.conv2d(x, W))
            assert nn.max_pool2d(a).shape == (5, 3, 3, 4)
            assert isinstance(a, Later)
            assert a.waiting.waits
            del a, x
        assert gone() is None
    finally:
        gc.enable()


def test_without_a_graph_no_array_is_held_by_what_was_made_of_its_successors(engine, rng):
    x, W, gamma, beta = (leaf.value for leaf in drawn(rng))

    def block(x):
        return nn.relu(nn.batch_norm(nn.conv2d(x, W, padding="same"), gamma, beta))

    gc.disable()
    try:
        with no_graph(), engine.joining():
            a = block(x)
            gone, b = weakref.ref(plain(a)), block(a)
            plain(b)
            del a
            assert gone() is None
            assert isinstance(b, Later)
    finally:
        gc.enable()


def test_a_step_in_which_something_waits_is_not_taped(engine, rng):
    x, W, *_ = drawn(rng)
    tape = Tape((x.value,), [W])
    with tape.noting():
        nn.sum(nn.relu(nn.conv2d(x, W)))
        assert tape.whole
        with engine.joining():
            nn.sum(nn.relu(nn.conv2d(x, W)))
    assert not tape.whole
