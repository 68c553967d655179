"""A stack of layers as PyTorch would write it: which of its modules, with which weights.

PyTorch's images are (N, C, H, W) and its sequences (N, C, L); ours have the channels last. So a
kernel changes the order of its axes, and what is flattened stands in another order: the weights
behind a `Flatten` are put in that order too.

Letters: kernels W (D, U), (k, C, U), (kh, kw, C, U); `order`: feature i of PyTorch's is feature
order[i] of ours.
"""

from collections.abc import Callable
from typing import Any

from pellucid import layers as L
from pellucid import nn
from pellucid.engines import engine_of, numpy_engine, same_padding
from pellucid.errors import SettingError
from pellucid.interop.parts import Module, Weight
from pellucid.models import Sequential

Array = Any
OURS_ALONE = ("Scale", "Reorder")  # modules that PyTorch lacks: interop/torch_modules.py
ACTIVATIONS: dict[Any, tuple[str, dict[str, Any]]] = {
    nn.relu: ("ReLU", {}),
    nn.relu6: ("ReLU6", {}),
    nn.leaky_relu: ("LeakyReLU", {"negative_slope": 0.2}),
    nn.sigmoid: ("Sigmoid", {}),
    nn.tanh: ("Tanh", {}),
    nn.softmax: ("Softmax", {"dim": 1}),
    nn.log_softmax: ("LogSoftmax", {"dim": 1}),
    nn.gelu: ("GELU", {}),
    nn.elu: ("ELU", {}),
    nn.selu: ("SELU", {}),
    nn.celu: ("CELU", {}),
    nn.silu: ("SiLU", {}),
    nn.mish: ("Mish", {}),
    nn.softplus: ("Softplus", {}),
    nn.softsign: ("Softsign", {}),
    nn.log_sigmoid: ("LogSigmoid", {}),
    nn.hard_sigmoid: ("Hardsigmoid", {}),
    nn.hard_silu: ("Hardswish", {}),
    nn.hard_tanh: ("Hardtanh", {}),
}


def described(model: Any) -> list[Module]:
    """The modules that do what a built Sequential does. Raises SettingError for other models."""
    if not isinstance(model, Sequential) or not model.built:
        what = "one that has seen no data" if isinstance(model, Sequential) else repr(model)
        raise SettingError(
            "to PyTorch", "a Sequential that is built", what, "Start it with Input(shape)."
        )
    found = _Description()
    found.take_in(model)
    found.in_our_order()
    return found.modules


class _Description:
    """The modules so far, and in which order the last one's features stand."""

    def __init__(self) -> None:
        self.modules: list[Module] = []
        self.order: Array | None = None

    def take_in(self, layer: Any) -> None:
        """Add what a layer does, and all inside it."""
        if isinstance(layer, Sequential) and type(layer).call is Sequential.call:
            for each in layer.layers:
                self.take_in(each)
            return
        describe = DESCRIBE.get(type(layer))  # a subclass may do something else
        if describe is None:
            known = sorted(kind.__name__ for kind in DESCRIBE)
            raise SettingError(
                f"to PyTorch, layer {layer.label}",
                f"one of {', '.join(known)}",
                type(layer).__name__,
                "Write that part of the network in PyTorch.",
            )
        describe(self, layer)

    def add(self, kind: str, *arguments: Any, weights: Any = None, **settings: Any) -> None:
        """Add a module."""
        self.modules.append(Module(kind, arguments, settings, weights or {}))

    def in_our_order(self) -> None:
        """Let features stand as ours do, where nobody has put them in order."""
        if self.order is not None:
            self.add("Reorder", numpy_engine.xp.argsort(self.order))
            self.order = None

    def activate(self, layer: Any, function: Any) -> None:
        """Add an activation function."""
        if hasattr(function, "all_layers"):
            self.take_in(function)
        elif function is not nn.linear:
            if function not in ACTIVATIONS:
                name = getattr(function, "__name__", repr(function))
                known = ", ".join(f.__name__ for f in ACTIVATIONS)
                where = f"to PyTorch, layer {layer.label}"
                raise SettingError(where, f"an activation: {known}", name, "Use one of them.")
            kind, settings = ACTIVATIONS[function]
            self.add(kind, **settings)


# -- layer by layer -------------------------------------------------------------------------------


