"""Batches from arrays, sequences, iterables and generators: which come, and which are refused."""

import itertools
import re

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from pellucid import Model
from pellucid.errors import DataError, PellucidError, SettingError, ShapeError
from pellucid.layers import Add, Dense, Input
from pellucid.training.batch import gives_batches
from pellucid.training.feeding import Arrays

from .networks import data, linear, make, same

X, Y = data(50)
W = np.linspace(0.5, 1.5, 50)
CUTS = [slice(i, i + 8) for i in range(0, 50, 8)]


def cut(weighted=False):
    """The data in batches of 8 rows; the last has 2."""
    return [(X[rows], Y[rows], W[rows]) if weighted else (X[rows], Y[rows]) for rows in CUTS]


class Lesson:
    """A sequence of batches as Keras has them."""

    def __init__(self, batches):
        self.batches, self.asked, self.epochs = batches, [], 0

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        self.asked.append(index)
        return self.batches[index]

    def on_epoch_end(self):
        self.epochs += 1


class Stream:
    """Something that can be gone through again and again, and has no length."""

    def __init__(self, batches):
        self.batches, self.begun = batches, 0

    def __iter__(self):
        self.begun += 1
        return iter(self.batches)


def generator(batches):
    yield from batches


def loader():
    tensors = TensorDataset(torch.tensor(X), torch.tensor(Y))
    return DataLoader(tensors, batch_size=8)


def trained(*given, **settings):
    model = make(metrics=["accuracy"])
    model.fit(*given, **{"verbose": 0, "shuffle": False, "epochs": 2} | settings)
    return model


def alike(one, other):
    assert one.history.history == other.history.history
    assert same(one.get_weights(), other.get_weights())


# -- the same batches make the same run -----------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        (cut, {}),
        (lambda: Lesson(cut()), {}),
        (lambda: Stream(cut()), {}),
        (loader, {}),
        (lambda: generator(cut() * 2), {"steps_per_epoch": 7}),
        (lambda: itertools.cycle(cut()), {"steps_per_epoch": 7}),
        (lambda: Stream(cut()), {"steps_per_epoch": 7}),
        (lambda: Lesson([(x.tolist(), y.tolist()) for x, y in cut()]), {}),
        (lambda: Lesson([[x.astype("float64"), y[:, None]] for x, y in cut()]), {}),
    ],
    ids=["list", "sequence", "iterable", "loader", "generator", "endless", "steps", "lists", "64"],
)
def test_whatever_hands_them_out_the_same_batches_make_the_same_run(source, settings):
    alike(trained(source(), **settings), trained(X, Y, 8))


def test_batches_may_bring_weights():
    alike(trained(cut(weighted=True)), trained(X, Y, 8, sample_weight=W))


def test_class_weights_are_taken_by_batch():
    alike(
        trained(cut(weighted=True), class_weight={1: 3.0}),
        trained(X, Y, 8, sample_weight=W, class_weight={1: 3.0}),
    )


def test_measuring_and_predicting_take_batches_too():
    model = trained(X, Y, 8)
    expected = model.evaluate(X, Y, verbose=0)
    outputs = model.predict(X, batch_size=8)
    for source in (cut(), Lesson(cut()), Stream(cut()), loader(), generator(cut())):
        assert model.evaluate(source, verbose=0) == pytest.approx(expected, rel=1e-6)
    for source in (cut(), Lesson(cut()), Stream(cut()), loader(), generator(cut())):
        np.testing.assert_array_equal(model.predict(source), outputs)
    for given in ([(x,) for x, _ in cut()], Stream([x for x, _ in cut()])):
        np.testing.assert_array_equal(model.predict(given), outputs)
    weighed = model.evaluate(X, Y, sample_weight=W, verbose=0)
    assert model.evaluate(cut(weighted=True), verbose=0) == pytest.approx(weighed, rel=1e-6)


def test_steps_measure_and_predict_the_first_batches():
    model = make()
    expected = model.evaluate(X[:24], Y[:24], verbose=0)
    for source in (Lesson(cut()), Stream(cut()), itertools.cycle(cut())):
        assert model.evaluate(source, steps=3, verbose=0) == pytest.approx(expected, rel=1e-6)
        assert model.predict(source, steps=3).shape == (24, 3)
    assert model.evaluate(X, Y, 8, steps=3, verbose=0) == pytest.approx(expected, rel=1e-6)
    assert model.predict(X, 8, steps=3).shape == (24, 3)
    assert model.predict(X, 8, steps=99).shape == (50, 3)


