"""Steps that are captured and replayed, on a processor that stands for a GPU.

Whatever a captured step computes in Python stays as it was: so a run of replays that gives what
steps in the usual way give has its numbers, draws and inputs from where they change.
"""

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, Sequential, engines, load, nn
from pellucid.callbacks import Callback, LearningRateScheduler, TerminateOnNaN
from pellucid.engines import choosing, engine_of, find
from pellucid.errors import DataError, NotFiniteError
from pellucid.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    MaxPooling2D,
    MixUp,
    RandomFlip,
    RandomTranslation,
    Rescaling,
)
from pellucid.losses import Poisson, SparseCategoricalCrossentropy
from pellucid.metrics import (
    AUC,
    ConfusionMatrix,
    F1Score,
    LossMetric,
    Precision,
    R2Score,
    Recall,
    TopKCategoricalAccuracy,
    TruePositives,
)
from pellucid.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    Muon,
    Nadam,
    RMSprop,
)
from pellucid.schedules import CosineDecay
from pellucid.training import capturing
from pellucid.training.capturing import Captured

from ..engines.far import FarEngine, Reads
from ..saying import says
from .networks import same

torch.set_num_threads(1)
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(46, 5)), RNG.integers(0, 3, 46)
IMAGES = RNG.integers(0, 256, (46, 8, 8, 2)).astype("uint8")


@pytest.fixture(autouse=True)
def far(monkeypatch):
    """The engine torch is a far one, and in use."""
    find("torch")
    engine = FarEngine()
    monkeypatch.setitem(choosing._made, torch.device("cpu"), engine)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self)
    engines.use("torch")
    yield engine
    engines.use("numpy")


