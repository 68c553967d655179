"""Dropout: one step of training sees a thinned network.

Each hidden unit stays with probability 1 - rate; those crossed out take no part in this step.
"""

import pellucid as pl
from pellucid.layers import Dense, Dropout, Input

pl.set_random_seed(2)
model = pl.Sequential(
    [Input((5,)), Dense(8, "relu"), Dropout(0.5), Dense(8, "relu"), Dropout(0.5), Dense(2)]
)
picture = pl.insight.thinned_network(model)
