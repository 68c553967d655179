"""The number types that a model is trained in: what `compile(precision=...)` asks for.

"float32" and "float64" are the type of everything. "mixed_bfloat16" keeps weights, sums, batch
statistics and losses in float32, and makes products and convolutions in bfloat16, which hardware
that has the type does several times faster. "auto" makes some steps either way, on copies of the
model and the first batch, and takes the quicker.
"""

from collections.abc import Callable
from typing import Any

from pellucid.errors import EngineError, SettingError, nearest
from pellucid.training.copying import copied
from pellucid.training.timing import seconds_a_step

MIXED, AUTO = "mixed_bfloat16", "auto"
PRECISIONS = ("float32", MIXED, "float64", AUTO)
FASTER = 0.95  # of float32's time, or less: below that the clock can tell


def known(model: Any, precision: Any) -> str | None:
    """A precision by its name, for a model; None stays None.

    Raises SettingError for a name that is not known, and EngineError for mixed_bfloat16 where the
    model's engine has no bfloat16.
    """
    if precision is None:
        return None
    if precision not in PRECISIONS:
        expected = f"precision {', '.join(map(repr, PRECISIONS[:-1]))} or {AUTO!r}"
        short = f"The one with 16 bits is {MIXED!r}."
        mend = short if "16" in str(precision) else nearest(str(precision), PRECISIONS)
        raise SettingError("compile", expected, repr(precision), mend)
    if precision == MIXED:
        _has_bfloat16(model, "compile")
    return precision


def ready(
    model: Any, first_batch: Callable[[], tuple], where: str, say: Callable[[str], Any]
) -> None:
    """Before the steps of a run: see that the engine has the model's precision; "auto" is decided.

    `first_batch()` gives an (x, y, weight) to try it on. What was found is kept in the
    `precision_found` of the model and those inside, as long as it stays on this engine; `say` is
    told it in one line. Raises EngineError where the model came to an engine without bfloat16.
    """
    if model.precision == MIXED:
        _has_bfloat16(model, where)
    if model.precision != AUTO or model.precision_found.get("on") == model.engine.label:
        return
    best, line = "float32", f"{model.engine} has no bfloat16"
    if model.engine.mixed is not model.engine:
        best, line = _quicker(model, first_batch())
    for each in _inside(model):
        each.precision_found = {"on": model.engine.label, "precision": best}
    say(f"precision: {best}; {line}")


def _quicker(model: Any, batch: tuple) -> tuple[str, str]:
    """The precision in which a step takes less time, and how much it takes, in words."""
    ways = {}
    for name in ("float32", MIXED):
        ways[name] = copied(model, model.optimizer)
        ways[name].precision = name
    found = seconds_a_step(ways, batch)
    if len(found) < len(ways):
        return "float32", "the first batch's loss is not finite"
    best = MIXED if found[MIXED] < FASTER * found["float32"] else "float32"
    times = {name: f"{1000 * seconds:.3g} ms" for name, seconds in found.items()}
    other = MIXED if best == "float32" else "float32"
    return best, f"a step takes {times[best]}, and {times[other]} in {other}"


def _has_bfloat16(model: Any, where: str) -> None:
    """Raise EngineError where the model's engine has no bfloat16."""
    if model.engine.mixed is model.engine:
        mend = (
            "Use PyTorch's: model.to('torch'), or pellucid.use('torch') before the model is made"
            " (in a shell: --engine torch); or precision='float32'."
        )
        raise EngineError(where, "an engine with bfloat16", str(model.engine), mend)


def as_settings(model: Any) -> list[dict[str, Any]]:
    """The precision of a model, and of every model inside, as plain data."""
    return [{"precision": each.precision, "found": each.precision_found} for each in _inside(model)]


def from_settings(model: Any, settings: list[dict[str, Any]]) -> None:
    """Give a model, and those inside, the precisions that `as_settings` wrote down.

    Raises SettingError for a name that is not known.
    """
    for each, said in zip(_inside(model), settings, strict=True):
        if said["precision"] not in (None, *PRECISIONS):
            mend = "Compile the model anew, with another precision."
            raise SettingError("precision", "a known one", repr(said["precision"]), mend)
        each.precision, each.precision_found = said["precision"], dict(said["found"])


def hand_down(model: Any, precision: str | None) -> None:
    """Let a model, and every model inside, compute in this precision; None leaves them as they are.

    Weights are brought to float32 or float64, as the precision says.
    """
    if precision is None:
        return
    for each in _inside(model):
        each.precision, each.precision_found = precision, {}
    model.cast("float64" if precision == "float64" else "float32")


def _inside(model: Any) -> list[Any]:
    """The model and every model inside."""
    return [layer for layer in model.all_layers() if hasattr(layer, "precision_found")]