def network(optimizer="adam", *more, dtype="float64"):
    pellucid.set_random_seed(5)
    layers = [Dense(8, "relu", dtype=dtype), *more, Dense(3, dtype=dtype)]
    model = Sequential([Input((5,), dtype=dtype), *layers], dtype=dtype)
    model.compile(optimizer, SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
    return model


def pictures():
    pellucid.set_random_seed(5)
    layers = [
        Rescaling(1 / 255),
        RandomFlip(),
        RandomTranslation(0.2, 0.2),
        Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dropout(0.3),
        Dense(3),
    ]
    model = Sequential([Input((8, 8, 2)), *layers])
    model.compile(
        SGD(0.05, momentum=0.9), SparseCategoricalCrossentropy(from_logits=True), ["accuracy"]
    )
    return model


class Usual(Callback):
    """With it, every step is made in the usual way."""

    def on_train_batch_end(self, batch, logs=None):
        """Called at each batch."""


def runs(make, x=X, y=Y, callbacks=(), **fit):
    """A run with replays, and the same in the usual way."""
    found = []
    for more in ([], [Usual()]):
        model = make()
        model.fit(x, y, 8, verbose=0, callbacks=[*callbacks, *more], **{"epochs": 3} | fit)
        found.append(model)
    return found


def agree(one, other, rtol=1e-10):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
    assert one.optimizer.iterations == other.optimizer.iterations
    for name, figures in other.history.history.items():
        np.testing.assert_allclose(one.history.history[name], figures, rtol=max(rtol, 1e-6))
    assert one.random_states() == other.random_states()


OPTIMIZERS = [
    lambda: SGD(0.1),
    lambda: SGD(0.1, momentum=0.9, nesterov=True),
    lambda: SGD(CosineDecay(0.1, 15)),
    lambda: Adam(0.01),
    lambda: Adam(0.01, amsgrad=True, clipnorm=0.1),
    lambda: AdamW(0.01, weight_decay=0.1, global_clipnorm=0.1, use_ema=True),
    lambda: Adamax(0.01, clipvalue=0.01),
    lambda: RMSprop(0.01, momentum=0.5, centered=True),
    lambda: Adagrad(0.01),
    lambda: Adadelta(1.0),
    lambda: Lion(0.01),
    lambda: Muon(0.01),
    lambda: Nadam(0.01),
    lambda: SGD(0.1, gradient_accumulation_steps=3),
    lambda: Adam(0.01, use_ema=True, ema_overwrite_frequency=4),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_replays_make_the_steps_of_every_optimizer(far, optimizer):
    agree(*runs(lambda: network(optimizer())))
    assert len(far.graphs) == 1


def test_which_updates_are_in_the_graph():
    are = [make().can_be_captured for make in OPTIMIZERS]
    assert are == [True] * 12 + [False] * 3


def test_images_with_chance_and_moving_averages(far):
    """Draws are those that the step itself would have made; 46 rows leave 6 over."""
    agree(*runs(pictures, IMAGES), rtol=1e-5)
    assert len(far.graphs) == 1
    assert len(far.graphs[0].draws.sources) == 5  # two flips, two shifts, one mask


def test_weights_of_examples_and_layers_with_other_rates(far):
    def make():
        model = network()
        model.layers[0].learning_rate_multiplier = 0.1
        return model

    agree(*runs(make, sample_weight=np.linspace(0.5, 1.5, 46), class_weight={0: 2.0}))
    assert len(far.graphs) == 1


def test_several_inputs(far):
    def make():
        pellucid.set_random_seed(1)
        a, b = Input((5,)), Input((5,))
        model = Model([a, b], Dense(3)(Add()([Dense(4, "tanh")(a), Dense(4)(b)])))
        model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
        return model

    agree(*runs(make, [X, 2 * X]), rtol=1e-5)
    assert len(far.graphs) == 1


def test_batches_of_other_shapes_are_made_in_the_usual_way(far, monkeypatch):
    usual = []
    step = Model.train_step
    monkeypatch.setattr(
        capturing, "can_be_captured", lambda model: True
    )  # though its step is watched here
    monkeypatch.setattr(Model, "train_step", lambda *a: usual.append(len(a[2])) or step(*a))
    network().fit(X, Y, 8, 2, 0)
    # three to warm up, one that is captured; and the last of each epoch
    assert usual == [8, 8, 8, 8, 6, 6]
    assert len(far.graphs) == 1


def test_no_number_is_read_inside_an_epoch(far):
    """An epoch of 40 steps reads as many as one of 5: none while it lasts."""
    counts = []
    for many in (5, 40):
        model = network(
            AdamW(CosineDecay(0.01, 50), clipnorm=1.0), Dropout(0.3), BatchNormalization()
        )
        with Reads() as reads:
            model.fit(np.resize(X, (8 * many, 5)), np.resize(Y, 8 * many), 8, 1, 0)
        counts.append(reads.count)
    assert counts[0] == counts[1]
    assert len(far.graphs) == 2


@pytest.mark.parametrize(
    "metric",
    [
        *(ConfusionMatrix(), TopKCategoricalAccuracy(k=2), Precision(top_k=1), Recall(class_id=1)),
        *(AUC(), F1Score(), R2Score(), TruePositives([0.2, 0.7]), LossMetric(Poisson())),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_a_metric_reads_no_number_inside_an_epoch(far, metric):
    counts, targets = [], np.eye(3)[Y]
    for many in (5, 40):
        model = network()
        model.compile("sgd", "categorical_crossentropy", [metric])
        with Reads() as reads:
            model.fit(np.resize(X, (8 * many, 5)), np.resize(targets, (8 * many, 3)), 8, 1, 0)
        counts.append(reads.count)
    assert counts[0] == counts[1]


def test_the_look_for_reads_sees_them():
    with Reads() as reads:
        float(torch.ones(()))
        bool(torch.ones(()))
    assert reads.count == 2


# -- batches that are handed out ------------------------------------------------------------------


def handed_out(told):
    """Five batches of eight, again and again; it notes which are asked for."""
    while True:
        for i in range(0, 40, 8):
            told.append(f"batch {i // 8}")
            yield X[i : i + 8], Y[i : i + 8]


def test_the_next_is_asked_for_before_one_is_computed(far):
    class Notes(Callback):
        def on_train_batch_end(self, batch, logs=None):
            told.append(f"step {batch}")

    told = []
    network().fit(handed_out(told), steps_per_epoch=3, epochs=1, verbose=0, callbacks=[Notes()])
    assert told == ["batch 0", "batch 1", "step 0", "batch 2", "step 1", "step 2"]


def test_a_run_of_them_is_that_of_arrays(far):
    models = [network("sgd"), network("sgd")]
    models[0].fit(handed_out([]), steps_per_epoch=5, epochs=4, verbose=0)
    models[1].fit(X[:40], Y[:40], 8, 4, 0, shuffle=False)
    assert len(far.graphs) == 2
    assert same(*(model.get_weights() for model in models))


def test_one_that_does_not_fit_is_named_when_those_before_it_are_done(far):
    model = network()
    batches = [(X[:8], Y[:8]), (X[8:16], Y[8:16]), (X[:8], Y[:8] + 7)]
    with pytest.raises(DataError, match="epoch 1, batch 3"):
        model.fit(batches, epochs=1, verbose=0, shuffle=False)
    assert model.optimizer.iterations == 2


# -- what changes ---------------------------------------------------------------------------------


def test_rates_that_a_callback_sets(far):
    agree(*runs(lambda: network("sgd"), callbacks=[LearningRateScheduler(lambda e: 0.1 / (1 + e))]))
    assert len(far.graphs) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.layers[0], "trainable", False),
        lambda model: setattr(model.optimizer, "weight_decay", 0.5) or model.optimizer.arrange(),
        lambda model: setattr(model.layers[1], "rate", 0.5),
    ],
)
def test_what_is_replaced_between_epochs_is_heard(far, change):
    class Changing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            """Once."""
            if epoch == 0:
                change(self.model)

    agree(*runs(lambda: network("adam", Dropout(0.2)), callbacks=[Changing()]))
    assert len(far.graphs) == 2


def test_a_run_that_is_stopped_goes_on_exactly(tmp_path):
    whole = network("adam", Dropout(0.3))
    whole.fit(X, Y, 8, 4, 0)
    part = network("adam", Dropout(0.3))
    part.fit(X, Y, 8, 2, 0)
    part.save(tmp_path / "model")
    part = load(tmp_path / "model")
    part.fit(X, Y, 8, 4, 0, resume=True)
    agree(part, whole)


# -- what cannot be captured ----------------------------------------------------------------------


class Own(Layer):
    """A user's layer."""

    def call(self, x):
        """2 x."""
        return 2 * x


def reading(y, p):
    """A loss that reads a number."""
    return nn.mean((p - y) ** 2, axis=-1)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: network("adam", Own()), "the model is not of the library's own parts alone"),
        (lambda: network("adam", MixUp()), "it brings numbers from the host"),
    ],
)
def test_other_steps_are_made_in_the_usual_way(far, monkeypatch, make, why):
    kept = []
    renewed = Captured.renewed
    monkeypatch.setattr(Captured, "renewed", lambda s, may: kept.append(s) or renewed(s, may))
    agree(*runs(make))
    assert kept[0].why == why
    assert kept[-1].why == "a callback is called at each batch"
    assert not far.graphs


