"""Xavier's sqrt(1/n) keeps the signal of tanh layers.

Small weights let activations and gradients vanish; with large ones tanh saturates.
"""

import pellucid as pl

picture = pl.insight.depth_experiment(activation="tanh")
