"""A model as a table: its layers, the shapes that they give, and their numbers of parameters."""

from typing import Any


def summary_table(model: Any) -> str:
    """The table that `model.summary()` prints."""
    head = ("Layer (type)", "Output shape", "Parameters")
    rows: list[tuple[str, str, str]] = []
    listed: set[Any] = set()
    for layer, shape in model.flow():
        count = "as above" if layer in listed else f"{layer.count_params():,}"
        rows.append((f"{layer.name} ({type(layer).__name__})", _shape(shape), count))
        listed.add(layer)
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(3)]
    rule = "─" * (sum(widths) + 6)
    lines = [
        f"{a:<{widths[0]}}   {b:<{widths[1]}}   {c:>{widths[2]}}".rstrip()
        for a, b, c in (head, *rows)
    ]
    total = model.count_params()
    trained = sum(p.size for p in model.trainable_weights)
    size = sum(p.value.nbytes for p in model.weights)
    lines = [f"Model: {model.label}", rule, lines[0], rule, *lines[1:], rule]
    if not model.built:
        return "\n".join([*lines, "Not built yet: the shapes are known with the first data."])
    return "\n".join(
        [*lines, f"{total:,} parameters ({_bytes(size)}), {trained:,} of them trained"]
    )


def _shape(shape: Any) -> str:
    """A shape with N for the batch, or ? where it is not known yet."""
    if shape is None:
        return "?"
    return f"({', '.join('N' if n is None else str(n) for n in shape)})"


def _bytes(size: int) -> str:
    """A size in the unit that gives it one to four digits."""
    if size < 10_000:
        return f"{size:,} bytes"
    return f"{size / 1e3:,.0f} kB" if size < 10_000_000 else f"{size / 1e6:,.0f} MB"
