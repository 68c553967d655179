"""Six activation functions, and their slopes.

Where the slope is flat no gradient comes through: sigmoid and tanh at both ends, relu below 0.
"""

import pellucid as pl

names = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "softmax"]
picture = pl.insight.activation_curves(names)
