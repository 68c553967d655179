"""The number type of a training: asked for, kept, decided by the clock."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

import pellucid
from pellucid import Input, Model, Sequential, gradient_check, layers, load
from pellucid.engines import find, torch_waiting
from pellucid.errors import EngineError, ModelFileError, SettingError
from pellucid.layers import BatchNormalization, Conv2D, Dense, Flatten
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.random import set_random_seed
from pellucid.training import precision

from ..bringing import type_of
from ..saying import says

MIXED = "mixed_bfloat16"
NO_BFLOAT16 = (
    "expected an engine with bfloat16; got engine numpy. Use PyTorch's: model.to('torch'), or"
    " pellucid.use('torch') before the model is made (in a shell: --engine torch); or"
    " precision='float32'."
)


@pytest.fixture
def torch_in_use():
    """PyTorch's engine, while the test lasts."""
    torch.set_num_threads(1)
    pellucid.use("torch")
    yield find("torch")
    pellucid.use("numpy")


def network(inner=None, **compiled):
    """A network with a convolution, batch normalisation and products."""
    set_random_seed(1)
    inner = inner or [Dense(6, activation="relu")]
    first = [Input((6, 6, 2)), Conv2D(4, 3), BatchNormalization(), Flatten()]
    model = Sequential([*first, *inner, Dense(3)])
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, ["accuracy"], **compiled)
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(40, 6, 6, 2)).astype("float32"), rng.integers(0, 3, 40)


def types(model):
    """The number types of all that a model and its optimiser hold."""
    held = [*model.weights, *model.optimizer.state.values(), model.parameters.gradient]
    return {type_of(each) for each in held}


# -- what is computed -----------------------------------------------------------------------------


def test_mixed_steps_are_near_float32s_and_weights_sums_and_losses_stay_float32(torch_in_use, data):
    x, y = data
    plain, mixed = network(), network(precision=MIXED)
    for model in (plain, mixed):
        model.prepare(x, y, "test")
        loss, output = model.train_step(model.as_input(x), model.engine.hold_targets(y))
        assert type_of(loss) == type_of(output) == "float32"
        assert types(model) == {"float32"}
    g, h = plain.parameters.gradient, mixed.parameters.gradient
    distance = torch.linalg.vector_norm(g - h) / torch.linalg.vector_norm(g)
    assert 0 < distance < 0.1  # six products on the way, each off by up to 3 u = 0.012
    by_channel = plain.layers[1].moving_mean.value - mixed.layers[1].moving_mean.value
    assert 0 < by_channel.abs().max() < 1e-3


BETWEEN = {
    "batch norm": lambda: [BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(2)],
    "pooling of overlapping windows": lambda: [layers.MaxPooling2D(3, strides=1), layers.ReLU()],
    "mean pooling": lambda: [layers.AveragePooling2D(2)],
    "other rectifiers": lambda: [layers.LeakyReLU(), layers.PReLU(), layers.Activation("gelu")],
    "other norms": lambda: [layers.LayerNormalization(), layers.GroupNormalization(2)],
    "dropout": lambda: [layers.Dropout(0.0), layers.SpatialDropout2D(0.0)],
    "padding": lambda: [layers.ZeroPadding2D(1), layers.Cropping2D(1), layers.UpSampling2D(2)],
    "other convolutions": lambda: [
        layers.DepthwiseConv2D(2),
        layers.SeparableConv2D(4, 2),
        layers.Conv2DTranspose(4, 2),
    ],
    "frozen": lambda: [BatchNormalization(trainable=False), layers.ReLU()],
    "a sequence": lambda: [layers.Reshape((9, 16)), layers.Conv1D(8, 2), layers.Reshape((4, 4, 4))],
}


def with_blocks(size=8):
    """Residual blocks, a value that is read thrice, and other ways of joining branches."""
    x = Input((6, 6, 2))
    a = layers.ReLU()(BatchNormalization()(Conv2D(size, 3, padding="same")(x)))
    b = BatchNormalization()(Conv2D(size, 3, padding="same")(a))
    c = layers.ReLU()(layers.Add()([a, b]))
    d = layers.Add()([Conv2D(size, 1)(c), c, a])
    both = Conv2D(size, 1)(layers.Concatenate()([a, b]))
    e = layers.Multiply()([Conv2D(size, 1)(d), both])
    f = layers.Add()([e, layers.GlobalAveragePooling2D(keepdims=True)(d)])
    return Model(x, Dense(3)(layers.GlobalAveragePooling2D()(layers.Maximum()([f, d]))))


