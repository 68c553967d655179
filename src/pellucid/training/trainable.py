"""What makes a model trainable: compile, fit, evaluate, predict, and the one step they rest on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pellucid import losses, metrics, optimizers
from pellucid.engines import Array, Engine, chooses, is_auto
from pellucid.errors import SettingError
from pellucid.graph import backpropagate
from pellucid.graph.tensor import mixed_precision
from pellucid.layers.layer import Layer
from pellucid.layers.parameter import FlatParameters, Parameter
from pellucid.metrics import asked_for
from pellucid.training import loop, measuring, predicting
from pellucid.training import precision as numbers
from pellucid.training.arrays import as_data, as_host, each, shapes
from pellucid.training.callbacks import History
from pellucid.training.figures import figures
from pellucid.training.mixing import Mixture
from pellucid.training.not_finite import stop_unless_finite
from pellucid.training.repeating import Steps
from pellucid.training.team import Team

if TYPE_CHECKING:
    from pellucid.training.choosing import Choice


class Trainable(Layer):
    """The methods of a model that have to do with training.

    `history` holds the figures of the last `fit`, and `measured` what they are read from: the mean
    loss and the metrics, by the figures' names, once they are made. `progress` says where training
    stands, and `notes` is whatever else should be kept with the model in its file (class names,
    say): plain data. `batch` is the (x, y, sample_weight) of the running step of a `fit`, for
    callbacks that look at it. `team`: the processes that share the batches of a run, while one
    lasts that is shared. `engine_choice`: what `fit` chose where it was to choose the engine; its
    text is the line that was printed. `precision` is what `compile` was asked for,
    `precision_found` what "auto" has found.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.optimizer: Any = None
        self.loss: Any = None
        self.metric_names: list[Any] = []
        self.weighted_metric_names: list[Any] = []
        self.metrics: list[metrics.Metric] = []
        self.weighted_metrics: list[metrics.Metric] = []
        self.history = History()
        self.progress: dict[str, Any] = {}
        self.notes: dict[str, Any] = {}
        self.mean_loss = metrics.Mean("loss")
        self.unread: list[tuple[Any, Any]] = []
        self.stop_training = False
        self.measured: dict[str, metrics.Metric] = {}
        self._flat: FlatParameters | None = None
        self._regularized: list[Parameter] = []
        self.mixture = Mixture([])
        self.repeated: Steps | None = None
        self.batch: Any = None
        self.precision: str | None = None
        self.precision_found: dict[str, str] = {}
        self.chooses_engine = chooses()
        self.engine_choice: Choice | None = None
        self.team: Team | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        precision: str | None = None,
    ) -> None:
        """Say how to train: an optimiser, a loss, and what else to measure.

        Each is an object or a name; a loss or a metric may be a function (y_true, y_pred) of gates.
        Weights of examples and classes weigh the loss and the `weighted_metrics`, and no other
        metric. The optimiser starts anew.

        `precision`: the number type of the weights and of all that is computed, "float32" or
        "float64", to which weights that are there are brought; "mixed_bfloat16": float32, but for
        products and convolutions; "auto": float32 or that, whichever makes the quicker steps, as
        `fit` finds out and says. None leaves it as it is. It holds for predictions too, and for
        models inside. Raises SettingError for a name that is not known, and EngineError for
        mixed_bfloat16 on an engine without it (Micikevicius et al. 2018, Mixed Precision Training).
        """
        steps, goal = optimizers.get(optimizer), losses.get(loss)
        names, weighted_names = asked_for(metrics), asked_for(weighted_metrics)
        precision = numbers.known(self, precision)
        self.optimizer, self.loss = steps, goal  # not before all of them are known
        self.metric_names, self.weighted_metric_names = names, weighted_names
        self.optimizer.start_anew()
        numbers.hand_down(self, precision)
        if self._flat is not None:
            self.optimizer.lay_out(self._flat)
        self.metrics, self.weighted_metrics, self.measured = [], [], {}
        self.progress = {}

    def run(self, inputs: Any, training: bool) -> Any:
        """The outputs, in the model's precision; without any check."""
        if not self.is_mixed:
            return super().run(inputs, training)
        with mixed_precision():
            return super().run(inputs, training)

    @property
    def is_mixed(self) -> bool:
        """Whether products and convolutions are made in bfloat16, where the engine has it."""
        return numbers.MIXED in (self.precision, self.precision_found.get("precision"))

    def cast(self, dtype: str) -> None:
        """Bring the model, all inside it and their weights to another number type, in place."""
        super().cast(dtype)
        if self._flat is not None and not self._flat.still_holds(self._flat.parameters):
            self._flat = None

    fit = loop.fit
    evaluate = measuring.evaluate
    predict = predicting.predict
    train_on_batch = loop.train_on_batch
    figures = figures

    def train_step(self, x: Any, y: Array, sample_weight: Array | None = None) -> tuple:
        """Forward, loss, backward, update. Gives the loss and the outputs, before the update."""
        loss, output = (self.repeated or self.gradients)(x, y, sample_weight)
        self.optimizer.apply(self.parameters.theta, self.parameters.gradient)
        return loss, output

    def gradients(self, x: Any, y: Array, sample_weight: Array | None = None) -> tuple:
        """Forward, loss, backward: the loss and the outputs; `parameters` has the gradients.

        Of a batch that processes share, these are its gradients, and the loss and outputs of the
        rows here.
        """
        if self.team is not None:
            return self.team.gradients(x, y, sample_weight)
        with self.engine.joining():
            output = self.run(as_data(x), training=True)
            loss = self.total_loss(y, output, sample_weight)
            stop_unless_finite(self, loss, output, x, y, sample_weight)
        reached = backpropagate(loss, frees=True)
        self.parameters.clear_except(reached)
        return loss.value, output.value

    def total_loss(self, y: Array, output: Any, sample_weight: Array | None = None) -> Any:
        """The loss of a batch, and what the regularisers add to it."""
        loss = self.mixture.loss(self.loss, y, output, sample_weight)
        for p in self._regularized:
            penalty = p.regularizer(p, len(y)) if self.team is None else self.team.penalty(p)
            loss = loss + penalty
        return loss

    def objective(self, x: Any, y: Any) -> Any:
        """The total loss of a batch in training, as a tensor: what training makes smaller."""
        self.prepare(x, y, where="objective")
        x = each(self.as_input, x)
        return self.total_loss(self.engine.asarray(y), self.run(as_data(x), training=True))

    def to(self, engine: str | Engine, device: str | None = None) -> Self:
        """Move the model, with what its optimiser remembers, to another engine or device.

        "auto": it stays where it is, until `fit` moves it to the engine that trains it quickest.
        """
        self.chooses_engine = is_auto(engine, device)
        if not self.chooses_engine:
            super().to(engine, device)
            if self.optimizer is not None:
                self.optimizer.move(self.engine)
        return self

    def save(self, path: str | Path, for_training: bool = True) -> None:
        """Write the model to one file, all of it or nothing. See `pellucid.storage`."""
        from pellucid.storage import save

        save(self, path, for_training)

    # -- before the first step ----------------------------------------------------------------

    def prepare(self, x: Any, y: Any, where: str) -> None:
        """Build the model for x, check that y fits the loss, and lay out what is to be trained."""
        self.ensure_built(shapes(x))
        if self.loss is None:
            raise SettingError(
                where,
                "a model that is compiled with a loss",
                "one that is not",
                "Call model.compile(optimizer=..., loss=...) first.",
            )
        output_shape = self.compute_output_shape(self.input_shape)
        if isinstance(output_shape, list):
            raise SettingError(
                where,
                "a model with one output",
                f"{len(output_shape)} of them",
                "Train Model(inputs, output) for each: models made of the same layers share them.",
            )
        y = as_host(y)
        self.loss.check(y, output_shape)
        if not self.measured:
            self._make_metrics(y, output_shape)
        self._regularized = [p for p in self.trainable_weights if p.regularizer is not None]
        self.mixture = Mixture(self.all_layers())
        self.lay_out()

    def _make_metrics(self, y: Array, output_shape: tuple) -> None:
        """Make the metrics that `compile` was asked for, and let them look at the targets."""
        self.metrics, self.weighted_metrics = (
            [metrics.get(m, self.loss, output_shape) for m in names]
            for names in (self.metric_names, self.weighted_metric_names)
        )
        for metric in [*self.metrics, *self.weighted_metrics]:
            metric.check(y, output_shape)
        self.measured = metrics.by_name([self.mean_loss, *self.metrics], self.weighted_metrics)

    def lay_out(self) -> None:
        """Bring the parameters that are trained into one vector, of the model's engine.

        Where some were frozen, freed, given another rate, or moved into another model's vector
        since the last time, they are laid out anew and the optimiser's slots follow them.
        """
        parameters = self.trainable_weights
        if self._flat is None or not self._flat.still_holds(parameters):
            Layer.to(self, self.engine)  # with layers that were made, or moved, elsewhere
            paths = {p: path for path, p in self.named_weights().items()}
            self._flat = FlatParameters(parameters, [paths[p] for p in parameters])
        if self.optimizer is not None:
            self.optimizer.lay_out(self._flat)

    @property
    def parameters(self) -> FlatParameters:
        """The trained parameters, in one vector `theta` with its `gradient`."""
        if self._flat is None:
            self.lay_out()
        assert self._flat is not None
        return self._flat