def test_a_step_that_reads_a_number_is_not_captured(far, monkeypatch):
    """Its chance and its count of updates are those before it was tried."""
    model = network("adam", Dropout(0.3))
    call = Dense.call
    monkeypatch.setattr(
        Dense, "call", lambda self, x: call(self, x) * (1 + 0 * float(x.value.sum()))
    )
    made = []
    first = Captured.first
    monkeypatch.setattr(Captured, "first", lambda s, batch: made.append(s) or first(s, batch))
    model.fit(X, Y, 8, 2, 0)
    assert made[0].why == "RuntimeError: operation not permitted when stream is capturing"
    assert len(made) == 1
    other = network("adam", Dropout(0.3))
    other.fit(X, Y, 8, 2, 0, callbacks=Usual())
    agree(model, other)
    assert not far.graphs


# -- what is looked at later ----------------------------------------------------------------------


def spoilt():
    """Data whose rows from 24 to 31 are too large: the fourth batch."""
    x = X.copy()
    x[24:32] = 1.7e308
    return x


def test_a_loss_that_is_not_finite_is_told_after_the_epoch():
    model = network("sgd", dtype="float64")
    text = (
        "fit, epoch 1, the loss: expected a finite number; got NaN or infinity in 3 of 6 batches, "
        "first in batch 4. On torch:far losses are looked at when an epoch has ended, so that the "
        "weights are no longer those before it: go back to a checkpoint. To see which layer it "
        "begins in, make the epoch with model.to('numpy')."
    )
    with says(NotFiniteError, text), np.errstate(all="ignore"):
        model.fit(spoilt(), Y, 8, 2, 0, shuffle=False)


