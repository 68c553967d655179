"""Batch normalisation over the rows of several processes: that of all rows in one."""

import numpy as np
import pytest

from pellucid.gates import BatchNorm
from pellucid.gates.synchronized import GroupBatchNorm

from ..distributed.groups import Threads


@pytest.mark.parametrize("cuts", [(4, 9), (1, 2), (6, 6)], ids=["uneven", "single rows", "no rows"])
def test_it_is_batch_norm_of_all_rows(cuts, rng):
    x, dz = rng.normal(size=(9, 2, 3)) + 1e4, rng.normal(size=(9, 2, 3))
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    whole = BatchNorm(1e-3)
    z, dx = whole.forward(x, gamma, beta), whole.dx(dz)
    rows = np.split(np.arange(9), cuts)

    def part(group):
        own = rows[group.rank]
        gate = GroupBatchNorm(group, own.size > 0, 1e-3)
        taken = own if own.size else [0]
        found = gate.forward(x[taken], gamma, beta)
        return gate, own, found, gate.dx(dz[taken]), gate.dgamma(dz[taken]), gate.dbeta(dz[taken])

    parts = Threads(3)(part)
    for gate, own, found, slope, _, _ in parts:
        np.testing.assert_allclose(gate.mu, whole.mu, rtol=1e-14)
        np.testing.assert_allclose(gate.var, whole.var, rtol=1e-10)
        if own.size:
            np.testing.assert_allclose(found, z[own], atol=1e-10)
            np.testing.assert_allclose(slope, dx[own], atol=1e-10)
        else:
            assert not slope.any()
    for i, name in ((4, "dgamma"), (5, "dbeta")):
        together = sum(each[i] for each in parts)
        np.testing.assert_allclose(together, getattr(whole, name)(dz), atol=1e-10)
