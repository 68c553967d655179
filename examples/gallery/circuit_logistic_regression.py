"""Logistic regression's backward pass, from small gates: a = 1 / (1 + exp(-(w1 x1 + w2 x2 + b))).
Above each wire its value, below it the gradient of a: da/dz = a (1 - a) comes back along the chain,
and each weight's gradient is that times its input."""

from pellucid import Tensor, circuit, nn

w1, x1 = Tensor(2.0, name="w1"), Tensor(-1.0, name="x1")
w2, x2 = Tensor(-3.0, name="w2"), Tensor(-2.0, name="x2")
b = Tensor(-3.0, name="b")
z = w1 * x1 + w2 * x2 + b
a = 1 / (1 + nn.exp(-z))
picture = circuit(a, names={"z": z, "a": a})
