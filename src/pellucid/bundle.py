"""Plain data with arrays inside, taken apart and put together again.

Files and messages keep the plain part as JSON and the arrays as bytes beside it, each under the
name of its place: "progress/sums/loss/total".
"""

from typing import Any


def pull_arrays(value: Any, name: str, arrays: dict[str, Any]) -> Any:
    """Plain data with every array inside moved to `arrays`, and its name there in its place.

    Tuples become lists, and numbers of an array's library Python's own.
    """
    if isinstance(value, dict):
        return {k: pull_arrays(v, f"{name}/{k}", arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [pull_arrays(v, f"{name}/{i}", arrays) for i, v in enumerate(value)]
    if hasattr(value, "ndim") and hasattr(value, "__setitem__"):  # an array, not one of its numbers
        arrays[name] = value
        return {"array": name}
    return value.item() if hasattr(value, "item") else value


def put_arrays(value: Any, arrays: dict[str, Any]) -> Any:
    """The data that `pull_arrays` took apart."""
    if isinstance(value, dict):
        if value.keys() == {"array"} and value["array"] in arrays:
            return arrays[value["array"]]
        return {k: put_arrays(v, arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [put_arrays(v, arrays) for v in value]
    return value