def test_several_inputs_are_a_list_in_each_batch(rng):
    a, b = Input((2,)), Input((2,))
    model = Model([a, b], Dense(1)(Add()([a, b])))
    model.compile("sgd", "mse")
    x = rng.normal(size=(2, 6, 2)).astype("float32")
    batch = ([x[0], x[1]], x[0, :, 0])
    model.fit([batch, batch], verbose=0)
    assert model.optimizer.iterations == 2
    np.testing.assert_array_equal(model.predict([batch]), model.predict([x[0], x[1]]))


# -- order and steps ------------------------------------------------------------------------------


def test_a_sequence_is_shuffled_by_the_batch_each_epoch_anew():
    lesson = Lesson(cut())
    make().fit(lesson, epochs=3, verbose=0)
    first = lesson.asked[0]  # asked for once, to get the model ready
    orders = [lesson.asked[i : i + 7] for i in (0, 7, 14)]
    assert orders[0][0] == first
    assert [sorted(order) for order in orders] == [list(range(7))] * 3
    assert orders[0] != orders[1] != orders[2]
    assert lesson.epochs == 3
    in_order = Lesson(cut())
    make().fit(in_order, epochs=2, shuffle=False, verbose=0)
    assert in_order.asked == [*range(7), *range(7)]


def test_with_steps_the_next_epoch_goes_on_where_the_last_left_off():
    lesson, steps = Lesson(cut()), {"steps_per_epoch": 3, "verbose": 0}
    make().fit(lesson, epochs=3, shuffle=False, **steps)
    assert lesson.asked == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    shuffled = Lesson(cut())
    make().fit(shuffled, epochs=7, **steps)
    assert [sorted(shuffled.asked[i : i + 7]) for i in (0, 7, 14)] == [list(range(7))] * 3
    stream = Stream(cut())
    alike(
        trained(stream, epochs=3, steps_per_epoch=4),
        trained(Lesson(cut()), epochs=3, steps_per_epoch=4),
    )
    assert stream.begun == 2


def test_steps_of_arrays_cut_the_passes_anew():
    """Seven batches a pass, five an epoch: 35 steps are five passes of the plain run."""
    one = trained(X, Y, 8, steps_per_epoch=5, epochs=7, shuffle=True)
    other = trained(X, Y, 8, epochs=5, shuffle=True)
    assert one.optimizer.iterations == other.optimizer.iterations == 35
    assert same(one.get_weights(), other.get_weights())
    assert len(one.history.epoch) == 7


def test_more_steps_than_a_pass_has_go_into_the_next():
    alike(trained(Lesson(cut()), epochs=1, steps_per_epoch=14), trained(cut() * 2, epochs=1))
    one = trained(X, Y, 8, epochs=1, steps_per_epoch=14)
    assert same(one.get_weights(), trained(X, Y, 8, epochs=2).get_weights())


def test_the_first_batch_of_a_generator_is_not_lost():
    taken = []
    source = (taken.append(i) or batch for i, batch in enumerate(itertools.cycle(cut())))
    make().fit(source, epochs=2, steps_per_epoch=5, verbose=0)
    assert taken == list(range(10))


def test_a_feed_of_arrays_counts_its_batches():
    feed = Arrays(linear(), (X, Y, None), 8)
    assert (feed.length, feed.steps) == (7, 7)
    assert [len(y) for _, y, _ in feed.epoch()] == [8] * 6 + [2]
    assert [len(y) for _, y, _ in feed.epoch(0, 5)] == [8, 2]


# -- what is data ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (X, False),
        (torch.zeros(3, 2), False),
        ([[1.0, 2.0], [3.0, 4.0]], False),
        ([(1.0, 2.0), (3.0, 4.0)], False),
        ([X, X], False),
        ((X, Y), False),
        ([], False),
        ({"a": X}, False),
        ("digits", False),
        (range(3), False),
        (None, False),
        ([(X, Y)], True),
        ([([X, X], Y)], True),
        (iter([]), True),
        (Lesson([]), True),
        (Stream([]), True),
    ],
)
def test_what_hands_out_batches_is_told_from_arrays(given, expected):
    assert gives_batches(given) is expected


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "batches", "text"),
    [
        (DataError, [X], "data: expected a batch (x, y) or (x, y, sample_weight); got a ndarray."),
        (
            DataError,
            [(X,)],
            "data: expected a batch (x, y) or (x, y, sample_weight); got a tuple of 1.",
        ),
        (DataError, [(X, Y[:3])], "data: expected x and y of equal length; got 50 rows in x and 3"),
        (DataError, [(X, Y, W[:2])], "data: expected x and sample_weight of equal length; got 50"),
        (DataError, [("cat", Y)], "data: expected x as an array of numbers; got an array of type"),
        (DataError, [(X[:0], Y[:0])], "data: expected x with at least one row; got x of shape (0,"),
        (ShapeError, [(X[:, :3], Y)], "model sequential: expected inputs of shape (N, 4); got sha"),
        (DataError, [(X, Y + 1)], "targets for SparseCategoricalCrossentropy: expected class numb"),
        (ShapeError, [(X, np.eye(3)[Y])], "targets for SparseCategoricalCrossentropy: expected cl"),
    ],
)
@pytest.mark.parametrize("number", [0, 2])
def test_a_batch_that_does_not_fit_is_named(error, batches, text, number):
    model, good = make(), (X[:8], Y[:8])
    with pytest.raises(error, match=re.escape(f"fit, epoch 1, batch {number + 1}, {text}")):
        model.fit(Stream([good] * number + batches), verbose=0)
    assert model.optimizer.iterations == number
    with pytest.raises(error, match=re.escape(f"evaluate, batch {number + 1}, {text}")):
        model.evaluate(Stream([good] * number + batches))


