"""The engine that trains a model quickest: timed on the user's own model and batch, and remembered.

Copies of the model make a few steps on every engine that is installed; the model itself is moved to
the quickest, and is otherwise left as it was: weights, what the optimiser remembers, averages,
chance, and the order of the data.
"""

import json
import math
import warnings
from contextlib import ExitStack
from platform import python_version
from typing import Any, NamedTuple, Self

from pellucid import random
from pellucid.engines import Engine, find, installed, machine
from pellucid.errors import EngineError, SettingError
from pellucid.registry import plain
from pellucid.training import precision
from pellucid.training.copying import copied
from pellucid.training.feeding import Feed
from pellucid.training.remembering import recall, remember
from pellucid.training.timing import Rehearsal, Run, take_turns

KIND = "engine"
PACKAGES = ("pellucid", "numpy", "torch")
LONGEST = 60  # characters of an error in the line that is printed


class Choice(NamedTuple):
    """The engine that was chosen, and why. As a text, one line for a person.

    `milliseconds`: of a step, by the engines' names, the quickest first; empty where nothing was
    timed. `left_out`: what went wrong on other engines, by their names.

    >>> print(Choice("numpy", {"numpy": 0.431, "torch:cpu": 0.8122}))
    auto: numpy, 0.43 ms a step (torch 0.81)
    """

    engine: str
    milliseconds: dict[str, float]
    left_out: dict[str, str] = {}
    remembered: bool = False

    def __str__(self) -> str:
        times = {short(name): shown(ms) for name, ms in self.milliseconds.items()}
        own = times.pop(short(self.engine), None)
        others = [f"{name} {ms}" for name, ms in times.items()]
        others += [f"{short(name)} failed, {why}" for name, why in self.left_out.items()]
        beside = f" ({', '.join(others)})" if others else ""
        time = f", {own} ms a step" if own else "" if others else ", the only engine here"
        return f"auto: {short(self.engine)}{time}{beside}{', as before' * self.remembered}"

    @classmethod
    def read(cls, found: dict[str, Any]) -> Self | None:
        """The choice that was remembered, if the engine is still here and the rest makes sense."""
        try:
            times = {str(name): float(ms) for name, ms in found["milliseconds"].items()}
            left_out = {str(name): str(why) for name, why in found["left_out"].items()}
            return cls(find(found["engine"]).label, times, left_out, remembered=True)
        except (EngineError, KeyError, TypeError, ValueError, AttributeError):
            return None


def choose(model: Any, feed: Feed, repeats: bool = True) -> Choice:
    """Move a prepared model, and the feed of its run, to the engine that trains it quickest.

    What was found before for such a model, batch, optimiser and machine is taken as it is. With
    `repeats`, steps may be run from tapes.
    """
    facts, choice = described(model, feed, repeats), None
    if facts is None:  # then this very object may have trained before
        before = model.engine_choice
        choice = before._replace(remembered=True) if before and before.milliseconds else None
    elif (known := recall(KIND, facts)) is not None:
        choice = Choice.read(known)
    if choice is None:
        choice = measured(model, feed, repeats)
        if facts is not None and choice.milliseconds:
            about = {name: facts[name] for name in ("batch", "machine", "versions")}
            remember(KIND, facts, choice._replace(remembered=False)._asdict(), about)
    if find(choice.engine) is not model.engine:
        model.to(choice.engine).chooses_engine = True
        model.lay_out()
        feed.follow()
    model.engine_choice = choice
    return choice


def described(model: Any, feed: Feed, repeats: bool) -> dict[str, Any] | None:
    """All that the speed of a step depends on; None where the model cannot be written down."""
    x, y, weight = next(feed.rehearsed(model))
    arrays = [*(x if isinstance(x, list) else [x]), y, *([] if weight is None else [weight])]
    try:
        facts = {
            "model": plain(model),
            "precision": model.precision,
            "optimizer": plain(model.optimizer),
            "loss": plain(model.loss),
            "metrics": [plain(m) for m in (*model.metric_names, *model.weighted_metric_names)],
            "batch": [list(array.shape) for array in arrays],
            "repeats": repeats,
            "machine": machine.facts(),
            "versions": {"python": python_version(), **versions()},
        }
        return json.loads(json.dumps(facts))
    except (SettingError, TypeError, ValueError):
        return None


def versions() -> dict[str, str]:
    """Of what computes, without importing it."""
    from importlib import metadata

    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def measured(model: Any, feed: Feed, repeats: bool) -> Choice:
    """The quickest engine, by the clock.

    An engine on which a step fails is left out; where all do, the model's own is taken, and the
    run itself will say what is wrong.
    """
    runs: dict[str, Run] = {}
    left_out: dict[str, str] = {}
    engines = installed()
    if len(engines) == 1:
        return Choice(engines[0].label, {})
    with ExitStack() as kept:
        for each in engines:
            kept.enter_context(each.chance_kept())
        kept.enter_context(random.kept())
        kept.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # the run itself will give them
        for engine in engines:
            try:
                run = rehearsal(model, engine, feed, repeats)
            except Exception as error:  # whatever a user's own layer raises on this engine
                left_out[engine.label] = told(error)
            else:
                runs[engine.label] = forgiving(run, engine.label, left_out)
        seconds = take_turns(runs)
    times = sorted((1000 * taken, name) for name, taken in seconds.items() if taken < math.inf)
    quickest = times[0][1] if times else model.engine.label
    return Choice(quickest, {name: ms for ms, name in times}, left_out)


def rehearsal(model: Any, engine: Engine, feed: Feed, repeats: bool) -> Rehearsal:
    """Steps of a copy on this engine, of which the first is made already."""
    other = copied(model, model.optimizer).to(engine)
    precision.known(other, other.precision)  # raises where this engine has not its type
    other.lay_out()
    run = Rehearsal(other, feed.rehearsed(other), repeats)
    run.warm_up()
    return run


def forgiving(run: Run, label: str, left_out: dict[str, str]) -> Run:
    """Steps that take for ever once one of them has failed; why is put into `left_out`."""

    def forgiven(steps: int) -> float:
        if label not in left_out:
            try:
                return run(steps)
            except Exception as error:  # as above
                left_out[label] = told(error)
        return math.inf

    return forgiven


# -- texts ----------------------------------------------------------------------------------------


def short(label: str) -> str:
    """An engine's name as a person says it."""
    return label.removesuffix(":cpu")


def shown(ms: float) -> str:
    """Milliseconds with two or three digits that count.

    >>> [shown(ms) for ms in (0.0551, 0.4312, 12.34, 2345.6)]
    ['0.055', '0.43', '12.3', '2,346']
    """
    digits = 3 if ms < 0.1 else 2 if ms < 10 else 1 if ms < 100 else 0
    return f"{ms:,.{digits}f}"


def told(error: Exception) -> str:
    """An error in a few words."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