def test_a_run_may_end_there(capsys):
    model = network("sgd")
    model.fit(spoilt(), Y, 8, 5, 0, callbacks=TerminateOnNaN(), shuffle=False)
    assert capsys.readouterr().out.startswith("training ends: fit, epoch 1, the loss: expected")
    assert np.isnan(model.history.history["loss"]).tolist() == [True]


def test_one_batch_alone_is_looked_at_at_once():
    model = network("sgd")
    before = model.get_weights()
    with pytest.raises(NotFiniteError, match=r"^train_on_batch, the loss: .* first, gate"):
        model.train_on_batch(np.full((8, 5), 1e308), Y[:8])
    assert same(before, model.get_weights())


def words(engine="torch"):
    engines.use(engine)
    pellucid.set_random_seed(2)
    model = Sequential([Input((4,)), Embedding(7, 3), Flatten(), Dense(3)])
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_numbers_of_words_are_looked_at_after_the_epoch(far):
    numbers = RNG.integers(0, 7, (46, 4))
    agree(*runs(words, numbers), rtol=1e-5)
    assert len(far.graphs) == 2  # anew once its note is there
    near = words("numpy")
    near.fit(numbers, Y, 8, 3, 0)
    agree(runs(words, numbers)[0], near, rtol=1e-4)


@pytest.mark.parametrize("wrong", [7, -1])
def test_numbers_that_are_no_words(wrong):
    numbers = RNG.integers(0, 7, (46, 4))
    numbers[30, 2] = wrong
    text = (
        "layer 0 (embedding): expected whole numbers from 0 to 6, as input_dim is 7; got others, "
        "in a batch since the last look. Number the rows from 0, or make input_dim the largest "
        "number plus 1."
    )
    model = words()
    with says(DataError, f"fit, epoch 1, {text}"):
        model.fit(numbers, Y, 8, 1, 0)
    with says(DataError, f"evaluate, {text}"):
        model.evaluate(numbers, Y, verbose=0)
    with says(DataError, f"predict, {text}"):
        model.predict(numbers)
    model.predict(np.where(numbers == wrong, 0, numbers))  # and the next look finds nothing
    with pytest.raises(DataError, match=rf"expected numbers from 0 to 6.*; got .*{wrong}"):
        model(numbers[30:31])  # a single call looks at once


# -- data -----------------------------------------------------------------------------------------


def test_data_that_fit_stay_on_the_device_and_others_come_by_batch(far):
    x = IMAGES
    assert engine_of(far.hold(x, None)) is far
    far.free = 2 * x.nbytes - 1
    assert far.hold(x, None) is x
    far.free = 0
    assert far.hold(X, "float32").dtype == "float32"  # NumPy's
    by_batch = pictures()
    by_batch.fit(x, Y, 8, 2, 0)
    far.free = 1 << 30
    whole = pictures()
    whole.fit(x, Y, 8, 2, 0)
    assert same(whole.get_weights(), by_batch.get_weights())


def test_auto_times_replays_too(far, tmp_path, monkeypatch):
    """On each engine, the copies' steps are made as the run will make them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model = network().to("auto")
    model.fit(X, Y, 8, 2, 0)
    assert model.engine_choice.milliseconds.keys() == {"numpy", "torch:far"}
    assert len(far.graphs) == 1 + (model.engine is far)
