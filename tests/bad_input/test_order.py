"""What is asked of a model too early: before it is built, compiled or trained."""

import numpy as np

from pellucid import Input, Model, Sequential
from pellucid.errors import ModelFileError, SettingError, ShapeError
from pellucid.layers import Dense

from ..saying import says

X, Y = np.zeros((8, 4)), np.zeros(8)


def new():
    return Sequential([Dense(1)])


def test_fitting_before_compiling():
    text = (
        "fit: expected a model that is compiled with a loss; got one that is not. Call "
        "model.compile(optimizer=..., loss=...) first."
    )
    with says(SettingError, text):
        new().fit(X, Y)


def test_evaluating_before_compiling():
    text = (
        "evaluate: expected a model that is compiled with a loss; got one that is not. "
        "Call model.compile(optimizer=..., loss=...) first."
    )
    with says(SettingError, text):
        new().evaluate(X, Y)


def test_a_step_before_compiling():
    text = (
        "train_on_batch: expected a model that is compiled with a loss; got one that is "
        "not. Call model.compile(optimizer=..., loss=...) first."
    )
    with says(SettingError, text):
        new().train_on_batch(X, Y)


def test_fitting_without_a_loss():
    model = new()
    model.compile("sgd")
    text = (
        "fit: expected a model that is compiled with a loss; got one that is not. Call "
        "model.compile(optimizer=..., loss=...) first."
    )
    with says(SettingError, text):
        model.fit(X, Y)


def test_giving_weights_before_building():
    text = (
        "set_weights of sequential: expected arrays of shapes []; got shapes [(4, 1), "
        "(1,)]. Take them from get_weights() of an equal layer, once both are built."
    )
    with says(ShapeError, text):
        new().set_weights([np.zeros((4, 1)), np.zeros(1)])


def test_an_output_that_is_not_from_the_inputs():
    text = (
        "Model: expected outputs made from its inputs alone; got Symbol(shape=(None, 3)), "
        "an Input that is not one. Add it to inputs=[...]."
    )
    with says(SettingError, text):
        Model(Input((3,)), Dense(2)(Input((3,))))


def test_arrays_for_a_graph():
    text = (
        "Model: expected inputs made by Input(shape), and outputs that layers made of "
        "them; got ndarray. Write x = Input((4,)), and Model(x, Dense(1)(x))."
    )
    with says(SettingError, text):
        Model(X, Y)


def test_a_graph_without_outputs():
    text = (
        "Model: expected inputs made by Input(shape), and outputs that layers made of "
        "them; got NoneType. Write x = Input((4,)), and Model(x, Dense(1)(x))."
    )
    with says(SettingError, text):
        Model(Input((3,)))


def test_predicting_before_building_builds():
    model = new()
    assert model.predict(X).shape == (8, 1)
    assert model.built


def test_a_summary_before_building_says_so(capsys):
    new().summary()
    printed = capsys.readouterr().out
    assert "dense (Dense)   ?                       0" in printed
    assert printed.endswith("Not built yet: the shapes are known with the first data.\n")


def test_saving_before_building(tmp_path):
    text = (
        f"saving {tmp_path / 'model'}: expected a model that is built; got one that has seen no "
        "data yet. Start it with Input(shape), or call it on a batch, before saving."
    )
    with says(ModelFileError, text):
        new().save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
