"""What holds for every layer, over the table of cases."""

import inspect
import json

import numpy as np
import pytest

from pellucid import Input, Layer, Model, Tensor, gradient_check, layers, load, set_random_seed
from pellucid.constraints import NonNeg
from pellucid.engines import engine_of, in_use, use
from pellucid.errors import ShapeError
from pellucid.layers.symbol import Symbol

from ..bringing import as_numpy, brought, type_of
from .cases import CASES

pytestmark = pytest.mark.usefixtures("engine")
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def as_tensors(inputs):
    """Tensors, which need a gradient unless they hold whole numbers."""
    if isinstance(inputs, list):
        return [as_tensors(x) for x in inputs]
    array = brought(in_use(), inputs)
    return Tensor(array, requires_grad=inputs.dtype.kind == "f")


def taking_gradients(inputs):
    """Those tensors of one or several that need a gradient, as a list."""
    return [t for t in (inputs if isinstance(inputs, list) else [inputs]) if t.requires_grad]


def built(case, rng, **settings):
    """The case's layer, with every weight a random number that is fit for a variance."""
    layer = case.make(**settings)
    layer(case.inputs(rng))
    for p in layer.weights:
        p.assign(rng.uniform(0.5, 1.5, p.shape))
    return layer


def test_every_registered_layer_has_a_case_and_is_exported():
    registered = {kind for kind in layers.registry.known.values() if not issubclass(kind, Model)}
    assert registered == {case.kind for case in CASES}
    assert {kind.__name__ for kind in registered} < set(layers.__all__)


def test_case_names_differ():
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_layer_says_what_it_does():
    for case in CASES:
        assert len(inspect.getdoc(case.kind) or "") > 20, case.kind


@every_case
@pytest.mark.parametrize("N", [1, 3])
def test_the_shape_rule_is_what_comes_out(case, N, rng):
    layer = case.make()
    output = layer(case.inputs(rng, N))
    assert output.shape == (N, *case.output_shape)
    assert layer.compute_output_shape(case.symbolic_shape) == (None, *case.output_shape)


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_number_type_is_kept(case, dtype, rng):
    layer = case.make(dtype=dtype)
    for training in (False, True):
        x = case.inputs(rng, dtype=dtype)
        inputs = as_tensors(x)
        output = layer(inputs, training=training)
        assert type_of(output) == dtype
        output.sum().backward()
        found = [*taking_gradients(inputs), *layer.trainable_weights]
        assert all(type_of(t.grad) == dtype and type_of(t) == dtype for t in found)
        assert type_of(layer(x, training=training)) == dtype
    assert type_of(layer.astype("float64")(case.inputs(rng))) == "float64"


@every_case
def test_derivatives_agree_with_central_differences(case, rng):
    check = gradient_check(built(case, rng), case.inputs(rng))
    assert check, str(check)
    assert all(row.kinks == 0 for row in check.rows), str(check)
    inputs = taking_gradients(as_tensors(case.inputs(rng)))
    assert len(check.rows) == len(built(case, rng).trainable_weights) + len(inputs)


@every_case
@pytest.mark.parametrize("training", [False, True])
def test_arrays_give_an_array_and_the_tensors_value(case, training, rng):
    x, found = case.inputs(rng, dtype="float32"), []
    for inputs in (x, as_tensors(x)):
        set_random_seed(3)
        found.append(case.make()(inputs, training=training))
    assert engine_of(found[0]) is in_use()
    assert not isinstance(found[0], Tensor)
    assert isinstance(found[1], Tensor)
    assert np.array_equal(found[0], found[1].value)


@every_case
def test_settings_go_through_json_and_come_back_as_an_equal_layer(case, rng):
    layer = built(case, rng, name="mine")
    config = json.loads(json.dumps(layer.get_config()))
    other = case.kind.from_config(config)
    assert json.loads(json.dumps(other.get_config())) == config
    assert other.name == "mine"
    other.ensure_built(case.symbolic_shape)
    other.set_weights(layer.get_weights())
    if layer.generator is not None:
        other.set_random_states(layer.random_states())
    x = case.inputs(rng)
    for training in (False, True):
        assert np.array_equal(layer(x, training=training), other(x, training=training))


@every_case
def test_a_model_with_it_comes_back_from_its_file(case, rng, tmp_path):
    inputs = [Input(shape) for shape in case.shapes]
    layer = case.make()
    model = Model(inputs, layer(inputs if case.several else inputs[0]))
    layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    x = case.inputs(rng) if case.several else [case.inputs(rng)]
    model(x, training=True)  # so that the streams of random numbers are on their way
    model.save(tmp_path / "model.safetensors")
    other = load(tmp_path / "model.safetensors")
    for training in (False, True, True):
        assert np.array_equal(model(x, training=training), other(x, training=training))