def step_and_answer(make, data, monkeypatch, held_from):
    """The loss, the gradient, what the step moved, and predictions; what is as large is held."""
    monkeypatch.setattr(torch_waiting, "LARGE", held_from)
    monkeypatch.setattr(find("torch").mixed, "is_native", True)
    x, y = data
    set_random_seed(1)
    model = make()
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, precision=MIXED)
    model.prepare(x, y, "test")
    loss, _ = model.train_step(model.as_input(x), model.engine.hold_targets(y))
    assert type_of(loss) == "float32"
    assert types(model) == {"float32"}
    answers = torch.from_numpy(model.predict(x))
    moved = [v.value for v in model.weights if not v.trainable]
    return loss, model.parameters.gradient, answers, *moved


@pytest.mark.parametrize("between", [*BETWEEN, "blocks"])
def test_images_that_are_held_in_bfloat16_train_as_those_that_are_not(
    torch_in_use, data, monkeypatch, between
):
    """What convolutions give is rounded either way. Held so, what lies between is rounded too, by
    up to u = 2^-8, once for each layer that passes it on: of many numbers, whose errors have
    both signs, by less than 0.01 together."""

    def in_a_row():
        first, last = Conv2D(4, 3, padding="same"), Conv2D(3, 1)
        return Sequential([Input((6, 6, 2)), first, *BETWEEN[between](), last, Flatten(), Dense(3)])

    make = with_blocks if between == "blocks" else in_a_row
    found = step_and_answer(make, data, monkeypatch, held_from=0)
    expected = step_and_answer(make, data, monkeypatch, held_from=1 << 40)
    for one, other in zip(found, expected, strict=True):
        assert torch.linalg.vector_norm(one - other) <= 0.01 * torch.linalg.vector_norm(other)


def test_predictions_and_figures_are_float32_and_near(torch_in_use, data):
    x, y = data
    plain, mixed = network(), network(precision=MIXED)
    p, q = plain.predict(x), mixed.predict(x)
    assert q.dtype == np.float32
    assert 0 < np.abs(p - q).max() < 0.02 * np.abs(p).max()
    rows = [mixed.predict(x[:5]) for _ in range(3)]  # by the layers, and from a tape
    assert all(np.array_equal(row, rows[0]) for row in rows)
    np.testing.assert_array_equal(mixed(x[:5]), rows[0])
    assert mixed.evaluate(x, y, verbose=0)[0] == pytest.approx(
        plain.evaluate(x, y, verbose=0)[0], 0.01
    )
    trace = mixed.trace(x, y, training=False)
    assert trace.loss == pytest.approx(mixed.evaluate(x, y, verbose=0)[0], 1e-6)


def test_recorded_steps_are_the_same_as_steps_one_by_one(torch_in_use, rng):
    x, y = rng.normal(size=(64, 5)).astype("float32"), rng.normal(size=(64, 1)).astype("float32")
    ends = []
    for callbacks in ([], [pellucid.callbacks.LambdaCallback(on_train_batch_end=lambda *a: None)]):
        set_random_seed(0)
        model = Sequential([Input((5,)), Dense(8, activation="tanh"), Dense(1)])
        model.compile("adam", "mse", precision=MIXED)
        model.fit(x, y, epochs=3, batch_size=16, verbose=0, callbacks=callbacks)
        ends.append(model.get_weights())
    assert all(map(np.array_equal, *ends))


def test_another_precision_is_not_answered_from_a_tape(torch_in_use, data):
    x = data[0][:3]
    model = network()
    before = [model.predict(x) for _ in range(3)]
    model.compile("adam", "mse", precision=MIXED)
    assert not np.array_equal(model.predict(x), before[-1])
    model.compile("adam", "mse", precision="float32")
    np.testing.assert_array_equal(model.predict(x), before[-1])


def test_derivatives_are_checked_in_float64(torch_in_use, data):
    x, y = data
    assert gradient_check(network(precision=MIXED), x[:4], y[:4]).passed


