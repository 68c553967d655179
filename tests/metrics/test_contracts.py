"""What holds for every metric: batches, weights, settings, going on from a state."""

import json

import numpy as np
import pytest

from pellucid import metrics
from pellucid.engines import in_use, use
from pellucid.errors import ShapeError

from ..bringing import brought
from .cases import KINDS, NAMED, C, N, make, rows
from .measuring import in_batches, measured, take_in

pytestmark = pytest.mark.usefixtures("engine")
every_metric = pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)

KERASS_NAMES = {
    "AUC": "auc",
    "F1Score": "f1_score",
    "FBetaScore": "fbeta_score",
    "LogCoshError": "logcosh",
    "R2Score": "r2_score",
}


@every_metric
def test_batches_of_any_sizes_make_one_measure(kind, rng):
    y, p = rows(kind, rng)
    whole = measured(make(kind), y, p)
    for sizes in ([N], [1] * N, [4, 2], [1, 5]):
        np.testing.assert_allclose(in_batches(make(kind), sizes, y, p), whole, rtol=1e-12)


@every_metric
def test_whole_weights_are_repetitions_and_0_leaves_out(kind, rng):
    y, p = rows(kind, rng)
    weight = np.array([2, 0, 1, 3, 1, 0])
    again = np.repeat(np.arange(N), weight)
    expected = measured(make(kind), y[again], p[again])
    for given in (weight, weight[:, None], weight.tolist(), weight / 1.0):
        np.testing.assert_allclose(measured(make(kind), y, p, given), expected, rtol=1e-12)
    halves = in_batches(make(kind), [2, 4], y, p, weight)
    np.testing.assert_allclose(halves, expected, rtol=1e-12)
    ones = measured(make(kind), y, p, np.ones(N))
    np.testing.assert_allclose(ones, measured(make(kind), y, p), rtol=1e-12)


@every_metric
def test_weights_that_do_not_fit_are_refused(kind, rng):
    with pytest.raises(ShapeError, match="sample_weight: expected one weight for each"):
        take_in(make(kind), *rows(kind, rng), np.ones(N + 1))


@every_metric
def test_targets_that_do_not_fit_are_refused(kind, rng):
    y, p = rows(kind, rng)
    with pytest.raises(ShapeError, match=r"^targets for "):
        take_in(make(kind), y[:-1], p)
    make(kind).check(y, (None, C))
    with pytest.raises(ShapeError, match=r"^targets for "):
        make(kind).check(np.zeros((N, C + 1)), (None, C))


@every_metric
def test_a_state_goes_on_exactly_also_through_json(kind, rng):
    y, p = rows(kind, rng)
    p = p.astype("float32")
    whole, half = make(kind), make(kind)
    take_in(whole, y[:2], p[:2])
    kept = {name: np.asarray(value).copy() for name, value in whole.get_state().items()}
    plain = json.loads(json.dumps({name: value.tolist() for name, value in kept.items()}))
    take_in(whole, y[2:], p[2:])
    for state in (kept, {name: np.array(value) for name, value in plain.items()}):
        half.set_state({name: brought(in_use(), value) for name, value in state.items()})
        take_in(half, y[2:], p[2:])
        assert np.array_equal(half.result(), whole.result())
    half.reset_state()
    assert np.sum(half.result()) == 0


@every_metric
def test_settings_go_through_json(kind, rng):
    metric = make(kind)
    config = json.loads(json.dumps(metric.get_config()))
    again = metrics.registry.get({"class": kind.__name__, "config": config})
    assert again.get_config() == config
    assert again.name == metric.name
    y, p = rows(kind, rng)
    assert np.array_equal(measured(again, y, p), measured(metric, y, p))


def test_every_metric_has_kerass_name():
    others = {metrics.FunctionMetric, metrics.LossMetric}
    for kind in KINDS:
        if kind not in others:
            name = KERASS_NAMES.get(kind.__name__, metrics.metric.snake_case(kind.__name__))
            assert kind().name == name
            assert type(metrics.make(name)) is kind


def test_results_are_numbers_or_arrays(rng):
    several = {metrics.F1Score, metrics.FBetaScore, metrics.ConfusionMatrix}
    for kind in NAMED:
        found = measured(make(kind), *rows(kind, rng))
        assert isinstance(found, np.ndarray) if kind in several else type(found) is float


@every_metric
@pytest.mark.parametrize("weight", [None, [2, 0, 1, 3, 1, 0]])
def test_the_engines_agree(kind, weight, engine, rng):
    y, p = rows(kind, rng)
    found = []
    for name in ("numpy", engine.label):
        use(name)
        found.append(
            in_batches(make(kind), [4, 2], *((y, p) if weight is None else (y, p, weight)))
        )
    np.testing.assert_allclose(found[1], found[0], rtol=1e-10)
