"""From scores to a loss: exponentiate, normalise, -ln P(correct).

A linear classifier's ten scores for one unseen digit, which is an 8.
"""

import pellucid as pl
from pellucid.layers import Dense, Flatten, Input, Rescaling

pl.set_random_seed(0)
digits = pl.data.load("digits")
model = pl.Sequential([Input((8, 8, 1)), Rescaling(1 / 255), Flatten(), Dense(10)])
model.compile("adam", pl.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(digits.x_train, digits.y_train, epochs=20, verbose=0)
row = list(digits.y_test).index(8)
steps = model.trace(digits.x_test[row : row + 1], [8]).score_to_loss()
picture = steps.picture()