def test_models_inside_compute_as_the_one_around_says(torch_in_use, data):
    inner = Sequential([Dense(6)], name="inner")
    outer = network([inner], precision=MIXED)
    assert inner.is_mixed
    outer.compile("adam", "mse")
    assert outer.is_mixed
    outer.compile("adam", "mse", precision="float32")
    assert not outer.is_mixed
    assert not inner.is_mixed


# -- weights that are there -----------------------------------------------------------------------


def test_weights_and_the_optimisers_slots_follow_the_precision(engine, data):
    x, y = data
    model = network(precision="float32")
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    for name in ("float64", "float32"):
        model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), precision=name)
        assert all(map(np.array_equal, model.get_weights(), before))
        assert {layer.dtype for layer in model.all_layers()} == {name}
        assert type_of(model.parameters.theta) == name
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), precision="float64")
    model.fit(x, y, verbose=0)
    assert types(model) == {"float64"}
    assert model.predict(x).dtype == np.float64
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))  # leaves it as it is
    assert types(model) == {"float64"}


def test_float64_is_what_a_model_of_that_type_computes(engine, data):
    x, y = data
    first = network(precision="float64")
    pellucid.config.set_floatx("float64")
    try:
        second = network()
    finally:
        pellucid.config.set_floatx("float32")
    second.set_weights(first.get_weights())
    for model in (first, second):
        set_random_seed(5)
        model.fit(x, y, epochs=2, verbose=0)
    assert all(map(np.array_equal, first.get_weights(), second.get_weights()))


# -- files and other engines ----------------------------------------------------------------------


def test_a_run_goes_on_in_its_precision(torch_in_use, data, tmp_path):
    x, y = data
    whole, part = network(precision=MIXED), network(precision=MIXED)
    for model, epochs in ((whole, 3), (part, 1)):
        set_random_seed(2)
        model.fit(x, y, epochs=epochs, batch_size=16, verbose=0)
    part.save(tmp_path / "part.safetensors")
    again = load(tmp_path / "part.safetensors")
    assert (again.precision, again.is_mixed) == (MIXED, True)
    np.testing.assert_array_equal(again.predict(x), part.predict(x))
    again.fit(x, y, epochs=3, batch_size=16, verbose=0, resume=True)
    assert all(map(np.array_equal, again.get_weights(), whole.get_weights()))


def test_a_file_of_mixed_precision_answers_on_numpy_and_is_not_trained_there(data, tmp_path):
    x, y = data
    pellucid.use("torch")
    model = network(precision=MIXED)
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.safetensors")
    pellucid.use("numpy")
    here = load(tmp_path / "m.safetensors")
    p, q = here.predict(x), model.predict(x)
    assert 0 < np.abs(p - q).max() < 0.02 * np.abs(q).max()
    for train, where in ((here.fit, "fit"), (here.train_on_batch, "train_on_batch")):
        with says(EngineError, f"{where}: {NO_BFLOAT16}"):
            train(x, y)


def test_a_file_from_before_has_no_precision(data, tmp_path):
    """And one whose precision nobody knows is refused."""
    from safetensors.numpy import load_file, save_file

    path = tmp_path / "m.safetensors"
    network().save(path)
    tensors = load_file(path)
    with safe_open(path, framework="np") as file:
        about = json.loads(file.metadata()["pellucid"])
    del about["precision"]
    save_file(tensors, path, {"pellucid": json.dumps(about)})
    assert load(path).precision is None
    about["precision"] = [{"precision": "float8", "found": {}}]
    save_file(tensors, path, {"pellucid": json.dumps(about)})
    with pytest.raises(ModelFileError, match="precision: expected a known one; got 'float8'"):
        load(path)


# -- auto -----------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """The seconds that a step is said to take, and who was asked."""
    seconds, asked = {"float32": 0.004, MIXED: 0.002}, []

    def said(copies, batch):
        asked.append({name: (copy.is_mixed, len(batch[1])) for name, copy in copies.items()})
        return seconds

    monkeypatch.setattr(precision, "seconds_a_step", said)
    return seconds, asked


