"""Arrays of other libraries as tensors, in the same memory."""

from typing import Any

from pellucid.engines import in_use
from pellucid.graph import Tensor


def from_dlpack(array: Any, requires_grad: bool = True) -> Tensor:
    """A tensor in the memory of an array that speaks DLPack: PyTorch's, JAX's, CuPy's, NumPy's.

    It is of the engine in use, and nothing is copied; what is written into one stands in the other.
    An array with a gradient of its own, as PyTorch's may have, is taken without it. The other way
    there is nothing to call: `torch.from_dlpack(tensor)`. Raises BufferError where the engine
    cannot see the memory (an array on a GPU, with NumPy).
    """
    plain = array.detach() if hasattr(array, "detach") else array
    return Tensor(in_use().from_dlpack(plain), requires_grad=requires_grad)
