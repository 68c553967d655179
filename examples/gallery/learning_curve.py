"""How a run went: loss and accuracy, smoothed with the bias-corrected average.

What was measured stands faintly behind.
"""

import pellucid as pl
from pellucid.layers import Dense, Dropout, Flatten, Input, Rescaling

pl.set_random_seed(0)
digits = pl.data.load("digits")
layers = [Rescaling(1 / 255), Flatten(), Dense(32, "relu"), Dropout(0.4), Dense(10)]
model = pl.Sequential([Input((8, 8, 1)), *layers])
loss = pl.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(pl.optimizers.Adam(0.03), loss, ["accuracy"])
history = model.fit(digits.x_train, digits.y_train, 128, epochs=40, validation_split=0.2, verbose=0)
picture = pl.insight.learning_curve(history, beta=0.6)
