"""Pellucid and PyTorch, from the same weights, on the same batches, are the same after 200 steps.

Each network is written twice: as Pellucid's layers, and as a function of PyTorch's tensors W, whose
names are those of Pellucid's weights. Every step's loss and every weight after the last step are
compared, relative to the largest number of the same tensor.
"""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import pellucid
from pellucid import Sequential, layers, regularizers
from pellucid.losses import MeanSquaredError, SparseCategoricalCrossentropy
from pellucid.optimizers import SGD, Adam

torch.set_num_threads(1)
STEPS, N = 200, 16
CROSS_ENTROPY = SparseCategoricalCrossentropy(from_logits=True)


@pytest.fixture(params=[("float32", 1e-4), ("float64", 1e-9)], ids=["float32", "float64"])
def tolerance(request):
    """The agreement that is asked for in a number type, which is the library's in this test."""
    dtype, tolerance = request.param
    pellucid.set_floatx(dtype)
    pellucid.set_random_seed(7)
    yield tolerance
    pellucid.set_floatx("float32")


def batches(rng, shape, target):
    """Inputs in the library's type, and the targets that a function makes of them."""
    for _ in range(STEPS):
        x = rng.normal(size=(N, *shape)).astype(pellucid.floatx())
        yield x, target(x)


def classes(x):
    """Three classes, by which third of the features, or of an image's rows, has the largest sum."""
    return np.stack([part.reshape(N, -1).sum(1) for part in np.array_split(x, 3, 1)]).argmax(0)


def as_torch(model):
    """The weights as PyTorch's tensors, by name; those that are trained take gradients."""
    named = model.named_weights().items()
    return {n: torch.tensor(p.value.copy(), requires_grad=p.requires_grad) for n, p in named}


def trained(W):
    return [tensor for tensor in W.values() if tensor.requires_grad]


def step(loss, optimizer):
    """One step of PyTorch; gives the loss before it."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def assert_agreement(model, W, losses, tolerance):
    mine, theirs = np.array(losses).T
    np.testing.assert_allclose(mine, theirs, rtol=tolerance)
    assert theirs[-20:].mean() < 0.8 * theirs[:20].mean(), "the network has to learn something"
    for name, p in model.named_weights().items():
        expected = W[name].detach().numpy()
        difference = np.abs(p.value - expected).max() / np.abs(expected).max()
        assert p.dtype == pellucid.floatx()
        assert difference < tolerance, f"{name}: {difference:.1e}"


def test_a_dense_network_with_momentum(tolerance, rng):
    model = Sequential(
        [
            layers.Input((12,)),
            layers.Dense(24, activation="tanh", name="a"),
            layers.Dense(16, activation="relu", name="b"),
            layers.Dense(3, name="c"),
        ]
    )
    model.compile(SGD(0.05, momentum=0.9), CROSS_ENTROPY)
    W, losses = as_torch(model), []
    optimizer = torch.optim.SGD(trained(W), lr=0.05, momentum=0.9)
    for x, y in batches(rng, (12,), classes):
        a = torch.tanh(torch.from_numpy(x) @ W["a/kernel"] + W["a/bias"])
        a = torch.relu(a @ W["b/kernel"] + W["b/bias"])
        loss = F.cross_entropy(a @ W["c/kernel"] + W["c/bias"], torch.from_numpy(y))
        losses.append((model.train_on_batch(x, y), step(loss, optimizer)))
    assert_agreement(model, W, losses, tolerance)


def torch_batch_norm(z, W, name, momentum=0.99, epsilon=1e-3):
    """In training, with the averages moved by Keras' rule: by the variance with 1 / M."""
    channels = z.detach().movedim(1, -1).reshape(-1, z.shape[1])
    for average, now in (
        ("moving_mean", channels.mean(0)),
        ("moving_variance", channels.var(0, correction=0)),
    ):
        W[f"{name}/{average}"].mul_(momentum).add_((1 - momentum) * now)
    gamma, beta = W[f"{name}/gamma"], W[f"{name}/beta"]
    return F.batch_norm(z, None, None, gamma, beta, training=True, eps=epsilon)


def test_a_convolutional_network_with_batch_norm_and_adam(tolerance, rng):
    """The convolution has no bias: batch norm takes it away again, so that its gradient is rounding
    alone, which Adam would scale up to steps of full size."""
    model = Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, strides=2, activation="tanh", name="stride"),
            layers.Flatten(),
            layers.Dense(3, name="out"),
        ]
    )
    model.compile(Adam(0.005), CROSS_ENTROPY)
    W, losses = as_torch(model), []
    optimizer = torch.optim.Adam(trained(W), lr=0.005)
    for t, (x, y) in enumerate(batches(rng, (8, 8, 2), classes), start=1):
        optimizer.param_groups[0]["eps"] = 1e-7 / (1 - 0.999**t) ** 0.5  # Keras' "epsilon hat"
        z = torch.from_numpy(x).movedim(-1, 1)
        z = F.conv2d(z, W["conv/kernel"].permute(3, 2, 0, 1), padding="same")
        z = F.max_pool2d(torch.relu(torch_batch_norm(z, W, "norm")), 2)
        z = F.conv2d(z, W["stride/kernel"].permute(3, 2, 0, 1), W["stride/bias"], stride=2)
        a = torch.tanh(z).movedim(1, -1).reshape(N, -1)
        loss = F.cross_entropy(a @ W["out/kernel"] + W["out/bias"], torch.from_numpy(y))
        losses.append((model.train_on_batch(x, y), step(loss, optimizer)))
    assert_agreement(model, W, losses, tolerance)


def test_a_network_with_l2_and_dropout(tolerance, rng):
    """The masks that the layer draws are drawn a second time, from a copy of its generator."""
    penalty, rate = 1e-2, 0.3
    model = Sequential(
        [
            layers.Input((10,)),
            layers.Dense(20, "tanh", kernel_regularizer=regularizers.L2(penalty), name="a"),
            layers.Dropout(rate, name="drop"),
            layers.Dense(2, kernel_regularizer=regularizers.L2(penalty), name="b"),
        ]
    )
    model.compile(SGD(0.1), MeanSquaredError())
    W, losses = as_torch(model), []
    optimizer = torch.optim.SGD(trained(W), lr=0.1)
    chance = copy.deepcopy(model.get_layer("drop").generator)
    for x, y in batches(rng, (10,), lambda x: x[:, :2] + np.tanh(x[:, 2:4])):
        keep = torch.from_numpy(chance.random((N, 20), dtype=x.dtype) >= rate)
        a = torch.tanh(torch.from_numpy(x) @ W["a/kernel"] + W["a/bias"])
        z = a * keep / (1 - rate) @ W["b/kernel"] + W["b/bias"]
        loss = F.mse_loss(z, torch.from_numpy(y))
        loss = loss + penalty * ((W["a/kernel"] ** 2).sum() + (W["b/kernel"] ** 2).sum())
        losses.append((model.train_on_batch(x, y), step(loss, optimizer)))
    assert_agreement(model, W, losses, tolerance)
