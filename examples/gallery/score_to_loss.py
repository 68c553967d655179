"""From scores to the loss of one digit: exponentials, normalised, -ln P(class). The largest score
is taken away first; that changes no probability, and no exponential can overflow."""

from pellucid import Input, Sequential, data, set_random_seed
from pellucid.layers import Dense, Flatten, Rescaling
from pellucid.losses import SparseCategoricalCrossentropy

set_random_seed(1)
digits = data.load("digits")
model = Sequential([Input((8, 8, 1)), Rescaling(1 / 255), Flatten(), Dense(10)])
model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
model.fit(digits.x_train, digits.y_train, epochs=2, verbose=0)
trace = model.trace(digits.x_test[:32], digits.y_test[:32])
picture = trace.score_to_loss().picture(example=3)
