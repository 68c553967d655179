"""A convolutional network: maps, pooling, then dense layers.

Of the many units the first and the last ones are drawn, with every weight between them.
"""

import pellucid as pl
from pellucid.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D

model = pl.Sequential(
    [
        Input((8, 8, 1)),
        Conv2D(4, 3, padding="same", activation="relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(16, "relu"),
        Dense(10, "softmax"),
    ]
)
picture = pl.insight.network_diagram(model, most=8)
