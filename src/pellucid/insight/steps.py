"""From the last layer's scores to the loss of each example, step by step, as a table.

Which steps lead to which loss is in `loss_steps`.

Letters: N examples, C classes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import SettingError
from pellucid.insight.measuring import digits, short
from pellucid.insight.tables import aligned, as_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]
MOST_CLASSES = 4  # whose numbers stand in one line
IN_P = "P(class)"  # a step that is not shown: its number stands among those of P
MOST_LINES = 20  # examples that are printed


class Step(NamedTuple):
    """One step for all examples: (N, C) numbers for each class, or (N,) one an example."""

    name: str
    values: Array


class ScoreToLoss:
    """The steps from scores to the loss: a table with a line an example when printed.

    `steps` are the steps in order, each also by its name, as `result["P"]`; `losses` (N,) is what
    comes out, before weights of examples. With more than four classes a line has, of each step, the
    number of the right class; all are in the arrays. Of many examples the first 20 are printed.
    """

    def __init__(self, formula: str, steps: list[Step], correct: Array | None) -> None:
        self.formula, self.steps, self.correct = formula, steps, correct

    @property
    def losses(self) -> Array:
        """The loss of each example (N,): the last step."""
        return self.steps[-1].values

    def __getitem__(self, name: str) -> Array:
        for step in self.steps:
            if step.name == name:
                return step.values
        names = ", ".join(step.name for step in self.steps)
        raise SettingError("score to loss", f"one of the steps {names}", repr(name), "")

    def __len__(self) -> int:
        return len(self.losses)

    def picture(
        self,
        example: int = 0,
        class_names: Sequence[str] | None = None,
        ax: "Axes | None" = None,
    ) -> "Figure":
        """The steps of one example as a picture: a row a class or output, a column a step.

        Of more than twelve classes, those with the largest scores and the right one have a row.
        Raises SettingError for an example that is not there, for as many names as there are not
        classes, and without matplotlib.
        """
        from pellucid.insight.plots.steps import picture_of_steps

        return picture_of_steps(self, example, class_names, ax)

    # -- shown --------------------------------------------------------------------------------

    def _columns(self) -> list[tuple[str, Callable[[int], str]]]:
        """The head of each column, and its text for an example."""
        columns: list[tuple[str, Callable[[int], str]]] = [("example", str)]
        if self.correct is not None:
            columns.append(("class", lambda i, y=self.correct: str(y[i])))
        wide = max([s.values.shape[1] for s in self.steps if s.values.ndim == 2], default=1)
        for name, values in self.steps:
            if name == IN_P:
                continue
            if values.ndim == 1:
                columns.append((name, texts(values)))
            elif wide <= MOST_CLASSES:
                heads = [f"{name}[{c}]" if c == 0 else f"[{c}]" for c in range(values.shape[1])]
                columns += zip(heads, map(texts, values.T), strict=True)
            elif self.correct is not None:
                columns.append((f"{name}[class]", self._of_the_right_class(values)))
            else:
                columns.append((name, lambda i, v=values: f"{v.shape[1]} numbers"))
        return columns

    def _of_the_right_class(self, values: Array) -> Callable[[int], str]:
        """The text for an example: the number of its right class."""
        assert self.correct is not None
        return texts(values[np.arange(len(values)), self.correct])

    def _lines(self) -> tuple[tuple[str, ...], list[list[tuple[str, ...]]]]:
        """Head and lines of the table."""
        columns = self._columns()
        lines = [tuple(text(i) for _, text in columns) for i in range(min(len(self), MOST_LINES))]
        return tuple(name for name, _ in columns), [lines]

    def _closing(self) -> str:
        """The mean, and how many examples are not shown."""
        left_out = f"; {len(self) - MOST_LINES:,} more examples" if len(self) > MOST_LINES else ""
        return f"mean loss {digits(float(self.losses.mean()), 4)}{left_out}"

    def __str__(self) -> str:
        return "\n".join([self.formula, "", aligned(*self._lines()), "", self._closing()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html([self.formula, self._closing()], *self._lines())


def texts(values: Array) -> Callable[[int], str]:
    """The text of each number of a step (N,): whole ones without a point."""
    write = short if (values == np.round(values)).all() else digits
    return lambda i: write(float(values[i]))