@every_case
def test_weights_are_copied_out_and_in(case, rng):
    layer = built(case, rng)
    weights = layer.get_weights()
    for w in weights:
        w += 1
    assert all((w == as_numpy(p) + 1).all() for w, p in zip(weights, layer.weights, strict=True))
    before = [p.value for p in layer.weights]
    layer.set_weights(weights)
    for w, p, value in zip(weights, layer.weights, before, strict=True):
        assert np.array_equal(w, as_numpy(p))
        assert p.value is value  # in place: a model's vector goes on holding it
    assert layer.count_params() == sum(w.size for w in weights)
    with pytest.raises(ShapeError, match="set_weights of"):
        layer.set_weights([*weights, np.zeros(1)])


@every_case
def test_a_frozen_layer_takes_no_gradient(case, rng):
    for layer in (case.make(trainable=False), built(case, rng)):
        layer.trainable = False
        inputs = as_tensors(case.inputs(rng, dtype="float32"))
        layer(inputs, training=True).sum().backward()
        assert layer.trainable_weights == []
        assert all(p.grad is None for p in layer.weights)
        assert all(t.grad is not None for t in taking_gradients(inputs))
        layer.trainable = True
        layer(inputs, training=True).sum().backward()
        assert all((p.grad is not None) == p.trainable for p in layer.weights)
        assert all(p.grad.shape == p.shape for p in layer.trainable_weights)


@every_case
def test_the_same_seed_gives_the_same_weights_and_the_same_chance(case, rng):
    x, runs = case.inputs(rng), []
    for seed in (7, 7, 8):
        set_random_seed(seed)
        layer = case.make()
        output = layer(x, training=True)
        runs.append([output, *layer.get_weights()])
    assert all(map(np.array_equal, runs[0], runs[1]))
    by_chance = "kernel_initializer", "gamma_initializer", "kernel_size", "units"
    drawn = any(name in case.settings for name in by_chance)
    if drawn or (layer.generator is not None and "seed" not in case.settings):
        assert not all(map(np.array_equal, runs[0], runs[2]))


@every_case
def test_symbols_give_a_symbol_of_the_right_shape(case):
    inputs = [Input(shape) for shape in case.shapes]
    layer = case.make()
    output = layer(inputs if case.several else inputs[0])
    assert isinstance(output, Symbol)
    assert output.shape == (None, *case.output_shape)
    assert output.layer is layer
    assert layer.built


@every_case
def test_the_inputs_are_left_alone(case, rng):
    x = case.inputs(rng, dtype="float32")
    before = np.copy(x) if not case.several else [np.copy(each) for each in x]
    case.make()(x, training=True)
    assert all(map(np.array_equal, before, x)) if case.several else np.array_equal(before, x)


@every_case
def test_the_default_shape_rule_agrees_with_the_written_one(case, rng):
    layer = built(case, rng)
    assert Layer.compute_output_shape(layer, case.symbolic_shape) == (None, *case.output_shape)


@every_case
def test_each_weight_that_can_be_regularised_can_be_constrained(case, rng):
    """An argument kernel_regularizer has kernel_constraint beside it, and it reaches the weight."""
    taken = inspect.signature(case.kind.__init__).parameters
    names = [name for name in taken if name.endswith("_regularizer")]
    given = {name.replace("_regularizer", "_constraint"): "non_neg" for name in names}
    assert given.keys() == {name for name in taken if name.endswith("_constraint")}
    settings = {key: value for key, value in case.settings.items() if key not in given}
    layer = case.kind(**settings, **given)
    layer(case.inputs(rng))
    kinds = {type(p.constraint) for p in layer.trainable_weights}
    assert kinds <= ({NonNeg} if given else {type(None)})


@pytest.mark.parametrize("training", [False, True])
@every_case
def test_the_engines_agree_also_in_chance(case, training, engine, rng):
    """One seed: the same weights, the same masks, the same outputs, gradients and averages."""
    x, runs = case.inputs(rng), []
    for name in ("numpy", engine.label):
        use(name)
        set_random_seed(5)
        layer = case.make(dtype="float64")
        layer(x)
        inputs = as_tensors(x)
        output = layer(inputs, training=training)
        output.backward(np.random.default_rng(1).normal(size=output.shape))
        gradients = [t.grad for t in (*taking_gradients(inputs), *layer.trainable_weights)]
        runs.append([as_numpy(each) for each in (output, *layer.weights, *gradients)])
    for a, b in zip(*runs, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-10 * np.abs(a).max(initial=0))
