"""Muon: matrices step along orthogonal ones. Letters: G a momentum, U S V^T its singular values.

Of a gradient that is a matrix a few directions are usually far larger than all others. Muon makes
them all as long: it puts the orthogonal matrix U V^T in the place of G = U S V^T, or nearly so, by
a few matrix products instead of a decomposition.
"""

from collections.abc import Sequence
from typing import Any

from pellucid.averages import move_average
from pellucid.engines import Array, engine_of
from pellucid.optimizers.adam import Adam
from pellucid.optimizers.base import Optimizer, registry
from pellucid.optimizers.pieces import found_in, listed
from pellucid.settings import kept_share, not_negative, positive, whole


@registry.register
class Muon(Optimizer):
    """For a matrix W (D, U):  m = momentum m + g,   G = g + momentum m (m without `nesterov`),

    W = W - alpha rms_rate sqrt(max(D, U)) orthogonal(G)   (Jordan et al. 2024; the factor, which
    makes steps as long as Adam's, by Liu et al. 2025; without it where `rms_rate` is None).
    Everything that is no matrix (biases, filters) takes AdamW's step, with alpha `adam_lr_ratio`
    and `adam_weight_decay`; so do embeddings (`exclude_embeddings`), and whatever has one of the
    regular expressions `exclude_layers` in its path: name the output layer there.
    `ns_steps`, `muon_a`, `muon_b`, `muon_c`: see `orthogonal`.
    """

    slots = ("m", "s")
    elementwise = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: str | Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1.0,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **settings)
        self.adam_beta_1 = kept_share(self, "adam_beta_1", adam_beta_1)
        self.adam_beta_2 = kept_share(self, "adam_beta_2", adam_beta_2)
        self.adam_weight_decay = not_negative(self, "adam_weight_decay", adam_weight_decay or 0.0)
        self.epsilon = not_negative(self, "epsilon", epsilon)
        self.exclude_layers = listed(exclude_layers)
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = float(muon_a), float(muon_b), float(muon_c)
        self.adam_lr_ratio = not_negative(self, "adam_lr_ratio", adam_lr_ratio)
        self.momentum, self.nesterov = kept_share(self, "momentum", momentum), nesterov
        self.ns_steps = whole(self, "ns_steps", ns_steps, 1)
        self.rms_rate = None if rms_rate is None else positive(self, "rms_rate", rms_rate)
        self.adam = Adam(1.0, adam_beta_1, adam_beta_2, epsilon)

    def update(self, theta, g, alpha, t, m, s):
        """One step of a parameter, whose shape says of which kind."""
        if theta.ndim != 2:
            self.adam.update(theta, g, alpha * self.adam_lr_ratio, t, m, s)
            return
        move_average(m, g, self.momentum, gain=1.0)
        G = g + self.momentum * m if self.nesterov else m
        if self.rms_rate is not None:
            alpha *= self.rms_rate * max(theta.shape) ** 0.5
        theta -= alpha * orthogonal(G, self.ns_steps, self.muon_a, self.muon_b, self.muon_c)

    def is_matrix(self, p: Any, path: str) -> bool:
        """Whether a parameter takes Muon's own step."""
        embeds = self.exclude_embeddings and "embedding" in path.lower()
        return len(p.shape) == 2 and not embeds and not found_in(self.exclude_layers, path)

    def shape_of(self, p, path):
        """Matrices as they are, all else as vectors."""
        return p.shape if self.is_matrix(p, path) else (p.size,)

    def decay_of(self, p, path):
        """Each kind has its own."""
        if self.is_matrix(p, path) or found_in(self.excluded_from_weight_decay, path):
            return super().decay_of(p, path)
        return self.adam_weight_decay


def orthogonal(G: Array, steps: int, a: float, b: float, c: float) -> Array:
    """About U V^T of G = U S V^T, by Newton and Schulz's iteration.

    X = G / |G|, then some times X = a X + (b A + c A^2) X with A = X X^T: each singular value x
    becomes a x + b x^3 + c x^5, which with Keras' numbers brings all but the smallest near 1 (from
    0.7 to 1.2, for the sake of few steps).
    """
    xp = engine_of(G).xp
    X = G.T if G.shape[0] > G.shape[1] else G
    X = X / (xp.linalg.vector_norm(X) + 1e-7)
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * (A @ A)) @ X
    return X.T if G.shape[0] > G.shape[1] else X
