"""The cases that the `onnx` package makes: inputs, attributes, and the outputs that must come.

They are made while its modules are imported, one module an operation, from a fixed seed. Some stand
there a second time, written out in simpler operations ("expanded"); those are left aside.
"""

import importlib
import pkgutil
from typing import NamedTuple

import numpy as np
from onnx.backend.test.case import node as made_by_onnx
from onnx.helper import get_attribute_value

from pellucid import Tensor

from .operations import OPERATIONS


class Case(NamedTuple):
    """One operation on given inputs, with onnx's own tolerances."""

    operation: str
    inputs: list
    attributes: dict
    outputs: list
    rtol: float
    atol: float

    def check(self):
        """Assert that Pellucid's outputs are onnx's, in number type, shape and values."""
        inputs = [as_tensor(v) for v in self.inputs]
        found = OPERATIONS[self.operation](*inputs, **self.attributes)
        found = found if isinstance(found, list | tuple) else [found]
        assert len(found) >= len(self.outputs)
        for mine, expected in zip(found, self.outputs, strict=False):
            mine = mine.value if isinstance(mine, Tensor) else mine
            assert (mine.dtype, mine.shape) == (expected.dtype, expected.shape)
            np.testing.assert_allclose(mine, expected, self.rtol, self.atol)

    def difference(self):
        """What `check` finds, or nothing."""
        try:
            self.check()
        except Exception as error:
            return repr(error)
        return ""


def as_tensor(value):
    """A copy of an array of floating-point numbers as a tensor, anything else as it is."""
    return Tensor(value.copy()) if value is not None and value.dtype.kind == "f" else value


def read(case):
    """onnx's form of a case: a model of one node, and a list of one set of data."""
    (node,), ((inputs, outputs),) = case.model.graph.node, case.data_sets
    given = iter(inputs)
    inputs = [np.asarray(next(given)) if name else None for name in node.input]
    attributes = {a.name: get_attribute_value(a) for a in node.attribute}
    attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
    return Case(node.op_type, inputs, attributes, outputs, case.rtol, case.atol)


def collect():
    """All cases of the operations in the table, by name."""
    modules = {m.name.replace("_", ""): m.name for m in pkgutil.iter_modules(made_by_onnx.__path__)}
    with np.errstate(divide="ignore"):
        for operation in OPERATIONS:
            importlib.import_module(f"{made_by_onnx.__name__}.{modules[operation.lower()]}")
    cases = [case for case in made_by_onnx._NodeTestCases if "_expanded" not in case.name]
    return {case.name.removeprefix("test_"): read(case) for case in cases}


CASES = collect()
