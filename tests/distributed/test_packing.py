"""Plain data and arrays as bytes."""

import numpy as np

from pellucid.distributed.packing import pack, unpack


def test_data_come_back_as_they_were():
    data = {"n": 2**100, "text": "µ", "none": [None, True, 0.1], "x": [np.arange(6).reshape(2, 3)]}
    data |= {"empty": np.zeros((0, 3), "float32"), "one": np.array(2.5)}
    packed = pack(data)
    assert packed.dtype == np.uint8
    again = unpack(packed)
    for name in ("empty", "one"):
        assert again[name].dtype == data[name].dtype
        assert again[name].shape == data[name].shape
    assert (again["x"][0] == data["x"][0]).all()
    assert (again["n"], again["text"], again["none"]) == (2**100, "µ", [None, True, 0.1])
    again["one"][...] = 3  # an array of one's own


def test_arrays_of_pytorch_come_back_as_numpys():
    import torch

    again = unpack(pack([torch.ones(2, dtype=torch.float64)]))
    assert again[0].tolist() == [1.0, 1.0]
