"""`circuit`: what is drawn for an expression, a model, a trace; folding; what is refused."""

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, Tensor, circuit, nn, no_graph, set_random_seed
from pellucid.errors import GraphError, SettingError
from pellucid.layers import Add, BatchNormalization, Dense, Dropout
from pellucid.losses import SparseCategoricalCrossentropy

from .svg import inside_the_page, nothing_overlaps, placed, texts

X = np.random.default_rng(0).normal(size=(6, 4))
Y = np.array([0, 1, 2, 0, 1, 2])


def named(**values):
    return [Tensor(value, name=name) for name, value in values.items()]


def network(hidden=2):
    set_random_seed(1)
    layers = [Dense(5, activation="relu", kernel_regularizer="l2") for _ in range(hidden)]
    model = Sequential([Input((4,)), *layers, BatchNormalization(), Dropout(0.2), Dense(3)])
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
    return model


def worked():
    x, y, z = named(x=-2.0, y=5.0, z=-4.0)
    return (x + y) * nn.maximum(y, z)


def test_the_worked_example_has_its_numbers():
    drawing = circuit(worked())
    by_kind = {kind: [t.content for t in placed(drawing.svg) if t.kind == kind] for kind in (
        "name", "sign", "value", "gradient", "gradient part"
    )}  # fmt: skip
    assert sorted(by_kind["name"]) == ["x", "y", "z"]
    assert sorted(by_kind["sign"]) == ["+", "max", "×"]
    assert sorted(by_kind["value"]) == sorted(["−2", "5", "−4", "3", "5", "15"])
    assert sorted(by_kind["gradient"]) == sorted(["5", "8", "0", "5", "3", "1"])
    assert sorted(by_kind["gradient part"]) == ["3", "5"]  # what y gets along its two wires
    assert drawing.folded == []


def test_value_above_gradient_below():
    found = {t.content: t for t in placed(circuit(worked()).svg)}
    assert found["15"].bottom < found["1"].top
    assert found["15"].left == found["1"].left


def test_drawing_changes_nothing():
    f = worked()
    circuit(f)
    assert f.grad is None
    f.backward()
    (f * 2).backward()
    circuit(f)
    assert f.grad == 2


def test_constants_are_in_the_signs():
    (x,) = named(x=2.0)
    y = 1 / (1 + nn.exp(-(x**2)))
    signs = [t.content for t in placed(circuit(y).svg) if t.kind == "sign"]
    assert sorted(signs) == sorted(["x²", "×−1", "exp", "+1", "1/x"])


def test_names():
    x, w = Tensor(2.0), Tensor(3.0)
    z = x * w
    a = nn.sigmoid(z)
    said = texts(circuit(a, names={"w": w, "z": z}).svg)
    assert {"input 1", "w", "z = 6", "σ", "×"} <= set(said)


def test_several_numbers():
    x = Tensor([1.0, 2.0], name="x")
    y = x * x
    assert {t.kind for t in placed(circuit(y).svg)}.isdisjoint({"gradient"})
    given = circuit(y, gradient=[1.0, 10.0])
    assert "[2 40]" in texts(given.svg)
    y.backward([1.0, 1.0])
    assert "[2 4]" in texts(circuit(y).svg)
    big = Tensor(np.zeros((3, 4)), name="big")
    assert {"(3, 4)", "0 ± 0", "1 ± 0"} <= set(texts(circuit(nn.sum(big)).svg))


def test_data_have_no_gradient():
    x = Tensor(2.0, requires_grad=False, name="x")
    w = Tensor(3.0, name="w")
    svg = circuit(x * w).svg
    assert svg.count('class="data"') == svg.count('class="leaf"') == 1
    assert [t.content for t in placed(svg) if t.kind == "gradient"] == ["2", "1"]


def test_a_small_network_gate_by_gate():
    model = Sequential([Input((4,)), Dense(2, activation="tanh"), Dense(3)])
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
    said = texts(circuit(model, X, Y).svg)
    assert {"x", "y", "dense W", "dense_1 b", "tanh", "softmax cross-entropy", "mean"} <= set(said)
    assert said.count("x W + b") == 2
    loose = circuit(model.objective(X, Y))  # the same from the loss itself
    assert texts(loose.svg).count("x W + b") == 2


