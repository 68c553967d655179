"""`circuit(...)`: a graph of gates drawn as gates and wires, values above, gradients below.

Addition hands its gradient on equally, a maximum gives all of it to the largest, multiplication
swaps its inputs: on the wires of a circuit one sees it happen. The graph is the one that training
itself uses; drawing it changes nothing.

>>> from pellucid import Tensor
>>> x, y = Tensor(3.0, name="x"), Tensor(-4.0, name="y")
>>> drawing = circuit(x * y)
>>> ">x</text>" in drawing.svg, ">×</text>" in drawing.svg, ">−12</text>" in drawing.svg
(True, True, True)
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from pellucid.errors import GraphError, SettingError
from pellucid.graph import Tensor, gradients_of, walk
from pellucid.insight.circuit_boxes import Box, Boxes, Gradient
from pellucid.insight.circuit_drawing import Sketch, sketch
from pellucid.insight.drawing import WIRE, Drawing, document, text
from pellucid.insight.tracing import Trace, letter_of
from pellucid.insight.watching import Call, Watched, activation_of, watch
from pellucid.layers.symbol import each_of
from pellucid.models import Model

MOST = 300  # gates that are drawn without folding
FEW = 12  # gates of a model that are drawn one by one unless asked otherwise

# Opens and shuts the part of the drawing that belongs to the box, and puts the open ones below
# each other. Written into the root, so that it works in a page, in a notebook and in the file.
SCRIPT = (
    "const box=event.target.closest('[data-opens]');"
    "if(!box||(event.type==='keydown'&&event.key!=='Enter'&&event.key!==' '))return;"
    "event.preventDefault();"
    "box.classList.toggle('open');let y=+this.dataset.height,w=+this.dataset.width;"
    "for(const part of this.querySelectorAll('[data-part]')){"
    "const open=this.querySelector(`[data-opens='${part.dataset.part}']`)"
    ".classList.contains('open');"
    "part.style.display=open?'':'none';"
    "if(open){part.setAttribute('transform',`translate(0 ${y})`);"
    "y+=+part.dataset.height;w=Math.max(w,+part.dataset.width)}}"
    "this.setAttribute('viewBox',`0 0 ${w} ${y}`);"
    "this.setAttribute('width',w);this.setAttribute('height',y);"
    "const ground=this.querySelector('.ground');"
    "ground.setAttribute('width',w);ground.setAttribute('height',y);"
)


class Circuit(Drawing):
    """A drawn circuit. `folded` are the names of the boxes that unfold on a click."""

    def __init__(self, svg: str, folded: list[str]) -> None:
        super().__init__(svg)
        self.folded = folded


def circuit(
    what: Any,
    x: Any = None,
    y: Any = None,
    *,
    names: Mapping[str, Tensor] | None = None,
    gradient: Any = None,
    fold: bool | None = None,
    training: bool = True,
) -> Circuit:
    """Draw the graph that `what` was made by: a tensor, a model on data x and y, or a trace.

    A tensor: the gradients on the wires are those of this tensor; where it holds more than one
    number, those of sum(gradient * tensor), or without `gradient` what the last `backward` left.
    Leaves are called as `Tensor(value, name="x")` says, or as `names` {"x": tensor} does.

    A model: one pass over (x, y), as `trace` makes it. With `fold`, each layer is one box, and the
    loss another, that unfolds on a click into its gates; without, every gate is drawn. Unless it is
    given, a model of more than 12 gates is folded.

    Raises SettingError for anything else, for more than 300 gates that are not folded, and without
    igraph; GraphError for a tensor that no gate made.
    """
    if isinstance(what, Tensor):
        return _of_tensor(what, names or {}, gradient)
    if isinstance(what, Model):
        if x is None:
            mend = "Write circuit(model, x, y)."
            raise SettingError("circuit", "data for the model", "none", mend)
        return _of_pass(watch(what, x, y, training=training, where="circuit"), fold)
    if isinstance(what, Trace):
        return _of_pass(what.watched, fold)
    mend = "Give circuit(tensor), circuit(model, x, y) or circuit(trace)."
    received = f"a {type(what).__name__}"
    raise SettingError("circuit", "a tensor, a model or a trace", received, mend)


def _of_tensor(output: Tensor, names: Mapping[str, Tensor], gradient: Any) -> Circuit:
    """The circuit of an expression."""
    if output.gate is None:
        mend = "Compute something from it first; inside no_graph() nothing is remembered."
        raise GraphError("circuit", "a tensor that a gate made", "a leaf", mend)
    known = {tensor: name for name, tensor in names.items()}
    found = {}
    if gradient is not None or output.size == 1:
        found = gradients_of(output, gradient)
    look: Gradient = found.get if found else lambda tensor: tensor.grad
    leaves: dict[Tensor, str] = {}

    def name(tensor: Tensor) -> str:
        given = known.get(tensor) or tensor.name
        return given or leaves.setdefault(tensor, f"input {len(leaves) + 1}")

    drawn = walk(output)
    _not_too_many(drawn, "Draw a part of it: circuit(tensor) of a tensor nearer to the leaves.")
    boxes = Boxes(drawn, look, name, called=known.get).boxes
    return _drawn(sketch(boxes), f"circuit of {len([t for t in drawn if t.gate])} gates")


def _of_pass(watched: Watched, fold: bool | None) -> Circuit:
    """The circuit of a model's pass."""
    roots = [watched.loss] if watched.loss is not None else each_of(watched.output)
    drawn = list(dict.fromkeys(tensor for root in roots for tensor in walk(root)))
    drawn.sort(key=lambda tensor: tensor.gate.number if tensor.gate else -1)
    gates = [tensor for tensor in drawn if tensor.gate]
    if not gates:
        raise GraphError("circuit", "a model that applies gates", "none", "Add a layer.")
    names = _names(watched)
    title = f"circuit of {watched.model.label}"

    def name(tensor: Tensor) -> str:
        return names.get(tensor) or tensor.name or "input"

    if fold is False or (fold is None and len(gates) <= FEW):
        _not_too_many(gates, "Leave fold=False out.")
        return _drawn(sketch(Boxes(drawn, watched.gradient, name).boxes), title)
    owners = _owners(watched, gates)
    whole = Boxes(drawn, watched.gradient, name, owners, _title)
    parts = []
    for box, key in whole.keys.items():
        inside = [tensor for tensor in gates if owners.get(tensor) is key]
        part = sketch(Boxes(inside, watched.gradient, name).boxes)
        parts.append((whole.boxes[box], part))
    return _folded(sketch(whole.boxes), parts, title)


