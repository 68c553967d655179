"""Models as PyTorch's modules, and PyTorch's modules as models."""

from collections.abc import Callable
from typing import Any

from pellucid import layers as L
from pellucid.engines import find
from pellucid.errors import SettingError
from pellucid.interop.describing import ACTIVATIONS, described
from pellucid.layers import Input
from pellucid.models import Sequential

BY_MODULE = {kind: (function, settings) for function, (kind, settings) in ACTIVATIONS.items()}


def to_torch(model: Any) -> Any:
    """A `torch.nn.Sequential` that gives the same outputs, with weights of its own.

    Images and sequences are (N, C, H, W) and (N, C, L) there. It is in inference mode (`eval`);
    `train()` lets it be trained on by PyTorch. What acts in training alone and has a module there
    (dropout) goes along. Raises SettingError, with the layer's name, for what has none.
    """
    find("torch")  # says what is missing where it is not installed
    from pellucid.interop.torch_modules import made

    return made(described(model), model.dtype)


def from_torch(module: Any, input_shape: tuple[int, ...]) -> Sequential:
    """A Sequential that gives the same outputs as a `torch.nn.Sequential` of known layers.

    `input_shape`: of one example in PyTorch's order, (C, H, W), (C, L) or (D,); ours has the
    channels last. Weights are copied. The model is not compiled. Raises SettingError for a module
    that has no counterpart, or has it not with these settings.
    """
    dtype = next((str(p.dtype).removeprefix("torch.") for p in module.parameters()), None)
    settings = {"dtype": dtype} if dtype in ("float32", "float64") else {}
    C, *places = input_shape
    model = Sequential([Input((*places, C), **settings)], **settings)
    leaves = [each for each in module.modules() if not list(each.children())]
    if not all(type(each).__name__ == "Sequential" for each in _inner(module)):
        kinds = {type(each).__name__ for each in _inner(module)} - {"Sequential"}
        mend = "A module with a forward of its own cannot be read."
        raise SettingError("from PyTorch", "nn.Sequential", ", ".join(sorted(kinds)), mend)
    for leaf in leaves:
        rank = len(model.output_shape) if model.layers else len(input_shape) + 1
        for layer in _layers(leaf, rank):
            layer.dtype = model.dtype
            model.add(layer)
    theirs = [leaf for leaf in leaves if leaf.state_dict()]
    ours = [each for each in described(model) if each.weights]
    for their, our in zip(theirs, ours, strict=True):
        state = their.state_dict()
        for name, weight in our.weights.items():
            if name in state:
                weight.parameter.assign(weight.back(state[name].detach().cpu().numpy()))
    return model


def _inner(module: Any) -> list[Any]:
    """The modules that hold others."""
    return [each for each in module.modules() if list(each.children())]


def _layers(module: Any, rank: int) -> list[Any]:
    """The layers that do what a module does on inputs with so many axes."""
    name = type(module).__name__
    if name in SIMPLE:
        function, settings = BY_MODULE[name]
        same = all(getattr(module, k) == v for k, v in settings.items() if k != "dim")
        if "dim" in settings:
            same = module.dim in (1, 1 - rank)
        _expect(module, same, f"{name}({_shown(settings)})")
        return [L.Activation(function)]
    if name not in LAYERS:
        raise SettingError(
            "from PyTorch",
            f"one of {', '.join(sorted({*LAYERS, *SIMPLE}))}",
            name,
            "Write that part of the network with Pellucid's layers.",
        )
    return LAYERS[name](module)


SIMPLE = {*BY_MODULE} - {"LeakyReLU", "ELU", "GELU"}


def _linear(module: Any) -> list[Any]:
    return [L.Dense(module.out_features, use_bias=module.bias is not None)]


def _convolution(axes: int) -> Callable[[Any], list[Any]]:
    kind, pad = (L.Conv1D, L.ZeroPadding1D) if axes == 1 else (L.Conv2D, L.ZeroPadding2D)

    def layers(module: Any) -> list[Any]:
        _expect(module, module.padding_mode == "zeros", "padding_mode 'zeros'")
        before, padding = [], module.padding
        if not isinstance(padding, str):
            if any(padding):
                sides = tuple((p, p) for p in padding)
                before = [pad(sides[0] if axes == 1 else sides)]
            padding = "valid"
        return [
            *before,
            kind(
                module.out_channels,
                tuple(module.kernel_size),
                strides=tuple(module.stride),
                padding=padding,
                dilation_rate=tuple(module.dilation),
                groups=module.groups,
                use_bias=module.bias is not None,
            ),
        ]

    return layers


