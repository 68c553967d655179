"""Weights a little above 1 explode, a little below 1 vanish, exponentially in the depth.

Fifty linear layers whose weights are those that keep the variance, times 0.8, 1 and 1.25.
"""

import pellucid as pl
from pellucid.initializers import VarianceScaling

scaled = {f"{w:g} x sqrt(1/n)": VarianceScaling(w * w) for w in (0.8, 1.0, 1.25)}
picture = pl.insight.depth_experiment(scaled, "linear", depth=50)
