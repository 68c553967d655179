"""A network, each layer folded into one box.
Above the wire shape, mean and deviation of A, below it those of dA. In a browser, a click on a box
unfolds its gates below."""

from pellucid import Input, Sequential, circuit, data, set_random_seed
from pellucid.layers import Dense
from pellucid.losses import SparseCategoricalCrossentropy

set_random_seed(1)
digits = data.load("digits")
x = digits.x_train.reshape(-1, 64) / 255
model = Sequential([Input((64,)), Dense(21, activation="relu"), Dense(10)])
model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
picture = circuit(model, x[:32], digits.y_train[:32], fold=True)