def _dense(found: _Description, layer: Any) -> None:
    D, U = layer.kernel.shape
    _expect(layer, len(layer.input_shape) == 2, "vectors (N, D)", layer.input_shape)
    weights = {"weight": Weight(layer.kernel, (1, 0), found.order)}
    if layer.bias is not None:
        weights["bias"] = Weight(layer.bias)
    found.order = None
    found.add("Linear", D, U, bias=layer.bias is not None, weights=weights)
    found.activate(layer, layer.activation)


def _convolution(found: _Description, layer: Any) -> None:
    axes, shape = layer.axes, layer.kernel.shape
    C, groups = layer.input_shape[-1], getattr(layer, "groups", 1)
    if isinstance(layer, L.DepthwiseConv2D):  # each channel is a group of its own
        groups, shape = C, (*shape[:2], 1, shape[2] * shape[3])
    weights = {"weight": Weight(layer.kernel, (axes + 1, axes, *range(axes)), shape=shape)}
    if layer.bias is not None:
        weights["bias"] = Weight(layer.bias)
    padding = _padding(found, layer, layer.kernel_size, layer.dilation_rate)
    found.add(
        f"Conv{axes}d",
        *(C, shape[-1], layer.kernel_size, layer.strides, padding, layer.dilation_rate, groups),
        bias=layer.bias is not None,
        weights=weights,
    )
    found.activate(layer, layer.activation)


def _padding(
    found: _Description, layer: Any, kernel: Any, dilation: Any, fill: float = 0.0
) -> tuple[int, ...]:
    """What PyTorch pads by itself; what it cannot, a module before it does."""
    sides = _sides(layer, kernel, dilation)
    if all(before == after for before, after in sides) and (
        fill == 0.0 or not any(map(any, sides))
    ):
        return tuple(before for before, _ in sides)
    found.add(f"ConstantPad{layer.axes}d", sum(reversed(sides), ()), fill)  # the last axis first
    return (0,) * layer.axes


def _sides(layer: Any, kernel: Any, dilation: Any) -> list[tuple[int, int]]:
    """The (before, after) padding of each axis."""
    if layer.padding == "valid":
        return [(0, 0)] * layer.axes
    if layer.padding == "causal":
        return [((kernel[0] - 1) * dilation[0], 0)]
    found = []
    axes = zip(layer.input_shape[1:-1], kernel, layer.strides, dilation, strict=True)
    for size, k, stride, d in axes:
        _expect(layer, size is not None or stride == 1, "inputs of a known size", layer.input_shape)
        found.append(same_padding(size or k * d, k, stride, d))
    return found


def _max_pool(found: _Description, layer: Any) -> None:
    padding = _padding(found, layer, layer.pool_size, (1,) * layer.axes, float("-inf"))
    found.add(f"MaxPool{layer.axes}d", layer.pool_size, layer.strides, padding)


def _average_pool(found: _Description, layer: Any) -> None:
    sides = _sides(layer, layer.pool_size, (1,) * layer.axes)
    even = all(before == after for before, after in sides)
    _expect(layer, even, "as much padding on either side", f"{sides}")
    padding = tuple(before for before, _ in sides)
    settings = {"count_include_pad": False}
    found.add(f"AvgPool{layer.axes}d", layer.pool_size, layer.strides, padding, **settings)


def _global(kind: str) -> Callable[[_Description, Any], None]:
    def describe(found: _Description, layer: Any) -> None:
        found.add(f"Adaptive{kind}Pool{layer.axes}d", 1)
        if not layer.keepdims:
            found.add("Flatten")

    return describe


def _flatten(found: _Description, layer: Any) -> None:
    *places, C = layer.input_shape[1:] or (1,)
    found.add("Flatten")
    if places:
        _expect(layer, None not in places, "inputs of a known size", layer.input_shape)
        D = numpy_engine.xp.arange(layer.compute_output_shape(layer.input_shape)[1])
        found.order = numpy_engine.xp.moveaxis(D.reshape(*places, C), -1, 0).reshape(-1)


