"""The worked backward pass: f = (x + y) max(y, z).
The addition hands its gradient on to both, the maximum gives all of it to the larger y, the
multiplication swaps its inputs. What y gets is the sum of what comes back along its two wires."""

from pellucid import Tensor, circuit, nn

x, y, z = Tensor(-2.0, name="x"), Tensor(5.0, name="y"), Tensor(-4.0, name="z")
f = (x + y) * nn.maximum(y, z)
picture = circuit(f)
