"""docs/equations.md against the code: its names are where its links say, and its formulas hold.

Formulas that a test elsewhere does not compute are computed here, in plain NumPy, from the page.
"""

import ast
import re

import numpy as np
import pytest

import pellucid
from pellucid import Input, Sequential, Tensor, gates, nn, optimizers, regularizers, schedules
from pellucid import initializers as first
from pellucid.averages import smooth
from pellucid.layers import Dense, Flatten, Normalization
from pellucid.losses import BinaryCrossentropy, SparseCategoricalCrossentropy

from .reading import ROOT, run

PAGE = ROOT / "docs" / "equations.md"
LINKS = sorted(set(re.findall(r"\[`([\w.]+)`\]\(([^)]+\.py)\)", PAGE.read_text())))
SECTIONS = re.split(r"^## (\d+)\. .*$", PAGE.read_text(), flags=re.M)[1:]


# -- the page -------------------------------------------------------------------------------------


def definitions(body, prefix=""):
    """The names that a file defines: functions, classes with their methods, and assignments."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from definitions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign):
            yield from (prefix + t.id for t in node.targets if isinstance(t, ast.Name))


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_every_name_is_where_its_link_says(name, link):
    file = (PAGE.parent / link).resolve()
    known = set(definitions(ast.parse(file.read_text()).body))
    assert name.removeprefix(f"{file.stem}.") in known


def test_every_row_is_there_with_a_test_or_a_word_on_why_not():
    numbers, texts = SECTIONS[::2], SECTIONS[1::2]
    assert numbers == [str(n) for n in range(1, 28)]
    for number, text in zip(numbers, texts, strict=True):
        has_formula = "```math" in text or "| gate |" in text
        assert ("[`test_" in text) if has_formula else ("No formula" in text), number


def test_every_gate_loss_optimiser_and_their_like_is_on_the_page():
    named = {name.rsplit(".", 1)[-1] for name, _ in LINKS}
    built = set(gates.__all__) - {"shared"}
    for room in (pellucid.losses, optimizers, first, regularizers, schedules):
        registry = room.registry
        built |= {thing.__name__ for thing in registry.known.values()}
    assert built - named - {"FunctionLoss"} == set()


def test_the_python_of_this_page_runs():
    assert {"dz", "L"} <= run(PAGE).keys()


# -- its formulas ---------------------------------------------------------------------------------


def test_an_image_is_unrolled_row_by_row(rng):
    H, W, C = 2, 3, 4
    image = rng.normal(size=(1, H, W, C)).astype("float32")
    vector = Flatten()(image)
    for i, j, c in np.ndindex(H, W, C):
        assert vector[0, (i * W + j) * C + c] == image[0, i, j, c]


def test_a_stack_is_the_formula(rng):
    model = Sequential([Input((4,)), Dense(5, "relu"), Dense(3, "relu"), Dense(2)], dtype="float32")
    x = rng.normal(size=(6, 4)).astype("float32")
    W1, _, W2, _, W3, _ = model.get_weights()
    f = np.maximum(0, np.maximum(0, x @ W1) @ W2) @ W3
    np.testing.assert_allclose(model(x), f, rtol=1e-5, atol=1e-6)


def test_units_that_start_alike_stay_alike(rng):
    alike, apart = first.Constant(0.1), first.RandomNormal(stddev=0.01, seed=1)
    x, y = rng.normal(size=(8, 3)), rng.integers(0, 2, 8)
    for start, stay_alike in ((alike, True), (apart, False)):
        hidden = Dense(4, "sigmoid", kernel_initializer=start)
        model = Sequential([Input((3,)), hidden, Dense(2, kernel_initializer=start)])
        model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x, y, epochs=3, verbose=0)
        units = hidden.get_weights()[0].T
        assert bool((units == units[0]).all()) is stay_alike
    assert first.Zeros()((3,)).tolist() == [0, 0, 0]
    assert apart((300, 300)).std() == pytest.approx(0.01, rel=0.02)  # of 90,000 numbers


def test_the_notes_program_runs_as_it_stands():
    x = np.array([[200.0, 17.0], [120.0, 5.0], [425.0, 20.0], [212.0, 18.0]])
    y = np.array([1, 0, 0, 1])
    model = Sequential(
        [
            Dense(units=153, activation="sigmoid"),
            Dense(units=21, activation="sigmoid"),
            Dense(units=1, activation="sigmoid"),
        ]
    )
    model.compile(loss=BinaryCrossentropy())
    history = model.fit(x, y, epochs=100, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert model.predict(np.array([[200.0, 17.0]])).shape == (1, 1)

    model = Sequential(
        [
            Dense(units=25, activation="relu"),
            Dense(units=15, activation="relu"),
            Dense(units=2, activation="linear"),
        ]
    )
    model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, epochs=100, verbose=0)
    logits = model(x)
    f_x = nn.softmax(logits)
    np.testing.assert_allclose(f_x.sum(axis=1), 1, rtol=1e-6)


def test_a_stack_of_linear_layers_is_one_linear_layer(rng):
    model = Sequential([Input((4,)), Dense(5), Dense(3)])
    W1, _, W2, b2 = model.get_weights()
    b1 = rng.normal(size=5).astype("float32")
    model.set_weights([W1, b1, W2, b2])
    x = rng.normal(size=(6, 4)).astype("float32")
    np.testing.assert_allclose(model(x), x @ (W1 @ W2) + (b1 @ W2 + b2), rtol=1e-4, atol=1e-5)


def test_the_frobenius_form_adds_lambda_over_m_times_w(rng):
    lam, m = 0.3, 7
    for penalty, slope in (
        (regularizers.Frobenius(lam), lambda W: lam / m * W),
        (regularizers.L2(lam / (2 * m)), lambda W: lam / m * W),
        (regularizers.L2(lam), lambda W: 2 * lam * W),
        (regularizers.L1(lam), lambda W: lam * np.sign(W)),
        (regularizers.L1L2(lam, lam), lambda W: lam * np.sign(W) + 2 * lam * W),
    ):
        W = Tensor(rng.normal(size=(3, 2)))
        penalty(W, m).backward()
        np.testing.assert_allclose(W.grad, slope(W.value), rtol=1e-12)


def test_normalised_inputs_have_mean_0_and_variance_1(rng):
    x_train, x_test = 50 + 9 * rng.normal(size=(400, 3)), 50 + 9 * rng.normal(size=(10, 3))
    layer = Normalization(dtype="float64")
    layer.adapt(x_train)
    np.testing.assert_allclose(layer(x_train).mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(layer(x_train).var(0), 1, rtol=1e-12)
    expected = (x_test - x_train.mean(0)) / x_train.std(0)
    np.testing.assert_allclose(layer(x_test), expected, rtol=1e-12)


def test_first_weights_have_the_variance_of_their_family():
    n, n_out = 300, 500
    variances = {"Lecun": 1 / n, "He": 2 / n, "Glorot": 2 / (n + n_out)}
    for family, variance in variances.items():
        normal = getattr(first, f"{family}Normal")(seed=0)((n, n_out))
        uniform = getattr(first, f"{family}Uniform")(seed=0)((n, n_out))
        assert normal.var() == pytest.approx(variance, rel=0.02)  # of 150,000 numbers
        assert uniform.var() == pytest.approx(variance, rel=0.02)
        assert abs(uniform).max() == pytest.approx((3 * variance) ** 0.5, rel=1e-3)


def test_shared_use_adds_up_along_every_path():
    x = Tensor(np.array(3.0))
    y = x * x  # dy/dx = 2 x
    z = y * x + y  # z = x^3 + x^2
    z.backward()
    assert x.grad == 3 * 3.0**2 + 2 * 3.0
    z.backward()
    assert x.grad == 3 * 3.0**2 + 2 * 3.0


def test_averages_and_optimisers_are_their_formulas(rng):
    values, beta = rng.normal(size=20), 0.9
    V, curve = 0.0, []
    for t, theta_t in enumerate(values, 1):
        V = beta * V + (1 - beta) * theta_t
        curve.append(V / (1 - beta**t))
    np.testing.assert_allclose(smooth(values, beta), curve, rtol=1e-12)

    a, rho, b1, b2, eps = 0.1, 0.9, 0.9, 0.999, 1e-7
    theta = {name: np.ones(3) for name in ("momentum", "Nesterov", "RMSprop", "Adam")}
    found = {name: np.ones(3) for name in theta}
    by_name = {
        "momentum": optimizers.SGD(a, momentum=0.9),
        "Nesterov": optimizers.SGD(a, momentum=0.9, nesterov=True),
        "RMSprop": optimizers.RMSprop(a, rho=rho, epsilon=eps),
        "Adam": optimizers.Adam(a, b1, b2, eps),
    }
    v = s = m = u = np.zeros(3)
    for t in range(1, 6):
        g = rng.normal(size=3)
        v, s = 0.9 * v - a * g, rho * s + (1 - rho) * g**2
        m, u = b1 * m + (1 - b1) * g, b2 * u + (1 - b2) * g**2
        theta["momentum"] += v
        theta["Nesterov"] += 0.9 * v - a * g
        theta["RMSprop"] -= a * g / np.sqrt(s + eps)
        theta["Adam"] -= a * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(u) + eps)
        for name, optimizer in by_name.items():
            optimizer.apply(found[name], g)
            np.testing.assert_allclose(found[name], theta[name], rtol=1e-12, err_msg=name)


def test_learning_rates_decay_as_the_notes_say():
    batches, alpha0, rate = 45, 0.2, 1.0
    decay = schedules.InverseTimeDecay(alpha0, batches, rate, staircase=True)
    for epoch in range(4):
        for step in (epoch * batches, (epoch + 1) * batches - 1):
            assert decay(step) == pytest.approx(alpha0 / (1 + rate * epoch), rel=1e-12)
    falling = schedules.ExponentialDecay(alpha0, decay_steps=10, decay_rate=0.5)
    assert [falling(step) for step in (0, 10, 20)] == pytest.approx([0.2, 0.1, 0.05], rel=1e-12)
    optimizer, theta = optimizers.SGD(decay), np.zeros(1)
    for _ in range(batches + 1):
        optimizer.apply(theta, np.ones(1))
    assert theta[0] == pytest.approx(-(batches * 0.2 + 0.1), rel=1e-12)
