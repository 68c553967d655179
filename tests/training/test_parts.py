"""What a model consists of, and whether it is still the same."""

import pytest

from pellucid.layers import Activation, Dense, Input
from pellucid.losses import MeanSquaredError
from pellucid.models import Sequential
from pellucid.training.parts import Snapshot, is_known, is_network


def model():
    inner = Sequential([Dense(3, "relu")])
    return Sequential([Input((2,)), Dense(3), inner, Dense(1)])


def test_a_snapshot_holds_while_weights_only_change_their_numbers():
    m = model()
    snapshot = Snapshot(m)
    for p in m.weights:
        p.assign(p.value + 1)
    m.predict([[1.0, 2.0]])
    assert snapshot.holds()


@pytest.mark.parametrize(
    "replace",
    [
        lambda m: setattr(m.layers[0], "use_bias", False),
        lambda m: setattr(m.layers[0], "new", 1),
        lambda m: setattr(m.layers[1].layers[0], "activation", None),
        lambda m: setattr(m.layers[0].kernel, "value", m.layers[0].kernel.value + 1),
        lambda m: setattr(m.layers[0].kernel, "regularizer", abs),
        lambda m: setattr(m.layers[2], "trainable", False),
        lambda m: m.layers.pop(),
        lambda m: m.layers[1].layers.append(Dense(3)),
        lambda m: m.add(Dense(1)),
    ],
)
def test_whatever_is_replaced_it_does_not_hold(replace):
    m = model()
    snapshot = Snapshot(m)
    replace(m)
    assert not snapshot.holds()


def test_other_parts_and_the_loss_are_looked_at_as_well():
    m, loss = model(), MeanSquaredError()
    m.compile("sgd", loss)
    first, second = Snapshot(m, loss), Snapshot(m)
    loss.reduction = "sum"
    assert not first.holds()
    assert second.holds()
    m.loss = MeanSquaredError()
    assert not second.holds()


def test_which_layers_are_known():
    class Own(Dense):
        """A layer that is not the library's own."""

    assert is_network(model())
    assert is_known(model())
    assert is_known(Dense(3, "relu"))
    assert not is_known(Own(3))
    assert not is_known(Activation(lambda x: x))
