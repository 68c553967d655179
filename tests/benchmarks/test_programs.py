"""The recipes' programs on a few made-up images, and PyTorch's beside them."""

import inspect
import json

import numpy as np
import pytest
import torch
from benchmarks.peers import pellucid_recipe, recipe_protocol, torch_recipe
from benchmarks.recipes import RECIPES

from benchmarks import accuracy_page, programs
from pellucid.layers import RandomTranslation
from pellucid.losses import MultiClassHinge


@pytest.fixture
def file_of(tmp_path, rng):
    """A file of noise in the form of each data set: twelve images to train on, five to test on."""

    def write(data):
        shape = (32, 32, 3) if data.startswith("cifar") else (28, 28)
        arrays = {}
        for part, n in (("train", 12), ("test", 5)):
            arrays[f"x_{part}"] = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
            arrays[f"y_{part}"] = np.arange(n, dtype=np.uint8) % 10
        np.savez(tmp_path / f"{data}.npz", **arrays)
        return tmp_path / f"{data}.npz"

    return write


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_a_program_trains_and_measures_after_each_epoch(recipe, file_of):
    accuracy, parameters = pellucid_recipe.train(recipe, file_of(recipe.data), seed=0)
    assert len(accuracy) >= max(ask.epoch or 1 for ask in recipe.asks)
    assert all(5 * value == pytest.approx(round(5 * value)) for value in accuracy)
    assert parameters < (recipe.smaller_than or 400_000)


def test_a_seed_gives_the_same_training_again(file_of):
    file, recipe = file_of("mnist"), RECIPES["mnist-conv"]
    first, again = (pellucid_recipe.train(recipe, file, seed) for seed in (1, 1))
    assert first == again


@pytest.mark.parametrize("name", [name for name in RECIPES if "torch" in RECIPES[name].libraries])
def test_pytorch_trains_a_network_of_the_same_size_as_long(name, file_of):
    file = file_of(RECIPES[name].data)
    ours, theirs = (
        module.train(RECIPES[name], file, seed=0) for module in (pellucid_recipe, torch_recipe)
    )
    assert (len(ours[0]), ours[1]) == (len(theirs[0]), theirs[1])


@pytest.mark.parametrize("name", accuracy_page.programs())
def test_a_program_has_five_to_fifteen_lines(name):
    own = getattr(programs, name)
    words = (own.__doc__ or "").count("\n") + 1
    lines = inspect.getsource(own).splitlines()
    assert 5 <= len(lines) - words <= 15


def test_images_are_moved_by_whole_pixels_and_filled_with_zeros():
    torch.manual_seed(0)
    x = torch.arange(1.0, 65.0).reshape(1, 1, 8, 8).repeat(2000, 2, 1, 1)
    moved = torch_recipe.flip_and_move(x, most=2).numpy()
    known = set()
    for image in moved:
        assert (image[0] == image[1]).all()
        known.add(image[0].tobytes())
        inside = image[0][image[0] > 0]
        assert len(inside) >= 36
        assert len(set(inside)) == len(inside)
    assert len(known) == 2 * 5 * 5
    assert x[0, 0].numpy().tobytes() in known
    assert x[0, 0].flip(1).numpy().tobytes() in known


def test_both_libraries_move_images_to_the_same_places():
    x = np.arange(1.0, 65.0, dtype="float32").reshape(1, 8, 8, 1).repeat(2000, 0)
    layer = RandomTranslation(2 / 8, 2 / 8, fill_mode="constant", interpolation="nearest", seed=0)
    ours = {image.tobytes() for image in layer(x, training=True)[..., 0]}
    torch.manual_seed(0)
    theirs = torch_recipe.flip_and_move(torch.from_numpy(x).permute(0, 3, 1, 2), most=2).numpy()
    assert len(ours) == 25
    assert ours <= {image[0].tobytes() for image in theirs}


def test_weights_begin_within_glorots_limits():
    torch.manual_seed(0)
    linear = torch_recipe.nn.Sequential(torch_recipe.nn.Linear(200, 100)).apply(torch_recipe.glorot)
    weight, bias = (p.detach().numpy() for p in linear.parameters())
    assert 0.98 * (6 / 300) ** 0.5 < np.abs(weight).max() <= (6 / 300) ** 0.5
    assert (bias == 0).all()


def test_both_hinges_are_the_same(rng):
    scores, y = rng.normal(size=(6, 10)).astype("float32"), np.arange(6)
    theirs = torch_recipe.hinge(torch.from_numpy(scores), torch.from_numpy(y)).item()
    assert float(MultiClassHinge()(y, scores)) == pytest.approx(theirs, rel=1e-5)


def test_a_worker_reports_in_one_line_whatever_its_library_prints(monkeypatch, capsys, tmp_path):
    def train(recipe, file, seed):
        print("epoch 1/1")
        assert (recipe, file, seed) == (RECIPES["cifar-svm"], tmp_path / "cifar10_small.npz", 2)
        return [np.float32(0.25)], 30_730

    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["worker", '{"recipe": "cifar-svm", "seed": 2, "options": {}}'])
    recipe_protocol.main(train, {"abacus": "1"})
    (line,) = capsys.readouterr().out.splitlines()
    report = json.loads(line)
    assert (report["accuracy"], report["parameters"]) == ([0.25], 30_730)
    assert report["versions"]["abacus"] == "1"
    assert report["seconds"] >= 0
