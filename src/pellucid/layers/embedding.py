"""The embedding: a table of vectors, one for each word, user, or other thing that has a number."""

from typing import Any

from pellucid import nn
from pellucid.engines import engine_of
from pellucid.errors import DataError, SettingError
from pellucid.graph.tensor import Tensor
from pellucid.layers.checking import at_least_one
from pellucid.layers.layer import Layer, registry
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape


@registry.register
class Embedding(Layer):
    """Row i of a table that is learned, for each whole number i of the input.

    Input (N, ...) whole numbers from 0 to input_dim - 1, output (N, ..., output_dim); of any number
    of axes, and any lengths. `embeddings` is the table W (input_dim, output_dim). The output is
    what a dense layer without bias makes of one-hot rows, without the product.

    Raises SettingError for dimensions below 1, and for an input_dim beyond which the layer's number
    type counts no further, as data may come in it; DataError for numbers that are no rows of the
    table. Masks, and the first values as an argument, which Keras has, are left out.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.input_dim = at_least_one(self, "input_dim", input_dim)
        self.output_dim = at_least_one(self, "output_dim", output_dim)
        recipe = embeddings_initializer, embeddings_regularizer, embeddings_constraint
        keep_recipe(self, "embeddings", *recipe)
        self.is_wrong: Any = None  # on a device that is far: whether numbers were no rows
        exact = int(2 / self.engine.xp.finfo(self.dtype).eps)
        if self.input_dim > exact:
            raise SettingError(
                "Embedding",
                f"an input_dim up to {exact:,}, as far as {self.dtype} counts one by one",
                f"{self.input_dim:,}",
                "Give the layer and the model dtype='float64'.",
            )

    def build(self, input_shape: Shape) -> None:
        """The table."""
        self.embeddings = by_recipe(self, "embeddings", (self.input_dim, self.output_dim))

    def ensure_built(self, input_shape: Shape) -> None:
        """Build on first use; the table serves inputs of any shape."""
        if not self.built:
            super().ensure_built(input_shape)

    def as_input(self, array: Any) -> Any:
        """The numbers as they came."""
        return self.engine.asarray(array)

    def call(self, i: Any) -> Any:
        """The rows i."""
        array = i.value if isinstance(i, Tensor) else i
        if engine_of(array).looks_later:
            i = self.on_trust(array)
        else:
            self.check(array)
        return nn.embedding(i, self.embeddings)

    def on_trust(self, i: Any) -> Any:
        """i brought to numbers of rows; whether they were others is noted on their device."""
        xp = engine_of(i).xp
        rows = xp.clip(xp.floor(i) if engine_of(i).holds_floats(i) else i, 0, self.input_dim - 1)
        if self.is_wrong is None:
            self.is_wrong = xp.zeros((), dtype="bool")
        self.is_wrong |= (rows != i).any()
        return rows

    def look_back(self) -> None:
        """Raise DataError where numbers that were taken on trust are no rows of the table."""
        if self.is_wrong is not None and bool(self.is_wrong):
            self.is_wrong[...] = False
            expected = f"whole numbers from 0 to {self.input_dim - 1}, as input_dim is"
            raise DataError(
                f"layer {self.label}",
                f"{expected} {self.input_dim}",
                "others, in a batch since the last look",
                "Number the rows from 0, or make input_dim the largest number plus 1.",
            )

    def check(self, i: Any) -> None:
        """Raise DataError unless these are numbers of rows."""
        if 0 in i.shape:
            return
        where, lowest, highest = f"layer {self.label}", i.min().item(), i.max().item()
        if not (lowest >= 0 and highest < self.input_dim):
            raise DataError(
                where,
                f"numbers from 0 to {self.input_dim - 1}, as input_dim is {self.input_dim}",
                f"{lowest} to {highest}",
                "Number the rows from 0, or make input_dim the largest number plus 1.",
            )
        if engine_of(i).holds_floats(i) and (i % 1 != 0).any():
            mend = "Number what the rows stand for: 0, 1, 2, ..."
            raise DataError(where, "whole numbers", f"{i[i % 1 != 0][0].item()}", mend)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, ..., output_dim)."""
        return (*input_shape, self.output_dim)
