"""`pellucid evaluate`: how good a saved model is on data, as a whole and class by class."""

from argparse import Namespace
from typing import Any

from pellucid.cli.saved import Array, class_names, open_model, rows_for
from pellucid.errors import DataError
from pellucid.insight import class_probabilities, confusion_counts
from pellucid.registry import plain
from pellucid.training.progress import line


def run(arguments: Namespace) -> int:
    """Print the loss and the metrics, and with --per-class a table."""
    model = open_model(arguments.model)
    x, y, what = rows_for(model, arguments.data, arguments.part)
    figures = model.evaluate(x, y, verbose=0, return_dict=True)
    names = class_names(model)
    if arguments.per_class and (names is None or y.ndim != 1):
        raise DataError(
            "--per-class", "a model of classes", "one of numbers", "Leave the option out."
        )
    counts = None
    if arguments.per_class and names is not None:
        counts = confusion_counts(y, class_probabilities(model, model.predict(x)), len(names))
    if arguments.json:
        print(_json(figures, counts, names))
        return 0
    print(what)
    print(line(figures))
    if counts is not None and names is not None:
        print(f"\n{table(counts, names)}")
    return 0


def table(counts: Array, names: list[str]) -> str:
    """Class by class: its rows, how many of them were found (recall), how many of those taken for
    it were right (precision), and what it was most often mistaken for."""
    head = ("class", "rows", "recall", "precision", "most often mistaken for")
    lines: list[tuple[str, ...]] = [head]
    for k, name in enumerate(names):
        wrong = counts[k].copy()
        wrong[k] = 0
        other = int(wrong.argmax())
        lines.append(
            (
                name,
                f"{counts[k].sum():,}",
                _percent(counts[k, k], counts[k].sum()),
                _percent(counts[k, k], counts[:, k].sum()),
                f"{names[other]} ({wrong[other]:,})" if wrong[other] else "-",
            )
        )
    widths = [max(len(row[i]) for row in lines) for i in range(len(head))]
    return "\n".join(
        f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}  {e}"
        for a, b, c, d, e in lines
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _json(figures: dict[str, Any], counts: Array | None, names: list[str] | None) -> str:
    import json

    more: dict[str, Any] = {}
    if counts is not None:
        more = {"classes": names, "confusion": counts.tolist()}
    return json.dumps(plain(figures) | more)
