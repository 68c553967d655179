"""The PyTorch engine: its kernels, on a processor or a GPU, and none of its autograd.

No array here asks for a gradient: our gates compute every derivative, and PyTorch is told not to
watch. Which kernel takes what stands here; those that slide windows over images are in
torch_windows.py.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch

from pellucid.engines import torch_program, torch_waiting, torch_windows, waiting
from pellucid.engines.engine import Array, Engine, Shape
from pellucid.engines.landing import landing, place_for
from pellucid.engines.torch_arrays import TorchArrays, as_dtype, from_numpy
from pellucid.engines.torch_graphs import Draws, OnDevice, on_device
from pellucid.engines.torch_places import counts_down, meets_each_place_once, upwards
from pellucid.engines.torch_waiting import as_held, held
from pellucid.engines.window import Pair, Window

aten = torch.ops.aten
WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32)
NARROW, LONG = 16, 1 << 17  # columns of b, numbers of a: a product of few columns of a long matrix
LEAST = 1e-6  # learning rate with which momentum's update goes by one kernel
SHARE = 0.5  # of the free memory of a device that the data of a run may take


class TorchEngine(OnDevice):
    """Arrays are `torch.Tensor` on one device."""

    name = "torch"

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.label = f"torch:{device}"
        self.xp = TorchArrays(device)
        self._mixed: Engine | None = None
        self._chosen: tuple[Any, Any] = None, None  # numbers of rows, and the same on the device

    # -- arrays -------------------------------------------------------------------------------

    def asarray(self, value: Any, dtype: Any = None) -> Array:
        """`value` as a tensor on the device, in the memory that it has where that can be."""
        is_here = type(value) is torch.Tensor and value.device == self.device
        if is_here and (dtype is None or value.dtype == as_dtype(dtype)):
            return value.detach() if value.requires_grad else value
        return self.xp.asarray(value, dtype)

    def from_dlpack(self, array: Any) -> Array:
        """Another library's array in the same memory."""
        return torch.from_dlpack(array)

    def to_numpy(self, array: Any) -> Any:
        """The numbers as a NumPy array: the same memory on a processor, a copy from a GPU."""
        if not isinstance(array, torch.Tensor):
            return np.asarray(array)
        if array.dtype == torch.bfloat16:
            array = array.float()
        near = self.on_host and not array.requires_grad
        return array.numpy() if near else array.detach().cpu().numpy()

    def copied(self, array: Array) -> Array:
        """The same numbers in memory of their own."""
        return array.clone()

    def hold(self, array: Any, dtype: str | None) -> Any:
        """Inputs of a run where it is quickest to take batches from.

        On a processor that is their own memory, and on a GPU its memory, where they fit. What
        does not, and what cannot be written to (a file seen as an array), stay NumPy's, and are
        brought here batch by batch.
        """
        if isinstance(array, np.ndarray):
            array = np.asarray(array, dtype) if array.dtype.kind == "f" else array
            fits = self.on_host or array.nbytes <= SHARE * self.free_memory()
            return self.asarray(array) if fits and array.flags.writeable else array
        return self.asarray(array, dtype if array.dtype.is_floating_point else None)

    def hold_targets(self, array: Any) -> Any:
        """Targets or weights of a run, on the device; whole numbers as an index takes them."""
        array = self.asarray(array)
        return self.as_index(array) if array.dtype in WHOLE else array

    def rows(self, array: Array, chosen: Any) -> Array:
        """These rows of an array: a slice of them, or those of an array of whole numbers.

        Such an array is brought here once for all that is asked by it, and not changed afterwards.
        """
        if isinstance(chosen, slice):
            return array[chosen]
        if self._chosen[0] is not chosen:
            self._chosen = chosen, self._brought(chosen)
        return torch.index_select(array, 0, self._chosen[1])

    def _brought(self, chosen: Any) -> Array:
        """Numbers of rows on the device."""
        if not self.on_host:
            return on_device(chosen, self.device)
        is_plain = isinstance(chosen, np.ndarray) and chosen.dtype == np.int64
        return torch.from_numpy(chosen) if is_plain else self.asarray(chosen, "int64")

    def at(self, array: Array, index: Any) -> Array:
        """array[index] for any index that NumPy takes."""
        if not counts_down(index):
            return array[self._index(index)]
        if meets_each_place_once(index):
            axes, index = upwards(array.shape, index)
            return torch.flip(array, axes)[index]
        places = self._places(array.shape, index)
        return array.reshape(-1)[places.reshape(-1)].reshape(places.shape)

    def holds_floats(self, array: Array) -> bool:
        """Whether an array holds floating-point numbers."""
        return array.dtype.is_floating_point

    def as_index(self, array: Array) -> Array:
        """Whole numbers as an index takes them: bytes would be taken for a mask."""
        return array if array.dtype == torch.int64 else array.to(torch.int64)

    # -- random numbers -----------------------------------------------------------------------

    def generator(self, *key: int) -> np.random.Generator:
        """NumPy's generator: a stream of chance is the same whatever engine it is for."""
        return np.random.default_rng(key)

    def uniform(self, generator: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Random numbers, uniform in [0, 1): NumPy's on a processor, the device's own on a GPU."""
        if self.on_host:
            return from_numpy(generator.random(shape, dtype=_numpy_type(dtype)))
        return torch.rand(shape, dtype=_torch_type(dtype), **self._seeded(generator))

    def normal(self, generator: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Random numbers, normal with mean 0 and variance 1; drawn as `uniform` draws."""
        if self.on_host:
            return from_numpy(generator.standard_normal(shape, dtype=_numpy_type(dtype)))
        return torch.randn(shape, dtype=_torch_type(dtype), **self._seeded(generator))

    def _seeded(self, generator: np.random.Generator) -> dict[str, Any]:
        """The device's own source, begun from one number of the stream, which has all the state."""
        draws = self.draws or Draws(self.device)
        return {"device": self.device, "generator": draws.source(generator)}

    # -- functions and products ---------------------------------------------------------------

    @property
    def mixed(self) -> Engine:
        """The engine of this device that multiplies in bfloat16: one, made when it is needed."""
        if self._mixed is None:
            from pellucid.engines.torch_mixed import MixedTorchEngine

            self._mixed = self if self.is_mixed else MixedTorchEngine(self.device)
        return self._mixed

    def erf(self, x: Array) -> Array:
        """The error function."""
        return torch.erf(x)

    def matmul(self, a: Array, b: Array) -> Array:
        """The matrix product a b, of the last two axes.

        A narrow one as (b^T a^T)^T: the processor's kernels are 2 to 4 times as quick that way.
        """
        if a.ndim != 2 or b.ndim != 2:
            return a @ b
        place = place_for((a.shape[0], b.shape[1]), a.dtype, b.dtype)
        if self.on_host and b.shape[1] <= NARROW and a.numel() >= LONG:
            y = torch.mm(b.t().contiguous(), a.t()).t()
            return y.contiguous() if place is None else place.copy_(y)
        return torch.mm(a, b) if place is None else torch.mm(a, b, out=place)

    def landing(self, place: Array, derivative: Callable[[Array], Array], dy: Array) -> Array:
        """derivative(dy), its product written into `place` where it is one."""
        return landing(place, derivative, dy)

    def recorded(
        self,
        step: Callable[..., Sequence[Array]],
        given: Sequence[Array],
        lasting: Sequence[Array],
    ) -> Callable[..., Sequence[Array]] | None:
        """The calls of PyTorch that a small step consists of; on a GPU, steps are captured."""
        return torch_program.record(step, given, lasting) if self.on_host else None

    def blend(self, y: Array, b: float, x: Array, a: float) -> None:
        """y = b y + a x, in place; a may be an array of one number."""
        if b != 1:
            y.mul_(b)
        if isinstance(a, torch.Tensor):
            y.add_(x * a)
        else:
            y.add_(x, alpha=a)

    def shorten(self, x: Array, limit: float) -> None:
        """x, in place, with its norm brought down to `limit`, without a look at the norm."""
        x *= limit / torch.linalg.vector_norm(x).clamp_(min=limit)

    def map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """function(*arrays, *along)."""
        return function(*map(waiting.computed, arrays), *along)

    def map_later(
        self,
        function: Callable[..., Array],
        *arrays: Array,
        along: Sequence[Array] = (),
        begins: bool = False,
    ) -> Array:
        """As `map`; what a chain `begins` with may be written over by what comes next."""
        y = self.map(function, *arrays, along=along)
        again = partial(self.map, function, *arrays, along=along)
        return torch_waiting.fresh(y, again, by=along[0]) if begins else y

    def rectified_later(self, z: Array) -> Array:
        """max(z, 0), written over z where nobody has read that."""
        if isinstance(z, torch_waiting.Fresh):
            return torch_waiting.Rectified(z)
        return as_held(torch.clamp(held(z), min=0))

    def joining(self) -> AbstractContextManager[Any]:
        """Inside, large results may be written over, or held in bfloat16 (`torch_waiting`)."""
        return waiting.joining()

    def sum_rows(self, x: Array) -> Array:
        """The sum of x (..., C) over all axes but the last: (C,)."""
        if x.ndim == 1:
            return x
        place = place_for(x.shape[-1:], x.dtype)
        return torch.sum(held(x), dim=tuple(range(x.ndim - 1)), dtype=x.dtype, out=place)

    def moments(self, x: Array) -> tuple[Array, Array]:
        """The mean and the variance of x (..., C) over all axes but the last: (C,) each."""
        var, mu = torch.var_mean(x.reshape(-1, x.shape[-1]), dim=0, correction=0)
        return mu, var

    # -- whole gates --------------------------------------------------------------------------

    def batch_norm(
        self, x: Array, gamma: Array, beta: Array, epsilon: float
    ) -> tuple[Array, Array, Array, Array]:
        """z, mu, var and std of batch normalisation, by one kernel."""

        whole = partial(_batch_norm, x, gamma, beta, None, None, epsilon)
        z, mu, factor = whole()
        std = factor.reciprocal()
        z = torch_waiting.fresh(z, lambda: whole()[0], by=gamma)
        return z, mu, (std * std - epsilon).clamp_(min=0), std

    def fixed_batch_norm(
        self, x: Array, gamma: Array, beta: Array, mu: Array, var: Array, epsilon: float
    ) -> Array:
        """z of batch normalisation by a given mean and variance, by one kernel."""
        whole = partial(_batch_norm, x, gamma, beta, mu, var, epsilon)
        return torch_waiting.fresh(whole()[0], lambda: whole()[0], by=gamma)

    def batch_norm_back(
        self, dz: Array, x: Array, gamma: Array, mu: Array, std: Array
    ) -> tuple[Array, Array, Array]:
        """dx, dgamma and dbeta, by one kernel; dx in the type in which x is held."""
        x, dz = held(x), _in_type_of(x, dz)
        dx, dgamma, dbeta = aten.native_batch_norm_backward(
            *(_channels_second(dz), _channels_second(x)),
            *(gamma, None, None, mu, std.reciprocal(), True, 0.0, [True, True, True]),
        )
        return as_held(_channels_last(dx)), dgamma, dbeta

    def kept_where_positive(self, da: Array, a: Array, over: bool = False) -> Array:
        """da where a > 0, else 0, in the type in which a is held; over da if that may be."""
        a, da = held(a), _in_type_of(a, da)
        if over:
            return as_held(aten.threshold_backward.grad_input(da, a, 0, grad_input=da))
        return as_held(aten.threshold_backward(da, a, 0))

    def adam(
        self,
        theta: Array,
        g: Array,
        m: Array,
        s: Array,
        *,
        alpha: Any,
        betas: tuple[float, float],
        epsilon: float,
        t: Any,
    ) -> bool:
        """Adam's update in one reading; not where it is captured, with alpha and t in arrays."""
        if isinstance(alpha, torch.Tensor):
            return False
        step = torch.tensor(float(t), device=self.device)
        settings = {"lr": alpha, "beta1": betas[0], "beta2": betas[1], "eps": epsilon}
        aten._fused_adam_(
            *([theta], [g], [m], [s], [], [step]),
            **settings,
            weight_decay=0.0,
            amsgrad=False,
            maximize=False,
        )
        return True

    def momentum(self, theta: Array, g: Array, v: Array, *, alpha: Any, beta: float) -> bool:
        """Momentum's update in one reading; not where it is captured, with alpha in an array.

        PyTorch's kernel makes v = beta v + (1 - d) g and theta = theta - r v: d = 1 + alpha, r = -1
        give ours. 1 - d is off from -alpha by 1e-16, which for float32 and alphas that are not
        smaller than 1e-6 is far below what rounding costs.
        """
        if isinstance(alpha, torch.Tensor) or theta.dtype != torch.float32 or alpha < LEAST:
            return False
        aten._fused_sgd_(
            *([theta], [g], [v]),
            momentum=beta,
            dampening=1 + alpha,
            lr=-1.0,
            weight_decay=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        return True

    def softmax_cross_entropy(self, z: Array, y: Array) -> tuple[Array, Array]:
        """L = -ln softmax(z)[y] of each row, and its slope, softmax(z) - 1 at y."""
        ln_p, at_y = torch.log_softmax(z, dim=1), self.as_index(y)[:, None]
        minus = _minus_ones(len(y), z.dtype, self.device)
        slope = ln_p.exp().scatter_add_(1, at_y, minus)
        return torch.neg(torch.gather(ln_p, 1, at_y)).reshape(-1), slope

    # -- scatter ------------------------------------------------------------------------------

    def scatter_add(self, shape: Shape, index: Any, values: Array) -> Array:
        """Zeros of `shape` with `values` added at `index`, repeated places adding up."""
        result = torch.zeros(shape, dtype=values.dtype, device=self.device)
        if isinstance(index, torch.Tensor | np.ndarray) and index.dtype not in (torch.bool, bool):
            rows = self.asarray(index, "int64").reshape(-1)
            rows = torch.where(rows < 0, rows + shape[0], rows)
            return result.index_add_(0, rows, values.reshape(len(rows), *shape[1:]))
        if meets_each_place_once(index):
            axes, index = upwards(shape, index)
            result[index] += values
            return torch.flip(result, axes) if axes else result
        places = self._places(shape, index)
        values = torch.broadcast_to(values, places.shape)
        return result.reshape(-1).index_add_(0, places.reshape(-1), values.reshape(-1)).view(shape)

    def _places(self, shape: Shape, index: Any) -> Array:
        """The numbers of the places at an index, as NumPy finds them, counted through the array."""
        parts = index if isinstance(index, tuple) else (index,)
        parts = tuple(self.to_numpy(p) if isinstance(p, torch.Tensor) else p for p in parts)
        places = np.arange(math.prod(shape)).reshape(shape)
        return self.asarray(places[parts if isinstance(index, tuple) else parts[0]])

    def _index(self, index: Any) -> Any:
        """An index as PyTorch takes it: NumPy's arrays in it on the device."""
        if isinstance(index, tuple):
            return tuple(self._index(part) for part in index)
        return self.asarray(index) if isinstance(index, np.ndarray) else index

    # -- windows over images ------------------------------------------------------------------

    def as_filters(self, W: Array) -> Array:
        """W in the memory of filters in PyTorch's order."""
        return torch_windows.filters(W).permute(2, 3, 1, 0)

    def conv2d(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """The convolution of x with W, plus b."""
        return torch_windows.conv2d(x, W, window, groups, b)

    def conv2d_later(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """As `conv2d`; the result may be written over by what comes next."""
        again = partial(self.conv2d, x, W, window, groups, b)
        return torch_waiting.fresh(again(), again, by=W)

    def conv2d_dx(self, dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
        """dx of images of `size` (H, W)."""
        return torch_windows.conv2d_back(dz, None, W, size, window, groups)[0]

    def conv2d_dW(self, x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
        """dW = (what the windows saw)^T dz, summed over images and positions."""
        return torch_windows.conv2d_back(dz, x, None, x.shape[1:3], window, groups)[1]

    def conv2d_back(
        self, x: Array, dz: Array, W: Array, window: Window, groups: int = 1
    ) -> tuple[Array, Array]:
        """dx and dW, by one call."""
        return torch_windows.conv2d_back(dz, x, W, x.shape[1:3], window, groups)

    def max_pool(self, x: Array, window: Window, places: bool = True) -> tuple[Array, Any]:
        """The largest value in each window, and where it lies if that is asked for."""
        x = held(x)
        if not x.dtype.is_floating_point:
            return super().max_pool(x, window, places)
        z, found = torch_windows.max_pool(x, window, places)
        return as_held(z), found

    def max_pool_dx(self, dz: Array, winner: Any, size: Pair, window: Window) -> Array:
        """dx of images of `size` (H, W): each window's gradient goes to its winner."""
        return as_held(torch_windows.max_pool_dx(held(dz), winner, size, window))

    def sum_pool(self, x: Array, window: Window) -> Array:
        """The sum of the values in each window."""
        if window.dilation != (1, 1) or not x.dtype.is_floating_point:
            return super().sum_pool(x, window)
        return torch_windows.sum_pool(x, window)

    def sum_pool_dx(self, dz: Array, size: Pair, window: Window) -> Array:
        """dx of images of `size` (H, W): each window hands its gradient to all that it saw."""
        if window.dilation != (1, 1):
            return super().sum_pool_dx(dz, size, window)
        return torch_windows.sum_pool_dx(dz, size, window)


@lru_cache
def _minus_ones(n: int, dtype: torch.dtype, device: torch.device) -> Array:
    """A column of -1, made once."""
    return torch.full((n, 1), -1, dtype=dtype, device=device)


def _batch_norm(
    x: Array, gamma: Array, beta: Array, mu: Array | None, var: Array | None, epsilon: float
) -> tuple[Array, Array, Array]:
    """z, and the mean and 1 / std of the batch, which count where mu and var are not given."""
    images, of_batch = _channels_second(held(x)), mu is None
    settings = mu, var, of_batch, 0.0, epsilon
    z, mean, factor = aten.native_batch_norm(images, gamma, beta, *settings)
    return _channels_last(z), mean, factor


def _channels_second(x: Array) -> Array:
    """x (..., C) with its channels where PyTorch's batch norm has them: a view."""
    if x.ndim == 4:
        return torch_windows.nchw(x)
    return x if x.ndim == 2 else x.movedim(-1, 1)


def _channels_last(x: Array) -> Array:
    """What `_channels_second` made, in the order before."""
    if x.ndim == 4:
        return torch_windows.nhwc(x)
    return x if x.ndim == 2 else x.movedim(1, -1)


def _in_type_of(x: Array, dx: Array) -> Array:
    """A gradient in the type in which the value is held."""
    return held(dx).to(held(x).dtype)


def _numpy_type(dtype: Any) -> Any:
    """The name of a number type as NumPy has it."""
    return str(dtype).removeprefix("torch.")


def _torch_type(dtype: Any) -> Any:
    """A number type by its name."""
    return getattr(torch, dtype) if isinstance(dtype, str) else dtype
