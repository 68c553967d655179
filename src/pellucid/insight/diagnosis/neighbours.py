"""What rows of data say about each other: nearest neighbours, order, duplicates.

Letters: x rows (N, D), y targets (N,); N examples, D features.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def rows(x: Any, chosen: Any = slice(None)) -> Array:
    """Rows of x as vectors (n, D) in float64; several inputs side by side."""
    parts = x if isinstance(x, list | tuple) else [x]
    found = [np.asarray(part)[chosen] for part in parts]
    return np.concatenate([a.reshape(len(a), -1).astype("float64") for a in found], axis=1)


def standardised(x: Array) -> Array:
    """Each feature with mean 0 and deviation 1; one that never varies is 0."""
    deviation = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


def nearest(x: Array) -> Array:
    """For each row the number of the other row that lies nearest (N,)."""
    x = x.astype("float32")
    squares = (x * x).sum(axis=1)
    distance = squares[:, None] + squares - 2 * (x @ x.T)
    np.fill_diagonal(distance, np.inf)
    return distance.argmin(axis=1)


def probe(x: Array, y: Array) -> Array:
    """What a linear model, fitted on one half of the rows, says about the other, and vice versa.

    Ridge regression of y (N, T) in its dual form, with a ridge of a tenth of the kernel's mean.
    """
    n = len(x)
    x = np.concatenate([standardised(x), np.ones((n, 1))], axis=1)
    halves = np.arange(n) % 2 == 0
    said = np.zeros_like(y, dtype="float64")
    for fitted in (halves, ~halves):
        a, b = x[fitted], x[~fitted]
        K = a @ a.T
        alpha = np.linalg.solve(K + 0.1 * K.trace() / len(K) * np.eye(len(K)), y[fitted])
        said[~fitted] = b @ a.T @ alpha
    return said


def hits_beyond_chance(labels: Array, said: Array) -> float:
    """By how many standard deviations more labels are said right than if they were shuffled.

    Mean and variance of the number of hits over all permutations of the labels are exact, whatever
    the shares of the classes (Hoeffding 1951, A Combinatorial Central Limit Theorem): with d_ij =
    1 for a hit of row i by answer j, less its row's and column's means, plus the mean of all, the
    variance is the sum of d_ij^2 over N - 1.
    """
    n, C = len(labels), int(max(labels.max(), said.max())) + 1
    a, b = (np.bincount(each, minlength=C) / n for each in (labels, said))
    expected = float(a @ b)
    d = np.eye(C) - b[:, None] - a + expected
    spread = math.sqrt(max(float(a @ d**2 @ b) / (n - 1), 1e-12))
    return (float((labels == said).mean()) - expected) / spread


def correlation_beyond_chance(y: Array, said: Array) -> float:
    """Pearson's correlation in units of its spread without any relation, 1 / sqrt(N)."""
    a, b = y - y.mean(), said - said.mean()
    scale = math.sqrt(float((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale * math.sqrt(len(y)) if scale > 0 else 0.0


def order_of(y: Array, is_label: bool) -> tuple[float, float]:
    """How alike neighbours in the order of the rows are: the figure, and its deviations from
    chance.

    For labels the share of rows whose label is that of the row before, which without order is the
    sum of the squared shares (the runs test of Wald and Wolfowitz 1940, for several classes); for
    numbers the correlation with the row before (von Neumann 1941).
    """
    if not is_label:
        r = correlation_beyond_chance(y[1:], y[:-1])
        return r / math.sqrt(len(y) - 1), r
    same = float((y[1:] == y[:-1]).mean())
    shares = np.unique(y, return_counts=True)[1] / len(y)
    expected = float((shares**2).sum())
    spread = math.sqrt(max(expected * (1 - expected) / (len(y) - 1), 1e-12))
    return same, (same - expected) / spread


def twins(train: Array, validation: Array) -> int:
    """How many rows of the validation stand in the training rows, to the last bit."""
    known = {row.tobytes() for row in np.ascontiguousarray(train)}
    return sum(row.tobytes() in known for row in np.ascontiguousarray(validation))


def twins_by_chance(x: Array) -> float:
    """How likely two rows are equal if features were independent: the product over the features of
    the chance that two values are."""
    likely = 0.0
    for feature in x.T:
        shares = np.unique(feature, return_counts=True)[1] / len(feature)
        likely += math.log(float((shares**2).sum()))
        if likely < -60:
            break
    return math.exp(likely)
