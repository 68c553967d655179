"""Models as PyTorch's modules and back: the same outputs, the same weights."""

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Sequential, engines, interop
from pellucid import layers as L
from pellucid.engines import choosing
from pellucid.errors import EngineError, SettingError
from pellucid.interop.describing import described

from .stacks import build, every_stack, ours, theirs

torch.set_num_threads(1)


@every_stack
def test_to_torch_gives_the_same_outputs(name, rng, engine):
    model = build(name, rng)
    x = rng.normal(size=(4, *model.input_shape[1:]))
    module, before = interop.to_torch(model), model.predict(x)
    np.testing.assert_allclose(ours(module(theirs(x))), before, rtol=1e-10, atol=1e-10)
    assert not module.training
    for p in module.parameters():
        p.data.zero_()
    assert np.array_equal(model.predict(x), before)  # weights of its own


def test_training_goes_on_in_torch_as_here(rng):
    """One step of plain descent on the same batch, from the same weights, gives the same ones."""
    model = build("convolutions", rng)
    module = interop.to_torch(model).train()
    for each in (*model.layers, *module):
        if isinstance(each, L.Dropout):
            each.rate = 0.0
        elif isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    assert [n for n, p in module.named_parameters() if not p.requires_grad] == ["10.weight"]
    x, y = rng.normal(size=(6, 9, 8, 3)), rng.normal(size=(6, 5))
    descent = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], 0.01)
    torch.nn.functional.mse_loss(module(theirs(x)), torch.tensor(y)).backward()
    descent.step()
    model.compile(pellucid.optimizers.SGD(0.01), "mse")
    model.train_on_batch(x, y)
    mine = [w for each in described(model) for w in each.weights.values()]
    found = [v for k, v in module.state_dict().items() if not k.endswith("tracked")]
    for weight, value in zip(mine, found, strict=True):
        if weight.parameter.name != "moving_variance":  # PyTorch divides by M - 1
            np.testing.assert_allclose(weight.there(), value.numpy(), rtol=1e-8, atol=1e-10)


nn = torch.nn
MODULES = {
    "images": (
        (3, 9, 8),
        [
            nn.Conv2d(3, 6, 3, padding=1, stride=2),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Sequential(nn.Conv2d(6, 8, 3, padding="same", dilation=2, groups=2), nn.SiLU()),
            nn.MaxPool2d(2),
            nn.Dropout2d(0.2),
            nn.Identity(),
            nn.Flatten(),
            nn.Linear(32, 7, bias=False),
            nn.BatchNorm1d(7, affine=False),
            nn.GELU(),
            nn.LayerNorm(7),
            nn.Linear(7, 3),
            nn.Softmax(dim=-1),
        ],
    ),
    "a mean of all": (
        (4, 6, 6),
        [
            nn.ZeroPad2d((1, 0, 2, 1)),
            nn.Conv2d(4, 5, (2, 3)),
            nn.AvgPool2d(2, stride=1),
            nn.LeakyReLU(0.1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        ],
    ),
    "sequences": (
        (4, 11),
        [
            nn.Conv1d(4, 6, 3, padding=2),
            nn.BatchNorm1d(6),
            nn.ELU(0.5),
            nn.MaxPool1d(3, 2),
            nn.Dropout1d(0.1),
            nn.AvgPool1d(2),
            nn.Softplus(),
            nn.Flatten(),
            nn.Linear(18, 2),
            nn.LogSoftmax(dim=1),
        ],
    ),
    "vectors": ((5,), [nn.Linear(5, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1)]),
}


@pytest.mark.parametrize("name", MODULES)
def test_from_torch_gives_the_same_outputs(name, rng, engine):
    shape, modules = MODULES[name]
    module = nn.Sequential(*modules).double().train()
    x = rng.normal(size=(5, *shape))
    module(torch.tensor(x))  # so that running statistics are no longer 0 and 1
    module.eval()
    model = interop.from_torch(module, shape)
    found = model.predict(np.moveaxis(x, 1, -1))
    np.testing.assert_allclose(found, ours(module(torch.tensor(x))), rtol=1e-10, atol=1e-10)
    again, expected = interop.to_torch(model), module(torch.tensor(x)).detach()
    np.testing.assert_allclose(again(torch.tensor(x)).detach(), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("shape", "layer", "said"),
    [
        ((4,), L.RepeatVector(2), r"layer 0 \(repeat_vector\): expected one of Activation"),
        ((4,), L.Dense(3, "sparsemax"), r"layer 0 \(dense\): expected an activation: relu"),
        ((2, 4), L.Dense(3), r"expected vectors \(N, D\); got \(None, 2, 4\)"),
        ((2, 4), L.LayerNormalization(), r"expected vectors \(N, D\)"),
        ((4, 4, 1), L.AveragePooling2D(2, 1, "same"), "as much padding on either side"),
        ((None, None, 1), L.Conv2D(1, 3, 2, "same"), "inputs of a known size"),
        ((4,), L.ReLU(threshold=1.0), "a slope alone, or max_value=6"),
        ((4, 3), L.Softmax(axis=1), "the last axis"),
    ],
)
def test_a_layer_that_torch_lacks_is_named(shape, layer, said):
    with pytest.raises(SettingError, match=f"to PyTorch, .*{said}"):
        interop.to_torch(Sequential([Input(shape), layer]))


def test_what_may_do_something_else_is_not_taken_for_its_base():
    class Twice(L.Dense):
        def call(self, x):
            return 2 * super().call(x)

    class Backwards(Sequential):
        def call(self, x, training=False):
            return -super().call(x, training)

    for layer in (Twice(3), Backwards([L.Dense(2)])):
        with pytest.raises(SettingError, match="to PyTorch, layer 0"):
            interop.to_torch(Sequential([Input((4,)), layer]))


@pytest.mark.parametrize("wrong", [L.Dense(2), Sequential([L.Dense(2)])])
def test_what_is_no_built_stack_is_refused(wrong):
    with pytest.raises(SettingError, match="to PyTorch: expected a Sequential that is built"):
        interop.to_torch(wrong)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Embedding(3, 2), "expected one of AdaptiveAvgPool1d.*got Embedding"),
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), "padding_mode 'zeros'"),
        (nn.MaxPool2d(3, padding=1), "no padding, dilation or ceil_mode"),
        (nn.AdaptiveAvgPool2d(2), "output_size 1"),
        (nn.BatchNorm2d(1, momentum=None), "running statistics with a momentum"),
        (nn.LayerNorm((5, 5)), "one normalised axis"),
        (nn.Flatten(0), "start_dim 1 and end_dim -1"),
        (nn.Softmax(dim=2), r"Softmax\(dim=1\)"),
        (nn.Softplus(beta=2), "beta 1"),
        (nn.Bilinear(2, 2, 2), "got Bilinear"),
        (nn.TransformerEncoderLayer(4, 2), "expected nn.Sequential; got"),
    ],
)
def test_a_module_that_is_not_here_is_named(module, said):
    with pytest.raises(SettingError, match=f"from PyTorch.*{said}"):
        interop.from_torch(nn.Sequential(module), (1, 5, 5))


def test_torch_that_is_not_installed_is_said(monkeypatch, rng):
    monkeypatch.setattr(choosing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'pellucid\[torch\]' brings it"):
        interop.to_torch(build("dense", rng))
    assert engines.in_use().name == "numpy"
