"""Three gates, and what they do with a gradient.
The addition hands it on equally, the maximum gives it all to the larger input, the multiplication
swaps its inputs."""

from pellucid import Tensor, circuit, nn

x, y = Tensor(3.0, name="x"), Tensor(-4.0, name="y")
z, w = Tensor(2.0, name="z"), Tensor(-1.0, name="w")
picture = circuit((x * y + nn.maximum(z, w)) * 2)