def _not_too_many(tensors: list[Tensor], mend: str) -> None:
    """Raise SettingError for more gates than a person can look at."""
    count = sum(tensor.gate is not None for tensor in tensors)
    if count > MOST:
        mend = f"{mend} circuit(model, x, y) folds each layer into one box."
        raise SettingError("circuit", f"up to {MOST} gates", f"{count:,}", mend)


# -- a pass in layers -----------------------------------------------------------------------------

LOSS, PENALTIES = "loss", "regularisers"


def _names(watched: Watched) -> dict[Tensor, str]:
    """What leaves, and the outputs of layers, are called."""
    names: dict[Tensor, str] = {}
    for call in reversed(watched.calls):
        if isinstance(call.output, Tensor):
            names[call.output] = call.name
        for p in call.layer.own_weights:
            names[p] = f"{call.name} {letter_of(p.name or 'weight')}"
    several = len(watched.data) > 1
    return names | {t: f"x[{i}]" if several else "x" for i, t in enumerate(watched.data)}


def _owners(watched: Watched, gates: list[Tensor]) -> dict[Tensor, Any]:
    """The call, the loss or the regularisers that each gate belongs to.

    What a layer or a model does between the layers that it calls belongs to none.
    """
    owners: dict[Tensor, Any] = {}
    for call in watched.calls:
        if call.is_whole and isinstance(call.output, Tensor):
            known = {t for each in call.inputs if isinstance(each, Tensor) for t in walk(each)}
            for tensor in walk(call.output):
                if tensor.gate and tensor not in known:
                    owners.setdefault(tensor, call)
    if watched.loss is None:
        return owners
    of_model = {t for each in each_of(watched.output) for t in walk(each)}
    after = set(each_of(watched.output))
    for tensor in gates:
        if tensor in of_model:
            continue
        inputs = tensor.gate.inputs if tensor.gate else ()
        is_after = any(isinstance(each, Tensor) and each in after for each in inputs)
        if is_after:
            after.add(tensor)
        owners[tensor] = watched.model.loss if is_after else PENALTIES
    return owners


def _title(owner: Any) -> tuple[str, str]:
    """What is written on a folded box, and below it."""
    if isinstance(owner, Call):
        what = type(owner.layer).__name__, activation_of(owner.layer)
        return owner.name, ", ".join(filter(None, what))
    if owner == PENALTIES:
        return PENALTIES, ""
    return LOSS, str(getattr(owner, "name", "") or "").replace("_", " ")


# -- drawings -------------------------------------------------------------------------------------


def _drawn(whole: Sketch, title: str) -> Circuit:
    """A circuit without folds."""
    return Circuit(document(whole.width, whole.height, title, whole.lines), [])


def _folded(whole: Sketch, parts: list[tuple[Box, Sketch]], title: str) -> Circuit:
    """A circuit whose folded boxes open, each as a part below the whole."""
    lines = list(whole.lines)
    for number, (box, part) in enumerate(parts):
        lines += [
            f'<g data-part="{number}" data-width="{part.width:.0f}"'
            f' data-height="{part.height + 34:.0f}" style="display:none">',
            f'<path {WIRE} d="M18 4H{part.width - 18:.0f}"/>',
            text(18, 24, " · ".join(filter(None, (box.title, box.note))), "strong"),
            '<g transform="translate(0 30)">',
            *part.lines,
            "</g></g>",
        ]
    script = escape(SCRIPT)
    root = (
        f' data-width="{whole.width:.0f}" data-height="{whole.height:.0f}"'
        f' onclick="{script}" onkeydown="{script}"'
    )
    folded = [box.title for box, _ in parts]
    return Circuit(document(whole.width, whole.height, title, lines, root), folded)
