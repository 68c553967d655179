"""Floor 3: tensors, the graph that gates make of them, the reverse pass, and its check."""

from pellucid.graph.backprop import backpropagate, gradients_of, walk
from pellucid.graph.tensor import Tensor, apply, no_graph, plain

__all__ = ["Tensor", "apply", "backpropagate", "gradients_of", "no_graph", "plain", "walk"]