def test_a_larger_one_is_folded_into_layers():
    drawing = circuit(network(), X, Y)
    layers = ["dense", "dense_1", "batch_normalization", "dropout", "dense_2"]
    assert [name for name in drawing.folded if name in layers] == layers
    assert {"loss", "regularisers"} <= set(drawing.folded)
    assert drawing.svg.count("data-opens=") >= len(drawing.folded)
    assert drawing.svg.count("<g data-part=") == len(drawing.folded)
    assert "x W + b" not in texts(drawing.svg)  # it is shut
    opened = drawing.svg.replace('style="display:none"', "")
    assert texts(opened).count("x W + b") == 3
    assert "relu" in texts(opened)


def test_weights_stay_inside_their_box_frozen_ones_too():
    model = network()
    model.trainable = False
    for drawing in (circuit(network(), X, Y, training=False), circuit(model, X, fold=True)):
        assert drawing.svg.split("<g data-part=")[0].count('class="data"') == 1  # x


def test_each_box_opens_a_part_of_its_own():
    drawing = circuit(network(), X, Y)
    for number, name in enumerate(drawing.folded):
        box = drawing.svg.split(f'<g data-opens="{number}"')[1].split("</g>")[0]
        part = drawing.svg.split(f'<g data-part="{number}"')[1].split("</text>")[0]
        assert f">{name}</text>" in box
        assert f">{name}" in part


def test_folding_can_be_asked_for():
    trace = network(0).trace(X, Y)
    assert circuit(trace).folded == []
    assert circuit(trace, fold=True).folded
    assert circuit(network(), X, Y, fold=False).folded == []


def test_branches_and_glue_between_layers():
    class Block(Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = Dense(4, name="a"), Dense(4, name="b")

        def call(self, x):
            return self.b(nn.relu(self.a(x))) + x

    x = Input((4,))
    h = Dense(4, name="h")(x)
    model = Model(x, [Dense(1)(Add()([h, Dense(4, name="g")(h)])), Dense(2)(h)])
    drawing = circuit(model, X, fold=True)
    assert {"h", "g", "add"} <= set(drawing.folded)
    block = Sequential([Input((4,)), Block(), Dense(3)])
    drawing = circuit(block, X, fold=True)
    assert {"relu", "+"} <= set(texts(drawing.svg))
    nothing_overlaps(drawing.svg)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("hidden", [1, 4])
def test_nothing_overlaps_or_leaves_the_page(fold, hidden):
    svg = circuit(network(hidden), X, Y, fold=fold).svg
    nothing_overlaps(svg)
    inside_the_page(svg)


def test_ladders_and_shared_inputs_do_not_overlap():
    x, y = named(x=1.5, y=-0.25)
    f = x
    for k in range(6):
        f = nn.maximum(f * y, x + f) - y / (k + 2)
    nothing_overlaps(circuit(f * f).svg)
    inside_the_page(circuit(f * f).svg)


def test_what_cannot_be_drawn():
    with pytest.raises(GraphError) as error:
        circuit(Tensor(1.0))
    assert str(error.value) == (
        "circuit: expected a tensor that a gate made; got a leaf. Compute something from it first;"
        " inside no_graph() nothing is remembered."
    )
    with pytest.raises(SettingError) as error:
        circuit(3)
    assert str(error.value) == (
        "circuit: expected a tensor, a model or a trace; got a int. Give circuit(tensor),"
        " circuit(model, x, y) or circuit(trace)."
    )
    with pytest.raises(SettingError, match="data for the model; got none"):
        circuit(network())
    with no_graph(), pytest.raises(SettingError):
        circuit(Tensor(1.0) + 1)
    y = x = Tensor(1.0)
    for _ in range(301):
        y = y + x
    with pytest.raises(SettingError, match="up to 300 gates; got 301"):
        circuit(y)
