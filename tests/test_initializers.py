"""Initialisers: their statistics, their seeds, and what they do to a deep network."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from pellucid import Sequential, initializers, set_floatx, set_random_seed
from pellucid.errors import SettingError, ShapeError
from pellucid.initializers import (
    TRUNCATED_STDDEV,
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
    fans,
)
from pellucid.layers import Dense

from .saying import says

SHAPE = (300, 400)  # 120,000 numbers: a standard deviation is known to 0.2 %
FAMILIES = {
    GlorotUniform: (1.0, "fan_avg", "uniform"),
    GlorotNormal: (1.0, "fan_avg", "truncated_normal"),
    HeUniform: (2.0, "fan_in", "uniform"),
    HeNormal: (2.0, "fan_in", "truncated_normal"),
    LecunUniform: (1.0, "fan_in", "uniform"),
    LecunNormal: (1.0, "fan_in", "truncated_normal"),
}
RANDOM = [RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Orthogonal, *FAMILIES]


def test_every_initializer_is_tested_here():
    known = set(initializers.registry.known.values())
    assert known == {Zeros, Ones, Constant, Identity, *RANDOM}


# -- statistics -----------------------------------------------------------------------------------


def test_constants():
    assert (Zeros()((2, 3)) == 0).all()
    assert (Ones()((2, 3)) == 1).all()
    assert (Constant(-0.5)((2, 3)) == -0.5).all()
    assert Constant(2)(()).dtype == "float32"


@pytest.mark.parametrize(
    ("initializer", "theirs"),
    [
        (RandomNormal(0.5, 0.01, seed=1), stats.norm(0.5, 0.01)),
        (RandomUniform(-0.1, 0.3, seed=1), stats.uniform(-0.1, 0.4)),
        (TruncatedNormal(0.5, 0.1, seed=1), stats.truncnorm(-2, 2, 0.5, 0.1)),
        (
            VarianceScaling(2.0, "fan_in", "truncated_normal", seed=1),
            stats.truncnorm(-2, 2, 0, math.sqrt(2 / 300) / TRUNCATED_STDDEV),
        ),
        (
            VarianceScaling(1.0, "fan_out", "untruncated_normal", seed=1),
            stats.norm(0, math.sqrt(1 / 400)),
        ),
        (
            VarianceScaling(3.0, "fan_avg", "uniform", seed=1),
            stats.uniform(-math.sqrt(9 / 350), 2 * math.sqrt(9 / 350)),
        ),
    ],
)
def test_numbers_have_their_distribution(initializer, theirs):
    values = initializer(SHAPE, "float64").ravel()
    low, high = theirs.support()
    assert low <= values.min()
    assert values.max() <= high
    assert values.mean() == pytest.approx(theirs.mean(), abs=5 * theirs.std() / values.size**0.5)
    assert values.std() == pytest.approx(theirs.std(), rel=0.01)
    # the largest distance between the distribution functions, at a chance of 1 in 1000
    assert stats.kstest(values, theirs.cdf).pvalue > 1e-3


def test_the_truncated_normals_standard_deviation_is_exact():
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == TRUNCATED_STDDEV
    assert pytest.approx(0.87962566103423978, rel=1e-14) == TRUNCATED_STDDEV


def test_a_truncated_normal_never_goes_beyond_two_standard_deviations():
    values = TruncatedNormal(1.0, 0.1, seed=0)((1000, 1000), "float64")
    assert abs(values - 1.0).max() <= 0.2
    assert abs(values - 1.0).max() > 0.1999
    alone = [TruncatedNormal(seed=seed)(()) for seed in range(100)]
    assert all(value.shape == () and abs(value) <= 0.1 for value in alone)


@pytest.mark.parametrize("kind", [VarianceScaling, *FAMILIES])
def test_variance_scaling_keeps_its_variance_whatever_the_distribution(kind):
    scale, mode, _ = FAMILIES.get(kind, (1.0, "fan_in", ""))
    n = {"fan_in": 300, "fan_avg": 350}[mode]
    values = kind(seed=2)(SHAPE, "float64")
    assert values.var() == pytest.approx(scale / n, rel=0.02)


@pytest.mark.parametrize("kind", FAMILIES)
def test_families_are_cases_of_variance_scaling(kind):
    scale, mode, distribution = FAMILIES[kind]
    expected = VarianceScaling(scale, mode, distribution, seed=3)(SHAPE)
    assert np.array_equal(kind(seed=3)(SHAPE), expected)
    assert kind(seed=3).get_config() == {"seed": 3}
    assert kind.__doc__


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), (1, 1)),
        ((5,), (5, 5)),
        ((3, 7), (3, 7)),
        ((5, 3, 7), (15, 35)),
        ((3, 3, 16, 32), (144, 288)),  # a unit sees 3 3 16 numbers; an input feeds 3 3 32 units
    ],
)
def test_fans_of_dense_and_convolutional_kernels(shape, expected):
    assert fans(shape) == expected


@pytest.mark.parametrize("shape", [(4, 4), (6, 4), (4, 6), (3, 2, 4), (2, 2, 1, 7), (5, 1)])
def test_orthogonal_weights_have_orthonormal_columns_or_rows(shape):
    W = Orthogonal(2.0, seed=1)(shape, "float64").reshape(-1, shape[-1])
    products = W.T @ W if W.shape[0] >= W.shape[1] else W @ W.T
    np.testing.assert_allclose(products, 4 * np.eye(min(W.shape)), atol=1e-12)


def test_every_direction_is_as_likely_for_orthogonal_weights():
    """The first element of a uniform unit vector in n dimensions: mean 0, variance 1 / n."""
    first = np.array([Orthogonal(seed=seed)((4, 4), "float64")[0, 0] for seed in range(400)])
    assert abs(first.mean()) < 5 * 0.5 / 20
    assert first.var() == pytest.approx(0.25, rel=0.2)
    # and that element alone, as the cosine of a uniform direction: a Beta(3/2, 3/2) on (-1, 1)
    assert stats.kstest(first, stats.beta(1.5, 1.5, -1, 2).cdf).pvalue > 1e-3


def test_the_identity_and_its_parts():
    assert np.array_equal(Identity()((2, 3)), [[1, 0, 0], [0, 1, 0]])
    assert np.array_equal(Identity(0.5)((2, 2)), [[0.5, 0], [0, 0.5]])


def test_shapes_that_are_refused():
    text = (
        "Orthogonal: expected weights with two axes or more; got shape (3,). "
        "Use it for kernels, and zeros for biases."
    )
    with says(ShapeError, text):
        Orthogonal()((3,))
    text = (
        "Identity: expected weights with two axes; got shape (3, 3, 2). Use it for kernels (D, U)."
    )
    with says(ShapeError, text):
        Identity()((3, 3, 2))


# -- seeds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RANDOM)
def test_a_seed_gives_the_same_numbers_in_every_type(kind):
    a, b = kind(seed=4), kind(seed=4)
    assert np.array_equal(a(SHAPE), b(SHAPE))
    assert np.array_equal(a(SHAPE), a(SHAPE))
    assert not np.array_equal(a(SHAPE), kind(seed=5)(SHAPE))
    double = a(SHAPE, "float64")
    assert double.dtype == "float64"
    assert np.array_equal(double.astype("float32"), a(SHAPE))


@pytest.mark.parametrize("kind", RANDOM)
def test_without_a_seed_the_stream_goes_on_and_can_be_repeated(kind):
    set_random_seed(6)
    initializer = kind()
    first, second = initializer(SHAPE), initializer(SHAPE)
    assert not np.array_equal(first, second)
    set_random_seed(6)
    assert np.array_equal(kind()(SHAPE), first)


def test_the_number_type_is_floatx_unless_asked_for():
    assert RandomNormal()((2,)).dtype == "float32"
    set_floatx("float64")
    try:
        assert RandomNormal()((2,)).dtype == "float64"
    finally:
        set_floatx("float32")


# -- settings -------------------------------------------------------------------------------------


KEPT = [
    Zeros(),
    Ones(),
    Constant(2.0),
    RandomNormal(1.0, 2.0, 3),
    RandomUniform(seed=1),
    TruncatedNormal(seed=1),
    VarianceScaling(2.0, "fan_out", "uniform", 5),
    Orthogonal(2.0, 7),
    Identity(3.0),
    *(kind(seed=7) for kind in FAMILIES),
]


def test_the_settings_of_every_initializer_are_tested():
    assert {type(each) for each in KEPT} == set(initializers.registry.known.values())


@pytest.mark.parametrize("initializer", KEPT, ids=lambda each: type(each).__name__)
def test_settings_go_through_json(initializer):
    kind = type(initializer).__name__
    config = json.loads(json.dumps({"class": kind, "config": initializer.get_config()}))
    again = initializers.get(config)
    assert again.get_config() == initializer.get_config()
    assert np.array_equal(again((3, 4)), initializer((3, 4)))


def test_initializers_by_name_and_by_function():
    assert type(initializers.get("glorot_uniform")) is GlorotUniform
    assert type(initializers.get("he_normal")) is HeNormal
    assert type(initializers.get("uniform")) is RandomUniform
    assert type(initializers.get("normal")) is RandomNormal
    assert type(initializers.get("orthogonal")) is Orthogonal
    assert type(initializers.get("identity")) is Identity
    assert type(initializers.get(Zeros)) is Zeros
    layer = Dense(2, kernel_initializer=lambda shape, dtype: np.full(shape, 3, dtype))
    layer(np.zeros((1, 4)))
    assert (layer.kernel.value == 3).all()


def test_settings_that_are_refused():
    text = "VarianceScaling: expected scale above 0; got 0. Try 1.0 or 2.0."
    with says(SettingError, text):
        VarianceScaling(0)
    text = (
        "VarianceScaling: expected mode 'fan_in', 'fan_out' or 'fan_avg'; got 'fan_im'. "
        "Did you mean 'fan_in'?"
    )
    with says(SettingError, text):
        VarianceScaling(mode="fan_im")
    text = (
        "VarianceScaling: expected distribution 'truncated_normal', 'untruncated_normal' "
        "or 'uniform'; got 'gamma'. Choose one."
    )
    with says(SettingError, text):
        VarianceScaling(distribution="gamma")


def test_an_initializer_of_ones_own():
    class Diagonal(Initializer):
        def draw(self, shape, generator):
            return np.eye(*shape)

    assert np.array_equal(Diagonal()((2, 2)), np.eye(2))
    with pytest.raises(TypeError, match=r"Initializer needs a method draw"):
        Initializer()((2, 2))


# -- depth ----------------------------------------------------------------------------------------


def spreads(activation, initializer, depth=20, units=256):
    """The standard deviation of the activations after each of many equal layers."""
    set_random_seed(0)
    stack = [Dense(units, activation, kernel_initializer=initializer) for _ in range(depth)]
    a = np.random.default_rng(0).normal(size=(128, units)).astype("float32")
    found = []
    for layer in Sequential(stack).layers:
        a = layer(a)
        found.append(float(a.std()))
    return found, a


def test_too_small_weights_vanish_through_tanh():
    # each layer multiplies the spread by stddev sqrt(n) = 0.01 sqrt(256) = 0.16
    found, _ = spreads("tanh", RandomNormal(stddev=0.01))
    assert found[-1] == pytest.approx(0.16**20, rel=1.0)
    assert found[10] / found[9] == pytest.approx(0.16, rel=0.1)


def test_xavier_weights_keep_the_spread_through_tanh():
    # LecunNormal is the notes' sqrt(1 / n); tanh itself takes a little off at every layer
    found, _ = spreads("tanh", LecunNormal())
    assert 0.1 < found[-1] < 0.7
    assert found[-1] / found[-2] > 0.95


def test_too_large_weights_saturate_tanh():
    _, a = spreads("tanh", RandomNormal(stddev=1.0))
    assert (abs(a) > 0.99).mean() > 0.8
    assert (1 - a.astype("float64") ** 2).mean() < 0.1  # the slope that a gradient is multiplied by


def test_relu_keeps_its_size_with_he_and_halves_it_with_xavier():
    # relu lets half of z's second moment through: var 2 / n makes up for it, 1 / n does not
    he, a = spreads("relu", HeNormal())
    assert 0.3 < he[-1] / he[0] < 3
    assert (a**2).mean() == pytest.approx(1, rel=0.7)
    xavier, _ = spreads("relu", LecunNormal())
    assert xavier[-1] / xavier[0] == pytest.approx(2 ** (-19 / 2), rel=1.0)


def test_equal_weights_leave_all_units_alike(rng):
    x, y = rng.normal(size=(64, 3)), rng.normal(size=(64, 1))
    for initializer, alike in ((Constant(0.1), True), (RandomNormal(stddev=0.01), False)):
        model = Sequential([Dense(4, "tanh", kernel_initializer=initializer)])
        model.add(Dense(1, kernel_initializer=initializer))
        model.compile("sgd", "mse")
        model.fit(x, y, epochs=3, verbose=0)
        W = model.layers[0].kernel.value
        assert np.allclose(W, W[:, :1], atol=1e-7) == alike