@pytest.mark.parametrize(
    ("mixed", "line"),
    [
        (0.002, f"precision: {MIXED}; a step takes 2 ms, and 4 ms in float32"),
        (0.0039, f"precision: float32; a step takes 4 ms, and 3.9 ms in {MIXED}"),
        (0.02, f"precision: float32; a step takes 4 ms, and 20 ms in {MIXED}"),
    ],
)
def test_auto_takes_the_quicker_and_says_so_once(torch_in_use, data, clock, capsys, mixed, line):
    clock[0][MIXED] = mixed
    model = network(precision="auto")
    assert not model.is_mixed
    model.fit(*data, batch_size=10, verbose=2)
    assert capsys.readouterr().out.splitlines()[0] == line
    assert model.is_mixed == (mixed < 0.003)
    assert clock[1] == [{"float32": (False, 10), MIXED: (True, 10)}]
    model.fit(*data, epochs=2, verbose=2)
    assert "precision" not in capsys.readouterr().out
    assert len(clock[1]) == 1


def test_auto_is_silent_where_nothing_is_printed(torch_in_use, data, clock, capsys):
    network(precision="auto").fit(*data, verbose=0)
    assert capsys.readouterr().out == ""


def test_auto_remembers_in_its_file_and_looks_again_on_another_engine(
    torch_in_use, data, clock, capsys, tmp_path
):
    model = network(precision="auto")
    model.fit(*data, verbose=0)
    model.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.precision == "auto"
    assert again.is_mixed
    again.fit(*data, epochs=2, verbose=0, resume=True)
    assert len(clock[1]) == 1
    again.to("numpy")
    again.fit(*data, verbose=2)
    assert capsys.readouterr().out.startswith("precision: float32; engine numpy has no bfloat16\n")
    assert not again.is_mixed


def test_what_auto_takes_holds_inside_too(torch_in_use, data, clock):
    inner = Sequential([Dense(6)], name="inner")
    network([inner], precision="auto").fit(*data, verbose=0)
    assert clock[1] == [{"float32": (False, 32), MIXED: (True, 32)}]
    assert inner.is_mixed


def test_auto_takes_no_batch_from_a_generator(torch_in_use, clock):
    seen = []

    def batches():
        for n in range(4):
            seen.append(n)
            yield np.full((5, 2), n, "float32"), np.zeros((5, 1), "float32")

    trained = []
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse", precision="auto")
    own = model.train_step
    model.train_step = lambda x, y, w: trained.append(float(x[0, 0])) or own(x, y, w)
    model.fit(batches(), steps_per_epoch=4, verbose=0)
    assert seen == trained == [0, 1, 2, 3]


def test_auto_by_the_clock_leaves_everything_as_it_was(torch_in_use, data, capsys):
    """Whatever is quicker here: the run that follows is the one of that precision."""
    set_random_seed(4)
    tried = network(precision="auto")
    tried.fit(*data, epochs=2, verbose=0)
    set_random_seed(4)
    plain = network(precision=tried.precision_found["precision"])
    plain.fit(*data, epochs=2, verbose=0)
    assert all(map(np.array_equal, tried.get_weights(), plain.get_weights()))


def test_auto_goes_on_with_float32_where_the_loss_is_not_finite(torch_in_use, data, capsys):
    x, y = data
    model = network(precision="auto")
    with pytest.raises(pellucid.errors.NotFiniteError, match=r"^fit, epoch 1, batch 1"):
        model.fit(np.full_like(x, 3e38), y, verbose=2)
    assert capsys.readouterr().out.startswith("precision: float32; the first batch's loss is not")


# -- errors ---------------------------------------------------------------------------------------


def test_numpy_has_no_bfloat16():
    with says(EngineError, f"compile: {NO_BFLOAT16}"):
        network(precision=MIXED)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("bfloat16", "The one with 16 bits is 'mixed_bfloat16'."),
        ("mixed_float16", "The one with 16 bits is 'mixed_bfloat16'."),
        ("float_32", "Did you mean 'float32'?"),
        (32, "There is: auto, float32, float64, mixed_bfloat16."),
    ],
)
def test_an_unknown_precision(name, mend):
    known = "precision 'float32', 'mixed_bfloat16', 'float64' or 'auto'"
    with says(SettingError, f"compile: expected {known}; got {name!r}. {mend}"):
        network(precision=name)


def test_a_model_that_cannot_be_compiled_stays_as_it_was(data):
    model = network()
    optimizer, before = model.optimizer, model.get_weights()
    with pytest.raises(EngineError):
        model.compile("sgd", "mse", precision=MIXED)
    assert model.optimizer is optimizer
    assert model.precision is None
    assert all(map(np.array_equal, model.get_weights(), before))
