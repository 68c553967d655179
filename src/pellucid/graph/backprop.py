"""The reverse pass: from one result back to everything that it was made from.

A gate is numbered when it is applied, always after the gates that feed it. So going through the
gates by falling number visits each one after all that used its output: its gradient is then
complete, and shared use adds up. This is a topological order without a search for one.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from pellucid.engines import Array, computed, engine_of
from pellucid.errors import ShapeError
from pellucid.gates import Gate
from pellucid.graph.tensor import Tensor, mode


def backpropagate(
    output: Tensor,
    gradient: Any = None,
    *,
    leaves_only: bool = False,
    frees: bool = False,
    ready: Callable[[Tensor], None] | None = None,
) -> dict[Tensor, Array]:
    """Set `grad` of every tensor that `output` was made from and that requires it.

    With `leaves_only` the tensors between keep none. With `frees` they do not keep their gates
    either (but for those that a tape notes): what was gone through is given up, and its memory is
    there for the gradients to come, while it is still in the processor's caches. `ready` is called
    with each leaf as soon as its gradient is whole and set, while the pass goes on.

    Returns the gradients of the leaves. Raises ShapeError where `output` holds more than one number
    and no `gradient` is given, or where a gate's derivative has not the shape of its input.
    """
    gradients, nodes = {output: _seed(output, gradient)}, walk(output)
    own: set[Tensor] = set()
    uses = _uses_of_leaves(nodes) if ready else Counter()
    while nodes:
        tensor = nodes.pop()
        if tensor.gate is None:  # only leaves are left
            break
        dy = gradients.pop(tensor, None)
        if dy is not None:
            tensor.gate.takes_over = frees and tensor in own
            own.discard(tensor)
            _through(tensor.gate, dy, gradients, own)
            if not (leaves_only or frees):
                tensor.receive(computed(dy))
        for leaf in _leaves_of(tensor.gate) if ready else ():
            uses[leaf] -= 1
            if ready and not uses[leaf] and leaf in gradients:
                leaf.receive(gradients[leaf])
                ready(leaf)
        if frees and mode.tape is None:
            tensor.gate = None
    for leaf, dy in gradients.items():
        if leaf not in uses:
            leaf.receive(dy)
    return gradients


def gradients_of(output: Tensor, gradient: Any = None) -> dict[Tensor, Array]:
    """The gradient of every tensor that `output` was made from and that requires it, by the tensor.

    As `backpropagate`, but no `grad` is set: for those who only look.
    """
    gradients = {output: _seed(output, gradient)}
    for tensor in reversed(walk(output)):
        if tensor.gate is not None and tensor in gradients:
            _through(tensor.gate, gradients[tensor], gradients, set())
    return {tensor: computed(gradient) for tensor, gradient in gradients.items()}


def walk(output: Tensor) -> list[Tensor]:
    """Every tensor that `output` was made from, each after the ones that it came from.

    Leaves stand first; `output` stands last.
    """
    found, ahead = {output}, [output]
    while ahead:
        tensor = ahead.pop()
        for source in tensor.gate.inputs if tensor.gate else ():
            if isinstance(source, Tensor) and source not in found:
                found.add(source)
                ahead.append(source)
    return sorted(found, key=lambda tensor: tensor.gate.number if tensor.gate else -1)


def _uses_of_leaves(nodes: list[Tensor]) -> Counter[Tensor]:
    """How often gates take each leaf that requires a gradient."""
    return Counter(leaf for tensor in nodes if tensor.gate for leaf in _leaves_of(tensor.gate))


def _leaves_of(gate: Gate) -> list[Tensor]:
    """The leaves among a gate's inputs that require a gradient, as often as it takes them."""
    return [
        source
        for source in gate.inputs
        if isinstance(source, Tensor) and source.gate is None and source.requires_grad
    ]


def _through(gate: Gate, dy: Array, gradients: dict[Tensor, Array], own: set[Tensor]) -> None:
    """Hand the gradient of a gate's output on to those of its inputs that need one.

    `own`: the tensors whose gradient so far is an array that nobody else holds.
    """
    dy = dy if gate.takes_short else computed(dy)
    for position, source in enumerate(gate.inputs):
        if not (isinstance(source, Tensor) and source.requires_grad):
            continue
        gradient = gate.gradient(position, dy)
        if gradient.shape != source.shape:
            letter = gate.name_of(position)
            raise ShapeError(
                f"gate {type(gate).__name__}",
                f"d{letter} in the shape of {letter}, {source.shape}",
                f"shape {tuple(gradient.shape)}",
                f"Let d{letter} sum over, or reshape to, what {letter} has.",
            )
        before, is_new = gradients.get(source), gate.gives_new and position == 0
        if before is not None:
            gradient = _sum(before, gradient, source in own, is_new)
        gradients[source] = computed(gradient) if source.gate is None else gradient
        if is_new or before is not None:
            own.add(source)


def _sum(a: Array, b: Array, may_change_a: bool, may_change_b: bool) -> Array:
    """a + b, in the memory of one of them where that may change."""
    if a.dtype != b.dtype or not (may_change_a or may_change_b):
        return a + b
    kept, other = (a, b) if may_change_a else (b, a)
    kept += other
    return kept


def _seed(output: Tensor, gradient: Any) -> Array:
    """The gradient that the reverse pass starts with."""
    xp = engine_of(output.value).xp
    if gradient is None:
        if output.size != 1:
            raise ShapeError(
                "backward",
                "a result of one number",
                f"one of shape {output.shape}",
                "Take its sum() or mean() first, or pass gradient= of that shape.",
            )
        return xp.ones(output.value.shape, dtype=output.value.dtype)
    return xp.broadcast_to(xp.asarray(gradient, dtype=output.value.dtype), output.value.shape)
