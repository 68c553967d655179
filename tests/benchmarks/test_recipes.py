import pytest
from benchmarks.recipes import RECIPES, Ask

from benchmarks import recipes


def runs(*accuracies, parameters=100):
    """One run for each list of accuracies."""
    return [{"accuracy": own, "parameters": parameters} for own in accuracies]


def verdict(ask, own, torch=(), seeds=3):
    recipe = RECIPES["mnist-dense"]._replace(asks=(ask,))
    (found,) = recipes.judge(recipe, {"pellucid": own, "torch": list(torch)}, seeds)
    return found.found, found.reached


@pytest.mark.parametrize(("kind", "reached"), [("at least", True), ("at most", False)])
def test_a_limit_is_for_the_mean_after_the_epoch_that_is_named(kind, reached):
    own = runs([0.90, 0.5], [0.96, 0.5], [0.99, 0.5])
    assert verdict(Ask(kind, 0.94, epoch=1), own) == (pytest.approx(0.95), reached)


def test_without_an_epoch_it_is_the_last():
    own = runs([0.90, 0.96], [0.90, 0.96], [0.90, 0.96])
    assert verdict(Ask("at least", 0.95), own) == (pytest.approx(0.96), True)


@pytest.mark.parametrize(
    ("torch", "reached"), [(0.505, True), (0.495, True), (0.515, False), (0.485, False)]
)
def test_pytorch_may_be_above_or_below_by_the_limit(torch, reached):
    own, other = runs([0.5], [0.5], [0.5]), runs([torch], [torch], [torch])
    assert verdict(Ask("within", 0.01), own, other)[1] is reached


def test_a_difference_of_the_limit_itself_is_within_it():
    own, other = runs([0.63], [0.63], [0.63]), runs([0.62], [0.62], [0.62])
    assert 0.63 - 0.62 > 0.01  # in float64
    assert verdict(Ask("within", 0.01), own, other)[1] is True


def test_nothing_is_reached_before_all_seeds_of_all_libraries_are_there():
    three, two = runs([0.5], [0.5], [0.5]), runs([0.5], [0.5])
    assert verdict(Ask("at least", 0.4), two) == (0.5, None)
    assert verdict(Ask("within", 0.01), three, two) == (0.5, None)
    assert verdict(Ask("within", 0.01), [], three) == (None, None)


@pytest.mark.parametrize(("parameters", "reached"), [(99_999, True), (100_000, False)])
def test_a_network_may_have_to_be_small(parameters, reached):
    own = runs([0.92], [0.92], [0.92], parameters=parameters)
    _, size = recipes.judge(RECIPES["fashion-conv"], {"pellucid": own}, 3)
    assert (size.asked, size.reached) == ("fewer than 100,000 parameters", reached)


def test_pytorch_trains_what_is_compared_with_it_alone():
    beside = {name for name, recipe in RECIPES.items() if "torch" in recipe.libraries}
    assert beside == {"cifar-svm", "cifar-conv"}
