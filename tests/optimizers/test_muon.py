"""Muon: its iteration by hand and by singular values, its steps, and who takes which."""

import numpy as np
import pytest
import torch

from pellucid import Input, Sequential
from pellucid.layers import BatchNormalization, Conv2D, Dense, Flatten, Layer
from pellucid.optimizers import Adam, AdamW, Muon
from pellucid.optimizers.muon import orthogonal

from .steps import steps

KERAS = (3.4445, -4.7750, 2.0315)


def test_one_iteration_by_hand():
    # G = diag(3, 4), |G| = 5: x = 0.6, 0.8;   2 x - x^3 + x^5 = 0.984 + 0.07776, 1.088 + 0.32768
    found = orthogonal(np.diag([3.0, 4.0]), 1, 2.0, -1.0, 1.0)
    np.testing.assert_allclose(found, np.diag([1.06176, 1.41568]), rtol=1e-6, atol=1e-12)


def test_a_step_with_its_momentum_by_hand():
    # m = 0.5 m + g: diag(3, 4), then diag(1.5, 2) + diag(4.5, 6) = diag(6, 8)
    # direction m, of |m| 5, then 10: x = 0.6, 0.8 both times; 2 x - x^3 = 0.984, 1.088
    # W = W - 0.1 0.2 sqrt(2) direction
    optimizer = Muon(
        *(0.1, 0.9, 0.999, 0.0, 1e-7, 0.0),
        **{"muon_a": 2, "muon_b": -1, "muon_c": 0, "ns_steps": 1, "momentum": 0.5},
        nesterov=False,
    )
    W, g = np.zeros((2, 2)), [np.diag([3.0, 4.0]), np.diag([4.5, 6.0])]
    direction = np.diag([0.984, 1.088])
    found = steps(optimizer, W, g)
    np.testing.assert_allclose(found[0], -0.02 * 2**0.5 * direction, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found[1], -0.04 * 2**0.5 * direction, rtol=1e-6, atol=1e-12)


def test_nesterov_looks_ahead_and_no_rms_rate_leaves_the_length_by_hand():
    # m = g = diag(3, 4): G = g + 0.5 m = 1.5 g points as g does; then m = diag(1.5, 2) + g',
    # g' = diag(3, -4): m = diag(4.5, -2), G = g' + 0.5 m = diag(5.25, -5), |G| = 7.25
    optimizer = Muon(1.0, weight_decay=0, momentum=0.5, ns_steps=1, rms_rate=None)
    optimizer.muon_a, optimizer.muon_b, optimizer.muon_c = 1.0, 0.0, 0.0
    found = steps(optimizer, np.zeros((2, 2)), [np.diag([3.0, 4.0]), np.diag([3.0, -4.0])])
    np.testing.assert_allclose(found[0], -np.diag([0.6, 0.8]), rtol=1e-6, atol=1e-12)
    second = np.diag([5.25, -5.0]) / 7.25
    np.testing.assert_allclose(np.subtract(found[0], found[1]), second, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (1, 5)])
def test_the_iteration_acts_on_singular_values_alone(shape, rng):
    G = rng.normal(size=shape)
    U, x, Vt = np.linalg.svd(G, full_matrices=False)
    x /= np.sqrt((x**2).sum())
    for _ in range(5):
        x = KERAS[0] * x + KERAS[1] * x**3 + KERAS[2] * x**5
    found = orthogonal(G, 5, *KERAS)
    np.testing.assert_allclose(found, U * x @ Vt, rtol=1e-5, atol=1e-5)
    assert ((x > 0.3) & (x < 1.3)).all()


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("shape", [(4, 6), (6, 4)])
def test_steps_are_torchs_which_multiplies_in_16_bits(shape, nesterov, rng):
    W, gradients = rng.normal(size=shape), rng.normal(size=(5, *shape))
    theta = torch.nn.Parameter(torch.tensor(W))
    other = torch.optim.Muon(
        [theta], 0.1, weight_decay=0.3, nesterov=nesterov, adjust_lr_fn="match_rms_adamw"
    )
    for g in gradients:
        theta.grad = torch.tensor(g)
        other.step()
    found = steps(Muon(0.1, weight_decay=0.3, nesterov=nesterov), W, gradients)[-1]
    moved = np.abs(theta.detach().numpy() - W).max()
    np.testing.assert_allclose(found, theta.detach(), atol=0.03 * moved)


def test_what_is_no_matrix_takes_adamws_step(rng):
    theta, gradients = rng.normal(size=5), rng.normal(size=(4, 5))
    muon = Muon(0.1, 0.8, 0.9, epsilon=1e-3, weight_decay=0.0, adam_lr_ratio=0.5)
    expected = steps(Adam(0.05, 0.8, 0.9, 1e-3), theta, gradients)
    np.testing.assert_allclose(steps(muon, theta, gradients), expected, rtol=1e-12)


class Embedding(Layer):
    """A matrix that is looked up in."""

    def build(self, input_shape):
        self.embeddings = self.add_weight((6, 4), name="embeddings")

    def call(self, x):
        return x @ self.embeddings


def network():
    layers = [Conv2D(2, 2, name="conv"), BatchNormalization(), Flatten(), Dense(6, name="hidden")]
    model = Sequential(
        [Input((3, 3, 1)), *layers, Embedding(name="embedding"), Dense(3, name="out")]
    )
    return model


@pytest.mark.parametrize(
    ("settings", "matrices"),
    [
        ({}, {"hidden/kernel", "out/kernel"}),
        ({"exclude_layers": ["out"]}, {"hidden/kernel"}),
        ({"exclude_layers": "^(out|hidden)/"}, set()),
        ({"exclude_embeddings": False}, {"hidden/kernel", "embedding/embeddings", "out/kernel"}),
    ],
)
def test_hidden_matrices_are_orthogonalised_and_all_else_takes_adamws_step(settings, matrices, rng):
    """Each with the weight decay of its kind, Muon's 0.5 and AdamW's 0.25."""
    model = network()
    settings |= {"weight_decay": 0.5, "adam_weight_decay": 0.25, "momentum": 0.0, "ns_steps": 9}
    model.compile(Muon(0.1, **settings), "mse")
    flat, parameters = model.parameters, model.named_weights()
    before = {path: p.value.astype("float64") for path, p in parameters.items()}
    g = rng.normal(size=flat.theta.size).astype("float32")
    model.optimizer.apply(flat.theta, g)
    found = set()
    for path, p in parameters.items():
        if p not in flat.parts:
            continue
        dW = g[flat.parts[p]].reshape(p.shape).astype("float64")
        adamw = before[path].copy()
        AdamW(0.1, 0.25).apply(adamw, dW)
        if p.value.ndim == 2:
            U, _, Vt = np.linalg.svd(dW, full_matrices=False)
            step = 0.02 * max(p.shape) ** 0.5 * U @ Vt
            if np.allclose(before[path] * 0.95 - p.value, step, atol=0.4 * abs(step).max()):
                found.add(path)
                continue
        np.testing.assert_allclose(p.value, adamw, atol=1e-5, err_msg=path)
    assert found == matrices


def test_muon_trains(rng):
    x = rng.normal(size=(64, 5))
    y = np.sin(x.sum(axis=1))
    model = Sequential([Input((5,)), Dense(16, "tanh"), Dense(16, "tanh"), Dense(1, name="out")])
    model.compile(Muon(0.01, exclude_layers=["out"]), "mse")
    losses = model.fit(x, y, epochs=40, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
