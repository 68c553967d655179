"""Plain data with arrays inside."""

import numpy as np

from pellucid.bundle import pull_arrays, put_arrays


def test_arrays_are_taken_out_by_their_places_and_put_back():
    arrays = {}
    data = {"a": [1, (np.arange(3), None)], "b": np.float32(0.5), "c": {"array": "other"}}
    plain = pull_arrays(data, "x", arrays)
    assert plain == {"a": [1, [{"array": "x/a/1/0"}, None]], "b": 0.5, "c": {"array": "other"}}
    assert type(plain["b"]) is float
    again = put_arrays(plain, arrays)
    assert again["a"][1][0] is data["a"][1][0]
    assert again["c"] == {"array": "other"}
