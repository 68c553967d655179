"""Trainings that are made by one process, and by several together: what each gives is compared.

A scenario takes a folder that is its own, and gives arrays by name. `EQUAL` ones give the same
whether one process or several make them; the others are only about processes among themselves.
"""

import os
import signal

import numpy as np

import pellucid
from pellucid import Input, Sequential, distributed, load, losses
from pellucid.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    ModelCheckpoint,
    TerminateOnNaN,
)
from pellucid.errors import DistributedError, NotFiniteError
from pellucid.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Normalization,
)
from pellucid.metrics import AUC, ConfusionMatrix, R2Score
from pellucid.optimizers import SGD, Adam
from pellucid.regularizers import L2, Frobenius
from pellucid.training.arrays import as_host


def classes(n, D=6, C=3):
    """Rows (n, D) and the class of each."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, D))
    return x, (x @ rng.normal(size=(D, C))).argmax(1)


def found(model, **more):
    """All that a run has made: weights, figures, what the optimiser remembers."""
    arrays = {f"w/{name}": as_host(p.value) for name, p in model.named_weights().items()}
    arrays |= {f"h/{name}": np.array(values) for name, values in model.history.history.items()}
    arrays |= {f"o/{name}": as_host(slot) for name, slot in model.optimizer.state.items()}
    return arrays | {name: np.asarray(value) for name, value in more.items()}


def begun(seed=3):
    """Chance from the beginning."""
    pellucid.set_random_seed(seed)


def mlp(dtype, rows, optimizer, **settings):
    """A network that runs from a tape, weighted, with penalties that count rows."""
    begun()
    x, y = classes(rows)
    layers = [
        Dense(9, "relu", kernel_regularizer=Frobenius(0.3), dtype=dtype),
        Dense(3, kernel_regularizer=L2(0.01), dtype=dtype),
    ]
    model = Sequential([Input((6,)), *layers], dtype=dtype)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, **settings)
    model.compile(optimizer, loss, ["accuracy", ConfusionMatrix()], ["accuracy"])
    weight = np.linspace(0.2, 2.0, rows)
    weights = {"sample_weight": weight, "class_weight": {0: 2.0, 1: 0.5}}
    model.fit(x, y, 12, 3, 0, validation_data=(x[:13], y[:13]), **weights)
    return found(model, measured=model.evaluate(x, y, 17, 0)[0])


def cnn(dtype, optimizer, rows=38):
    """Convolutions with synchronised batch normalisation; its last batch is uneven."""
    begun()
    x, y = np.random.default_rng(5).normal(size=(rows, 6, 6, 2)) + 3, np.arange(rows) % 3
    model = Sequential(
        [
            Input((6, 6, 2)),
            BatchNormalization(synchronized=True, dtype=dtype),
            Conv2D(4, 3, padding="same", use_bias=False, dtype=dtype),
            BatchNormalization(synchronized=True, momentum=0.8, dtype=dtype),
            Conv2D(4, 3, activation="relu", dtype=dtype),
            BatchNormalization(synchronized=True, momentum=0.8, dtype=dtype),
            Flatten(),
            Dense(3, dtype=dtype),
        ],
        dtype=dtype,
    )
    model.compile(optimizer, losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
    weight = np.linspace(0, 2, rows)
    model.fit(x, y, 8, 3, 0, validation_data=(x[:11], y[:11]), sample_weight=weight)
    return found(model)


def on_torch(scenario, *arguments):
    """A scenario on the other engine."""
    pellucid.use("torch")
    try:
        return scenario(*arguments)
    finally:
        pellucid.use("numpy")


def wide():
    """More than one bucket of gradients, which leave while the backward pass goes on."""
    begun()
    x, y = classes(22)
    model = Sequential([Input((6,)), Dense(400, "tanh"), Dense(400, "tanh"), Dense(400), Dense(3)])
    model = model.astype("float64")
    model.compile(SGD(0.05, momentum=0.9), losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, 8, 2, 0)
    return found(model)


def numbers():
    """Squared errors and figures that are more than sums, on batches that are handed out."""
    begun()
    x, _ = classes(30)
    y = np.sin(x[:, :2]) + 100
    weight = np.linspace(1, 2, 30)
    parts = [(x[i : i + 7], y[i : i + 7], weight[i : i + 7]) for i in range(0, 30, 7)]
    scale = Normalization(dtype="float64")
    scale.adapt(x)
    model = Sequential([Input((6,)), scale, Dense(5, "tanh"), Dense(2)]).astype("float64")
    model.compile(Adam(0.05, clipnorm=1.0), "mse", [R2Score(), "mae"])
    model.fit(parts, epochs=3, verbose=0, validation_data=parts[:3])
    one_by_one = (part for _ in range(9) for part in parts)
    model.fit(one_by_one, epochs=2, steps_per_epoch=4, verbose=0)
    return found(model, measured=model.evaluate(parts, verbose=0))


def ignored():
    """A loss that leaves classes out, some of them on all rows of a process."""
    begun()
    x, y = classes(24)
    y[:14] = 2
    model = Sequential([Input((6,)), Dense(3, kernel_regularizer="l2")]).astype("float64")
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2)
    model.compile(SGD(0.1), loss)
    model.fit(x, y, 8, 2, 0, shuffle=False)
    return found(model)


def binary():
    """Areas under a curve, of rows that lie on different processes."""
    begun()
    x, y = classes(31, C=2)
    model = Sequential([Input((6,)), Dense(1, "sigmoid")]).astype("float64")
    model.compile("adam", "binary_crossentropy", [AUC(num_thresholds=20), "accuracy"])
    model.fit(x, y, 8, 2, 0, validation_split=0.2)
    return found(model)


EQUAL = {
    "mlp": lambda _: mlp("float64", 53, SGD(0.1, momentum=0.9)),
    "mlp32": lambda _: mlp("float32", 53, SGD(0.1, momentum=0.9)),
    "mlp_torch": lambda _: on_torch(mlp, "float64", 53, "adam"),
    "one_row_left": lambda _: mlp("float64", 49, "adam"),
    "by_weight": lambda _: mlp("float64", 53, "adam", reduction="mean_with_sample_weight"),
    "summed": lambda _: mlp("float64", 49, SGD(0.01), reduction="sum"),
    "cnn": lambda _: cnn("float64", SGD(0.05, momentum=0.9)),
    "cnn32": lambda _: cnn("float32", SGD(0.05, momentum=0.9)),
    "cnn_adam": lambda _: cnn("float64", "adam", 33),
    "cnn33": lambda _: cnn("float64", SGD(0.05, momentum=0.9), 33),
    "cnn_torch": lambda _: on_torch(cnn, "float64", "adam"),
    "wide": lambda _: wide(),
    "numbers": lambda _: numbers(),
    "ignored": lambda _: ignored(),
    "binary": lambda _: binary(),
}


# -- what processes have to do with one another ---------------------------------------------------


class Rows(Callback):
    """Notes which rows this process is handed."""

    def __init__(self):
        self.rows = []

    def on_train_batch_end(self, batch, logs=None):
        if self.model.team.share.own:
            self.rows += self.model.batch[0][:, 0].astype(int).tolist()


def rows(folder):
    """Which rows each process sees, epoch by epoch."""
    x, seen = np.arange(29.0)[:, None], Rows()
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(SGD(1e-6), "mse")
    epochs = []
    after = LambdaCallback(on_epoch_end=lambda e, logs: epochs.append(len(seen.rows)))
    model.fit(x, x, 7, 2, 0, [seen, after])
    return {"first": np.array(seen.rows[: epochs[0]]), "second": np.array(seen.rows[epochs[0] :])}


def chance_model():
    """A network with chance in it, and statistics that every process has for itself."""
    layers = [Dense(8, "relu"), BatchNormalization(), Dropout(0.4), Dense(3)]
    model = Sequential([Input((6,)), *layers])
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
    return model


def chance(folder):
    """Weights begin alike though each process has drawn its own; masks differ; averages are one."""
    begun(distributed.rank())
    x, y = classes(41)
    model = chance_model()
    model.fit(x, y, 8, 2, 0)
    drawn = model.layers[2].generator.random(4)
    return found(model, drawn=drawn)


def files(folder):
    """A run that writes, prints and stops early; and one that goes on from its middle."""
    begun()
    x, y = classes(41)
    model = chance_model()
    log, path = CSVLogger(folder / "log.csv"), folder / "at-{batch:02d}.safetensors"
    saving = ModelCheckpoint(path, save_freq=4, monitor="loss", verbose=1)
    calls = [log, saving, EarlyStopping("loss", patience=9, restore_best_weights=False)]
    model.fit(x, y, 8, 3, 2, calls)
    distributed.group().any(False)  # a file is looked at once the first process has written it
    again = load(folder / "at-02.safetensors")
    progress = again.progress["epoch"], again.progress["batch"]
    saving = ModelCheckpoint(folder / "again-{batch:02d}.safetensors", save_freq=4, monitor="loss")
    calls = [CSVLogger(folder / "again.csv"), saving]
    again.fit(x, y, 8, 3, 0, calls, resume=True)
    return found(model, progress=progress) | {f"a/{k}": v for k, v in found(again).items()}


def said(error):
    """The text of an error, as an array of its letters."""
    return np.array(str(error))


def not_finite(folder):
    """A number that overflows on one process alone."""
    begun()
    x, y = classes(16)
    x = x.astype("float32")
    x[9] = 3e38
    model = Sequential([Input((6,)), Dense(3, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    try:
        with np.errstate(all="ignore"):
            model.fit(x, np.eye(3)[y], 8, 1, 0, shuffle=False)
        return {"said": said("nothing")}
    except NotFiniteError as error:
        text = said(error)
        steps, weights = model.optimizer.iterations, model.get_weights()[0]
    with np.errstate(all="ignore"):
        history = model.fit(x, np.eye(3)[y], 8, 2, 0, TerminateOnNaN(), shuffle=False)
    epochs = np.array(history.epoch)
    return {"said": text, "steps": np.array(steps), "weights": weights, "epochs": epochs}


def different(folder):
    """Processes that do not have the same data."""
    x, y = classes(20 + distributed.rank())
    model = chance_model()
    try:
        model.fit(x, y, 8, 1, 0)
    except DistributedError as error:
        return {"said": said(error)}


def stopped(folder):
    """One process alone is asked to stop: by a callback, and by Ctrl-C."""
    x, y = classes(64)
    model = chance_model()
    last = distributed.rank() == distributed.size() - 1

    def stop(batch, logs):
        model.stop_training = last and batch == 2

    model.fit(x, y, 8, 1, 0, LambdaCallback(on_train_batch_end=stop))
    batches = [model.optimizer.iterations]

    def interrupt(batch, logs):
        if last and batch == 3:
            os.kill(os.getpid(), signal.SIGINT)

    try:
        model.fit(x, y, 8, 1, 0, LambdaCallback(on_train_batch_end=interrupt))
    except KeyboardInterrupt:
        batches.append(model.progress["batch"])
    model.fit(x, y, 8, 2, 0, resume=True)
    return found(model, batches=batches)


def alone(folder):
    """Each process by itself, in the midst of the others."""
    begun(distributed.rank())
    x, y = classes(20 + distributed.rank())
    model = chance_model()
    with distributed.alone():
        model.fit(x, y, 8, 1, 0)
        model.save(folder / f"own-{distributed.rank()}.safetensors")
    return found(model)


def command(folder):
    """The command, as torchrun starts it."""
    from pellucid.cli.main import main

    words = f"train digits --model mlp --units 8 --epochs 3 --dropout 0.2 --out {folder / 'run'}"
    assert main(words.split()) == 0
    model = load(folder / "run" / "model.safetensors") if distributed.is_first() else None
    return found(model) if model else {"done": np.array(True)}


AMONG = {
    each.__name__: each
    for each in (rows, chance, files, not_finite, different, stopped, alone, command)
}
