"""A network on the embedded digits, its layers folded into one box each: shape, mean and deviation
of A above the wire, of dA below. In a browser, a click on a box unfolds its gates below."""

from pellucid import Input, Sequential, circuit, data, set_random_seed
from pellucid.layers import Dense, Flatten, Rescaling
from pellucid.losses import SparseCategoricalCrossentropy

set_random_seed(1)
digits = data.load("digits")
layers = [Rescaling(1 / 255), Flatten(), Dense(21, activation="relu"), Dense(10)]
model = Sequential([Input((8, 8, 1)), *layers])
model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
picture = circuit(model, digits.x_train[:32], digits.y_train[:32], fold=True)