def test_the_epoch_is_named_too():
    source = generator([*cut()[:3], (X[:, :2], Y)])
    with pytest.raises(ShapeError, match=re.escape("fit, epoch 2, batch 2, model sequential: exp")):
        make().fit(source, steps_per_epoch=2, epochs=5, verbose=0)
    with pytest.raises(ShapeError, match=re.escape("predict, batch 2, model sequential: expected")):
        make().predict([(X,), (X[:, :2],)])


def test_a_generator_that_ends_early_ends_the_run_and_nothing_is_lost():
    model = make()
    text = (
        "fit, epoch 2, batch 4: expected 5 batches an epoch; got 3, the last. Ask for fewer "
        "steps, or give data that go on. A generator is gone through once: give a new one to each"
    )
    with pytest.raises(DataError, match=re.escape(text)):
        model.fit(generator((cut() * 2)[:8]), steps_per_epoch=5, epochs=3, verbose=0)
    assert model.history.epoch == [0]
    assert (model.progress["epoch"], model.progress["batch"]) == (1, 3)
    model.fit(generator((cut() * 3)[8:15]), steps_per_epoch=5, epochs=3, verbose=0, resume=True)
    whole = make()
    whole.fit(itertools.cycle(cut()), steps_per_epoch=5, epochs=3, verbose=0)
    alike(model, whole)


@pytest.mark.parametrize("source", [[], Lesson([]), Stream([])], ids=["list", "lesson", "stream"])
@pytest.mark.parametrize("steps", [None, 2])
def test_nothing_at_all_is_refused(source, steps):
    with pytest.raises(PellucidError, match=r"^fit(, epoch 1, batch 1)?: expected "):
        make().fit(source, steps_per_epoch=steps, verbose=0)
    with pytest.raises(PellucidError, match=r"^predict(, batch 1)?: expected "):
        make().predict(source)


def test_a_generator_without_steps_may_have_no_end():
    text = (
        "fit: expected steps_per_epoch beside a generator; got none. Nobody can tell where it "
        "ends, or go through it twice. Set steps_per_epoch; or give a list of batches, a sequence"
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        make().fit(generator(cut()), verbose=0)
    with pytest.raises(SettingError, match="fit: expected steps_per_epoch beside a cycle; got non"):
        make().fit(itertools.cycle(cut()), verbose=0)
    text = "validation_data of fit: expected validation_steps beside a generator; got none."
    with pytest.raises(SettingError, match=re.escape(text)):
        make().fit(X, Y, validation_data=generator(cut()), verbose=0)


# -- going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        (lambda: Lesson(cut()), None),
        (lambda: Lesson(cut()), 5),
        (cut, None),
        (cut, 5),
        (lambda: Stream(cut()), None),
        (loader, None),
    ],
    ids=["sequence", "sequence by steps", "list", "list by steps", "iterable", "loader"],
)
@pytest.mark.parametrize("moment", [0, 3, 4])
def test_sequences_go_on_exactly_and_iterables_in_their_pass(source, steps, moment):
    settings = {"epochs": 3, "steps_per_epoch": steps, "verbose": 0}
    whole = make()
    whole.fit(source(), **settings)
    parts = make()
    step, made = parts.train_step, []

    def failing(*batch):
        if len(made) == (steps or 7) + moment:
            parts.train_step = step
            raise MemoryError
        made.append(1)
        return step(*batch)

    parts.train_step = failing
    with pytest.raises(MemoryError):
        parts.fit(source(), **settings)
    assert (parts.progress["epoch"], parts.progress["batch"]) == (1, moment)
    parts.fit(source(), resume=True, **settings)
    alike(parts, whole)