def _batch_norm(found: _Description, layer: Any) -> None:
    order = found.order
    names = ("weight", layer.gamma), ("bias", layer.beta)
    names += ("running_mean", layer.moving_mean), ("running_var", layer.moving_variance)
    weights = {name: Weight(parameter, order=order) for name, parameter in names}
    kind = "BatchNorm2d" if len(layer.input_shape) == 4 else "BatchNorm1d"
    momentum = 1 - layer.momentum
    found.add(kind, layer.gamma.size, eps=layer.epsilon, momentum=momentum, weights=weights)


def _layer_norm(found: _Description, layer: Any) -> None:
    _expect(layer, len(layer.input_shape) == 2, "vectors (N, D)", layer.input_shape)
    weights = {
        "weight": Weight(layer.gamma, order=found.order),
        "bias": Weight(layer.beta, order=found.order),
    }
    found.add("LayerNorm", layer.gamma.size, eps=layer.epsilon, weights=weights)


def _scale(found: _Description, layer: Any) -> None:
    """x scale + shift: the layers that prepare data."""
    if isinstance(layer, L.Rescaling):
        found.add("Scale", layer.scale, layer.offset)
        return
    mu, var = (engine_of(p.value).to_numpy(p.value) for p in (layer.mu, layer.var))
    std = numpy_engine.xp.sqrt(numpy_engine.xp.where(var > 0, var, 1))
    scale, shift = (std, mu) if layer.invert else (1 / std, -mu / std)
    if found.order is not None and scale.ndim:
        scale, shift = scale[found.order], shift[found.order]
    found.add("Scale", scale, shift, axes=len(layer.input_shape) - 2)


def _relu(found: _Description, layer: Any) -> None:
    plain = not layer.negative_slope and not layer.threshold
    if plain and layer.max_value in (None, 6):
        found.add("ReLU" if layer.max_value is None else "ReLU6")
        return
    simple = not layer.threshold and layer.max_value is None
    _expect(layer, simple, "a slope alone, or max_value=6", f"{layer.get_config()}")
    found.add("LeakyReLU", negative_slope=layer.negative_slope)


def _softmax(found: _Description, layer: Any) -> None:
    last = layer.axis in (-1, len(layer.input_shape) - 1)
    _expect(layer, last, "the last axis", f"axis {layer.axis}")
    found.add("Softmax", dim=1)


def _expect(layer: Any, holds: bool, expected: str, received: Any) -> None:
    """Raise SettingError unless PyTorch has the like of a layer's settings."""
    if not holds:
        where = f"to PyTorch, layer {layer.label}"
        raise SettingError(where, expected, str(received), "PyTorch's module has no other form.")


DESCRIBE: dict[type, Callable[[_Description, Any], None]] = {
    L.Dense: _dense,
    L.Conv1D: _convolution,
    L.Conv2D: _convolution,
    L.DepthwiseConv2D: _convolution,
    L.MaxPooling1D: _max_pool,
    L.MaxPooling2D: _max_pool,
    L.AveragePooling1D: _average_pool,
    L.AveragePooling2D: _average_pool,
    L.GlobalAveragePooling1D: _global("Avg"),
    L.GlobalAveragePooling2D: _global("Avg"),
    L.GlobalMaxPooling1D: _global("Max"),
    L.GlobalMaxPooling2D: _global("Max"),
    L.Flatten: _flatten,
    L.BatchNormalization: _batch_norm,
    L.LayerNormalization: _layer_norm,
    L.Normalization: _scale,
    L.Rescaling: _scale,
    L.Activation: lambda found, layer: found.activate(layer, layer.activation),
    L.ReLU: _relu,
    L.LeakyReLU: lambda found, layer: found.add("LeakyReLU", negative_slope=layer.negative_slope),
    L.ELU: lambda found, layer: found.add("ELU", layer.alpha),
    L.GELU: lambda found, layer: found.add(
        "GELU", approximate="tanh" if layer.approximate else "none"
    ),
    L.Softmax: _softmax,
    L.Dropout: lambda found, layer: found.add("Dropout", layer.rate),
    L.SpatialDropout1D: lambda found, layer: found.add("Dropout1d", layer.rate),
    L.SpatialDropout2D: lambda found, layer: found.add("Dropout2d", layer.rate),
    L.ZeroPadding1D: lambda found, layer: found.add("ConstantPad1d", layer.padding, 0.0),
    L.ZeroPadding2D: lambda found, layer: found.add(
        "ConstantPad2d", sum(reversed(layer.padding), ()), 0.0
    ),
}
