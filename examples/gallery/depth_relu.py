"""He's sqrt(2/n) keeps the signal of relu layers.

relu halves the variance at each layer, which the 2 makes good; with sqrt(1/n) it fades.
"""

import pellucid as pl

picture = pl.insight.depth_experiment(activation="relu")