def _pool(kind: Any, axes: int) -> Callable[[Any], list[Any]]:
    def layers(module: Any) -> list[Any]:
        plain = not module.ceil_mode and getattr(module, "dilation", 1) in (1, (1,) * axes)
        plain = plain and getattr(module, "divisor_override", None) is None
        unpadded = module.padding in (0, (0,) * axes)
        _expect(module, plain and unpadded, "no padding, dilation or ceil_mode")
        size = module.kernel_size
        size = (size,) * axes if isinstance(size, int) else tuple(size)
        step = module.stride
        return [kind(size, (step,) * axes if isinstance(step, int) else tuple(step))]

    return layers


def _global(kind: Any) -> Callable[[Any], list[Any]]:
    def layers(module: Any) -> list[Any]:
        size = module.output_size
        ones = size == 1 or (isinstance(size, tuple) and all(n == 1 for n in size))
        _expect(module, ones, "output_size 1")
        return [kind(keepdims=True)]

    return layers


def _batch_norm(module: Any) -> list[Any]:
    known = module.track_running_stats and module.momentum is not None
    _expect(module, known, "running statistics with a momentum")
    share: Any = module.momentum
    return [
        L.BatchNormalization(
            momentum=1 - share,
            epsilon=module.eps,
            center=module.affine,
            scale=module.affine,
        )
    ]


def _layer_norm(module: Any) -> list[Any]:
    _expect(module, len(module.normalized_shape) == 1, "one normalised axis")
    affine = module.elementwise_affine
    return [L.LayerNormalization(epsilon=module.eps, center=affine, scale=affine)]


def _flatten(module: Any) -> list[Any]:
    _expect(module, (module.start_dim, module.end_dim) == (1, -1), "start_dim 1 and end_dim -1")
    return [L.Flatten()]


def _softplus(module: Any) -> list[Any]:
    _expect(module, module.beta == 1, "beta 1")
    return [L.Activation("softplus")]


def _expect(module: Any, holds: bool, expected: str) -> None:
    """Raise SettingError unless a module's settings have a counterpart."""
    if not holds:
        raise SettingError(
            f"from PyTorch, {type(module).__name__}",
            expected,
            repr(module),
            "Pellucid's layer has no other form.",
        )


def _shown(settings: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())


LAYERS: dict[str, Callable[[Any], list[Any]]] = {
    "Linear": _linear,
    "Conv1d": _convolution(1),
    "Conv2d": _convolution(2),
    "MaxPool1d": _pool(L.MaxPooling1D, 1),
    "MaxPool2d": _pool(L.MaxPooling2D, 2),
    "AvgPool1d": _pool(L.AveragePooling1D, 1),
    "AvgPool2d": _pool(L.AveragePooling2D, 2),
    "AdaptiveAvgPool1d": _global(L.GlobalAveragePooling1D),
    "AdaptiveAvgPool2d": _global(L.GlobalAveragePooling2D),
    "AdaptiveMaxPool1d": _global(L.GlobalMaxPooling1D),
    "AdaptiveMaxPool2d": _global(L.GlobalMaxPooling2D),
    "BatchNorm1d": _batch_norm,
    "BatchNorm2d": _batch_norm,
    "LayerNorm": _layer_norm,
    "Flatten": _flatten,
    "Identity": lambda module: [],
    "LeakyReLU": lambda module: [L.LeakyReLU(module.negative_slope)],
    "ELU": lambda module: [L.ELU(module.alpha)],
    "GELU": lambda module: [L.GELU(module.approximate == "tanh")],
    "Softplus": _softplus,
    "Dropout": lambda module: [L.Dropout(module.p)],
    "Dropout1d": lambda module: [L.SpatialDropout1D(module.p)],
    "Dropout2d": lambda module: [L.SpatialDropout2D(module.p)],
    "ZeroPad2d": lambda module: [
        L.ZeroPadding2D((tuple(module.padding[2:]), tuple(module.padding[:2])))
    ],
}
SIMPLE -= LAYERS.keys()
