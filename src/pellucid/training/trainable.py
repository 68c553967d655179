"""What makes a model trainable: compile, fit, evaluate, predict, and the one step they rest on."""

from pathlib import Path
from typing import Any, Self

from pellucid import losses, metrics, optimizers
from pellucid.engines import Array, Engine
from pellucid.errors import SettingError
from pellucid.graph import backpropagate
from pellucid.layers.layer import Layer
from pellucid.layers.parameter import FlatParameters, Parameter
from pellucid.metrics import asked_for
from pellucid.training import loop
from pellucid.training.arrays import as_data, as_host, each, shapes
from pellucid.training.callbacks import History
from pellucid.training.figures import figures
from pellucid.training.mixing import Mixture
from pellucid.training.not_finite import stop_unless_finite
from pellucid.training.repeating import Steps
from pellucid.training.team import Team


class Trainable(Layer):
    """The methods of a model that have to do with training.

    `history` holds the figures of the last `fit`, and `measured` what they are read from: the mean
    loss and the metrics, by the figures' names, once they are made. `progress` says where training
    stands, and `notes` is whatever else should be kept with the model in its file (class names,
    say): plain data. `batch` is the (x, y, sample_weight) of the running step of a `fit`, for
    callbacks that look at it. `team`: the processes that share the batches of a run, while one
    lasts that is shared.
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
        self.stop_training = False
        self.measured: dict[str, metrics.Metric] = {}
        self._flat: FlatParameters | None = None
        self._regularized: list[Parameter] = []
        self.mixture = Mixture([])
        self.repeated: Steps | None = None
        self.batch: Any = None
        self.team: Team | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        """Say how to train: an optimiser, a loss, and what else to measure.

        Each is an object or a name; a loss or a metric may be a function (y_true, y_pred) of gates.
        Weights of examples and classes weigh the loss and the `weighted_metrics`, and no other
        metric. The optimiser starts anew. Raises SettingError for a name that is not known.
        """
        steps, goal = optimizers.get(optimizer), losses.get(loss)
        names, weighted_names = asked_for(metrics), asked_for(weighted_metrics)
        self.optimizer, self.loss = steps, goal  # not before all of them are known
        self.metric_names, self.weighted_metric_names = names, weighted_names
        self.optimizer.start_anew()
        if self._flat is not None:
            self.optimizer.lay_out(self._flat)
        self.metrics, self.weighted_metrics, self.measured = [], [], {}
        self.progress = {}

    fit = loop.fit
    evaluate = loop.evaluate
    predict = loop.predict
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
        output = self.run(as_data(x), training=True)
        loss = self.total_loss(y, output, sample_weight)
        stop_unless_finite(self, loss, output, x, y, sample_weight)
        reached = backpropagate(loss, leaves_only=True)
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
        """Move the model, with what its optimiser remembers, to another engine or device."""
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
