"""What an engine must offer, and a plain way of doing each part of it.

An engine is where arrays live and kernels run. `xp` is its array module, which follows the array
API standard; the methods below are the few things that the standard lacks or where the speed lies.
Each has a plain form here, written with `xp` alone: an engine that has a faster one overrides it
and is tested for equality with the plain one.

Those that look at places of images are in image_kernels.py.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pellucid.engines.image_kernels import ImageKernels

Array = Any  # whichever array type the engine computes on
Shape = tuple[int, ...]


class Engine(ImageKernels, ABC):
    """Arrays and kernels of one library on one device."""

    name: str
    label: str  # the name, and the device where there are several: "torch:cuda:0"
    xp: Any
    at_once: int | None = None  # how many numbers an optimiser's rule is given; None: all
    is_mixed: bool = False  # whether products are made in a number type of their own
    far: bool = False  # whether to read a number means to wait until a device has computed it
    looks_later: bool = False  # so: within `at_work` on a device that is far, nobody reads one

    def __repr__(self) -> str:
        return f"engine {self.label}"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Engine":
        """There is one of each."""
        return self

    # -- arrays -----------------------------------------------------------------------------

    @abstractmethod
    def asarray(self, value: Any, dtype: str | None = None) -> Array:
        """`value` as an array of this engine, copied only where it must be."""

    @abstractmethod
    def from_dlpack(self, array: Any) -> Array:
        """Another library's array as one of this engine, in the same memory."""

    @abstractmethod
    def to_numpy(self, array: Array) -> Any:
        """`array` as a NumPy array, without a copy where that is possible."""

    def copied(self, array: Array) -> Array:
        """The same numbers in memory of their own."""
        return self.xp.asarray(array, copy=True)

    def hold(self, array: Any, dtype: str | None) -> Any:
        """Inputs of a run where it is quickest to take batches from.

        Floating-point numbers become `dtype` at once, if one is given.
        """
        array = self.asarray(array)
        return self.asarray(array, dtype) if dtype and self.holds_floats(array) else array

    def hold_targets(self, array: Any) -> Any:
        """Targets or weights of a run where it is quickest to take batches from."""
        return self.asarray(array)

    def rows(self, array: Array, chosen: Any) -> Array:
        """These rows of an array: a slice of them, or those of an array of whole numbers."""
        return array[chosen]

    def at(self, array: Array, index: Any) -> Array:
        """array[index], for any index that NumPy takes."""
        return self.xp.asarray(array[index])

    @abstractmethod
    def holds_floats(self, array: Array) -> bool:
        """Whether an array holds floating-point numbers."""

    def as_index(self, array: Array) -> Array:
        """Whole numbers as an index takes them; floating-point ones have whole values."""
        return self.asarray(array, dtype="int64") if self.holds_floats(array) else array

    def at_work(self) -> AbstractContextManager[None]:
        """What a long piece of work (a fit, a prediction) runs inside of."""
        return nullcontext()

    def wait(self) -> None:
        """Come back when all that was asked for has been computed."""
        return None

    def ahead(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same batches (x, y, weight); an engine may bring the next while one is computed."""
        return batches

    def chance_kept(self) -> AbstractContextManager[None]:
        """Inside, what is drawn from the library's own source of chance leaves no trace in it."""
        return nullcontext()

    # -- random numbers ---------------------------------------------------------------------

    @abstractmethod
    def generator(self, *key: int) -> Any:
        """A source of random numbers that is fixed by the integers of `key`."""

    @abstractmethod
    def uniform(self, generator: Any, shape: Shape, dtype: Any) -> Array:
        """Random numbers, uniform in [0, 1)."""

    @abstractmethod
    def normal(self, generator: Any, shape: Shape, dtype: Any) -> Array:
        """Random numbers, normal with mean 0 and variance 1."""

    # -- special functions ------------------------------------------------------------------

    @abstractmethod
    def erf(self, x: Array) -> Array:
        """The error function 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x."""

    # -- products -----------------------------------------------------------------------------

    @property
    def mixed(self) -> "Engine":
        """This engine with products and convolutions in bfloat16; itself where it has none."""
        return self

    def as_factor(self, x: Array) -> Array:
        """x in the number type that products are made in, for several products to share."""
        return x

    def matmul(self, a: Array, b: Array) -> Array:
        """The matrix product a b, of the last two axes."""
        return a @ b

    def landing(self, place: Array, derivative: Callable[[Array], Array], dy: Array) -> Array:
        """derivative(dy), whose result is on its way to `place`, an array of the same shape.

        A product that is made there may be written into it at once; `place` is then the result.
        """
        return derivative(dy)

    def blend(self, y: Array, b: float, x: Array, a: float) -> None:
        """y = b y + a x, in place, for arrays of one shape."""
        if b != 1:
            y *= b
        y += a * x

    def shorten(self, x: Array, limit: float) -> None:
        """x, in place, with its norm brought down to `limit` where it is larger."""
        norm = float(self.xp.linalg.vector_norm(x))
        if norm > limit:
            x *= limit / norm

    # -- steps that are made again and again ---------------------------------------------------

    def recorded(
        self,
        step: Callable[..., Sequence[Array]],
        given: Sequence[Array],
        lasting: Sequence[Array],
    ) -> Callable[..., Sequence[Array]] | None:
        """step(*given, *lasting), which gives arrays, as a quicker function of `given` alone.

        `lasting` may change from call to call, but stay the same arrays; what else the step reads
        does not change. The results may be the same arrays every time. None where there is no such
        form.
        """
        return None

    def warming_up(self) -> AbstractContextManager[Any]:
        """Inside, a step is made as it will be captured, and watched.

        Gives what was seen: `draws`, which `captured` takes; and `why` the step cannot be captured,
        a text that is empty where it can. An engine that is `far` has this and the next.
        """
        raise NotImplementedError(f"{self} captures no steps")

    def captured(self, step: Callable[[], Any], draws: Any) -> Any:
        """A step that is made without a wait for the device, as what `replay()` makes again.

        The first replay makes the step that was captured. A replay gives what the step gave, arrays
        that hold until the next. Raises whatever may not stand in such a step.
        """
        raise NotImplementedError(f"{self} captures no steps")

    # -- work that is cut in pieces -----------------------------------------------------------

    def for_each(
        self, function: Callable[[Any], None], items: Sequence[Any], *, hold: bool = False
    ) -> None:
        """function(item) for each: pieces of work that do not touch each other's arrays.

        `hold`: they are so much work that a product among them needs no threads of its own.
        """
        for item in items:
            function(item)

    # -- formulas element by element ----------------------------------------------------------

    def map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """function(*arrays, *along), a formula that works element by element.

        `arrays` (..., C) have one shape, which is also that of the result; `along` are vectors
        (C,), one number a channel.
        """
        return function(*arrays, *along)

    def map_later(
        self,
        function: Callable[..., Array],
        *arrays: Array,
        along: Sequence[Array] = (),
        begins: bool = False,
    ) -> Array:
        """As `map`; but inside `joining` the result may wait (`Waiting`) for what follows it.

        It does so where one of the arrays waits, or where a chain `begins` with this formula.
        """
        return self.map(function, *arrays, along=along)

    def rectified_later(self, z: Array) -> Array:
        """max(z, 0), which may wait as the results of `map_later` may."""
        maximum = self.xp.maximum
        return self.map_later(lambda z: maximum(z, 0), z)

    def joining(self) -> AbstractContextManager[Any]:
        """Inside, results of `map_later` may wait, so that formulas are carried out together.

        For work in which nobody changes an array before what was made of it is read. It gives what
        says, as `used`, whether any waited; or None.
        """
        return nullcontext()

    def sum_map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """The sum of `map` over all axes but the last: (C,)."""
        values = function(*arrays, *along)
        return self.xp.sum(values, axis=tuple(range(values.ndim - 1)))

    def sum_rows(self, x: Array) -> Array:
        """The sum of x (..., C) over all axes but the last: (C,)."""
        return self.sum_map(lambda x: x, x)

    def sums_around(self, dz: Array, x: Array, mu: Array) -> tuple[Array, Array]:
        """The sums of dz (x - mu) and of dz over all axes but the last: (C,) each."""
        return self.sum_map(lambda dz, x, mu: dz * (x - mu), dz, x, along=(mu,)), self.sum_rows(dz)

    def moments(self, x: Array) -> tuple[Array, Array]:
        """The mean and the variance of x (..., C) over all axes but the last: (C,) each.

        The variance is the mean of (x - mu)^2, never E[x^2] - E[x]^2, which loses all of its digits
        where the mean is large; and the mean is that of x - x[0], for the same reason.
        """
        rows = x.reshape(-1, x.shape[-1])
        first, M = rows[0], rows.shape[0]
        mu = first + self.sum_map(lambda x, first: x - first, rows, along=(first,)) / M
        return mu, self.sum_map(lambda x, mu: (x - mu) ** 2, rows, along=(mu,)) / M

    # -- whole gates ------------------------------------------------------------------------
    # An engine whose library has one kernel for all of a gate offers it here; where it gives None,
    # the gate goes by its formula.

    def batch_norm(
        self, x: Array, gamma: Array, beta: Array, epsilon: float
    ) -> tuple[Array, Array, Array, Array] | None:
        """z, mu, var and std of batch normalisation."""
        return None

    def fixed_batch_norm(
        self, x: Array, gamma: Array, beta: Array, mu: Array, var: Array, epsilon: float
    ) -> Array | None:
        """z of batch normalisation by a mean and a variance that are given."""
        return None

    def batch_norm_back(
        self, dz: Array, x: Array, gamma: Array, mu: Array, std: Array
    ) -> tuple[Array, Array, Array] | None:
        """dx, dgamma and dbeta of batch normalisation."""
        return None

    def kept_where_positive(self, da: Array, a: Array, over: bool = False) -> Array:
        """da where a > 0, else 0: the way back through a rectifier. It may be written `over` da."""
        return self.map(lambda da, a: da * (a > 0), da, a)

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
        """Adam's update number t of vectors, in place, by one kernel. Whether there is one.

        As torch.optim.Adam has it: epsilon is added to the corrected root, sqrt(s_hat).
        """
        return False

    def momentum(self, theta: Array, g: Array, v: Array, *, alpha: Any, beta: float) -> bool:
        """v = beta v - alpha g and theta = theta + v, in place, by one kernel, if there is one."""
        return False

    # -- losses -------------------------------------------------------------------------------

    def softmax_cross_entropy(self, z: Array, y: Array) -> tuple[Array, Array]:
        """L = -ln softmax(z)[y] for scores z (N, C) and class numbers y (N,), and its slope.

        L (N,) is ln sum of e^z - z[y]; the slope (N, C), softmax(z) - 1 at y. No exponential is
        taken of a positive number.
        """
        xp, at_y = self.xp, (self.xp.arange(z.shape[0]), y)
        z = z - xp.max(z, axis=1, keepdims=True)
        e = xp.exp(z)
        total = e.sum(axis=1)
        slope = e / total[:, None]
        slope[at_y] -= 1
        return xp.log(total) - z[at_y], slope

    # -- scatter ----------------------------------------------------------------------------

    def scatter_add(self, shape: Shape, index: Any, values: Array) -> Array:
        """Zeros of `shape` with `values` added at `index`, repeated places adding up."""
        xp = self.xp
        places = xp.reshape(xp.arange(math.prod(shape)), shape)[index]
        flat = xp.zeros(math.prod(shape), dtype=values.dtype)
        for place, value in zip(xp.reshape(places, (-1,)), xp.reshape(values, (-1,)), strict=True):
            flat[place] += value
        return xp.reshape(flat, shape)
