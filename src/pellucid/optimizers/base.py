"""What all optimisers share: the way from a gradient to a step, and what may stand around a rule.

Letters: theta all weights of a model in one vector, g their gradient, alpha the learning rate, t
the number of this update, counted from 1.

Because all weights lie in one vector, a rule is a few lines on vectors, and what it remembers (its
slots) are vectors of the same length. Most rules treat every element alike, so that they may be
given the vectors whole or in parts. One that needs to know where a parameter begins and what shape
it has says `elementwise = False`, and is given one parameter after another.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from pellucid import schedules
from pellucid.averages import move_average
from pellucid.engines import Array, Engine, engine_of
from pellucid.errors import SettingError
from pellucid.optimizers.pieces import WHOLE, Piece, cut, found_in, listed, runs
from pellucid.registry import Configurable, Registry
from pellucid.settings import kept_share, not_negative, positive, whole

if TYPE_CHECKING:
    from pellucid.layers.parameter import FlatParameters, Parameter

registry = Registry("optimizer")


def get(identifier: Any) -> Any:
    """The optimiser that a name, a dictionary of settings or an optimiser stands for."""
    found = registry.get(identifier)
    if not isinstance(found, Optimizer):
        received = type(found).__name__
        raise SettingError("optimizer", "an optimizer, or its name", received, "Try 'adam'.")
    return found


# What is remembered beside a rule's own slots, by the names that it has in `state` and in files.
GRADIENTS, AVERAGE, BEFORE = "sum_of_gradients", "average_of_weights", "weights_before_average"


class Optimizer(Configurable):
    """Steps down the gradient. Subclasses name their `slots` and write one rule, `update`.

    `learning_rate`: a number above 0, or a function of the step from 0 (a schedule). Around the
    rule there may be, in this order, as in Keras:

    - `gradient_accumulation_steps` k: one update for k gradients, by their mean. Schedules go on
      counting gradients.
    - one of `clipvalue` (every number of g is brought to +-clipvalue), `clipnorm` (each parameter's
      gradient is shortened to this norm), `global_clipnorm` (g as a whole is).
    - `weight_decay`: theta = theta - alpha weight_decay theta before the rule, apart from what it
      remembers (Loshchilov and Hutter 2019). Parameters in whose path, such as "dense_1/bias", one
      of the regular expressions `excluded_from_weight_decay` is found, are left out.
    - the parameters' constraints, after the rule.
    - `use_ema`: a moving average of theta (`ema_momentum` its share that is kept), which starts at
      the first updated weights. It takes the place of theta at the end of `fit`, and, with
      `ema_overwrite_frequency` n, after every n-th update.

    `loss_scale_factor`, which Keras has for float16, is left out, as that is.
    Raises SettingError for a setting out of range, and for more than one way to clip.
    """

    slots: tuple[str, ...] = ()
    elementwise: ClassVar[bool] = True
    by_formula: ClassVar[bool] = True  # whether the rule also takes alpha and t as arrays
    held: tuple[Array, Array] | None = None  # those, while an update is captured

    def __init__(
        self,
        learning_rate: Any = 0.001,
        name: str | None = None,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        gradient_accumulation_steps: int | None = None,
        excluded_from_weight_decay: str | Sequence[str] = (),
    ) -> None:
        self.learning_rate: Any = rate_or_schedule(self, learning_rate)
        self.name = name or type(self).__name__.lower()
        self.weight_decay = optional(not_negative, self, "weight_decay", weight_decay)
        self.clipnorm = optional(positive, self, "clipnorm", clipnorm)
        self.clipvalue = optional(positive, self, "clipvalue", clipvalue)
        self.global_clipnorm = optional(positive, self, "global_clipnorm", global_clipnorm)
        self.clips = one_way_to_clip(self)
        self.use_ema, self.ema_momentum = use_ema, kept_share(self, "ema_momentum", ema_momentum)
        every, k = ema_overwrite_frequency, gradient_accumulation_steps
        self.ema_overwrite_frequency = optional(whole, self, "ema_overwrite_frequency", every, 1)
        self.gradient_accumulation_steps = optional(
            whole, self, "gradient_accumulation_steps", k, 2
        )
        self.excluded_from_weight_decay = listed(excluded_from_weight_decay)
        self.to_exclude: list[Parameter] = []
        self.start_anew()

    def start_anew(self) -> None:
        """Forget every step, and the model that they were made for."""
        self.iterations, self.waiting = 0, 0
        self.state: dict[str, Array] = {}
        self.layout: FlatParameters | None = None
        self.arrange()

    # -- what a rule writes -------------------------------------------------------------------

    def update(self, theta: Array, g: Array, alpha: float, t: int, **slots: Array) -> None:
        """The rule. `theta` and the slots are changed in place."""
        raise TypeError(f"{type(self).__name__} needs a method update(theta, g, alpha, t, ...)")

    def first(self, slot: str, theta: Array) -> Array:
        """What a slot starts as: zeros, unless a rule says otherwise."""
        xp = engine_of(theta).xp
        of_weights = slot in (AVERAGE, BEFORE)
        return xp.asarray(theta, copy=True) if of_weights else xp.zeros_like(theta)

    def shape_of(self, p: "Parameter", path: str) -> tuple[int, ...]:
        """The shape in which a rule that is not elementwise sees a parameter."""
        return p.shape

    def decay_of(self, p: "Parameter", path: str) -> float:
        """The weight decay of a parameter."""
        return 0.0 if found_in(self.excluded_from_weight_decay, path) else self.weight_decay or 0.0

    # -- one update ---------------------------------------------------------------------------

    @property
    def current_learning_rate(self) -> float:
        """The learning rate of the next update."""
        rate = self.learning_rate
        if not callable(rate):
            return float(rate)
        seen = self.iterations * (self.gradient_accumulation_steps or 1) + self.waiting
        alpha: Any = rate(seen)
        return float(alpha)

    def numbers(self) -> tuple[Any, Any]:
        """alpha and t of the next update: two numbers, or the arrays that are to hold them."""
        return self.held or (self.current_learning_rate, self.iterations + 1)

    def hold(self, xp: Any) -> tuple[Array, Array]:
        """Arrays for alpha and t, from which an update that is captured reads them."""
        return xp.zeros((), dtype="float64"), xp.zeros((), dtype="float64")

    @property
    def can_be_captured(self) -> bool:
        """Whether an update is the same each time, but for alpha and t."""
        overwrites = self.use_ema and self.ema_overwrite_frequency is not None
        return self.by_formula and not overwrites and not self.gradient_accumulation_steps

    def apply(self, theta: Array, g: Array) -> None:
        """Change theta, in place, by one step against the gradient g, which is left as it is."""
        if not self.state:
            self.state = {slot: self.first(slot, theta) for slot in self.remembered}
        if self.gradient_accumulation_steps:
            if not self.take_in(g):
                return
            g = self.state[GRADIENTS]
        alpha, t = self.numbers()
        self.iterations, self.waiting = self.iterations + 1, 0
        if self.clips:
            g = self.clipped(g)
        for part, decay in self.decayed:
            theta[part] *= 1 - alpha * decay
        step = partial(self.update_piece, theta, g, alpha, t)
        if len(self.pieces) == 1:
            step(self.pieces[0])
        else:
            engine_of(theta).for_each(step, self.pieces)
        for p in self.constrained:
            p.assign(p.constraint(p.value))
        if self.use_ema:
            self.average(theta)

    def update_piece(self, theta: Array, g: Array, alpha: Any, t: Any, piece: Piece) -> None:
        """The rule, for one piece of theta."""
        slots = {slot: piece.of(self.state[slot]) for slot in self.slots}
        alpha = alpha * piece.factor  # a new one: a rule may change it
        self.update(piece.of(theta), piece.of(g), alpha, t, **slots)

    def take_in(self, g: Array) -> bool:
        """Add g to those that wait. Whether they are enough: the slot then holds their mean."""
        total, k = self.state[GRADIENTS], self.gradient_accumulation_steps
        if self.waiting:
            total += g
        else:
            total[...] = g
        if self.waiting + 1 < k:
            self.waiting += 1
            return False
        total /= k
        return True

    def clipped(self, g: Array) -> Array:
        """g, shortened where it is too long."""
        engine = engine_of(g)
        if self.clipvalue is not None:
            return engine.xp.clip(g, -self.clipvalue, self.clipvalue)
        parts, limit = [WHOLE], self.clipnorm or self.global_clipnorm or 0.0
        g = engine.xp.asarray(g, copy=True)
        if self.clipnorm is not None and self.layout is not None:
            parts = list(self.layout.parts.values())
        for part in parts:
            engine.shorten(g[part], limit)
        return g

    def average(self, theta: Array) -> None:
        """Take theta into its average."""
        mean, every = self.state[AVERAGE], self.ema_overwrite_frequency
        move_average(mean, theta, self.ema_momentum if self.iterations > 1 else 0.0)
        if every and self.iterations % every == 0:
            theta[...] = mean

    # -- a run --------------------------------------------------------------------------------

    def begin(self, theta: Array, resume: bool) -> None:
        """At the start of a run: one that is resumed goes on from the weights before averaging.

        Unless the model has been given other weights since.
        """
        before = self.state.pop(BEFORE, None)
        if resume and before is not None and (theta == self.state[AVERAGE]).all():
            theta[...] = before

    def finish(self, theta: Array) -> None:
        """At the end of a run: the average takes the place of theta, which is kept."""
        if AVERAGE in self.state:
            self.state[BEFORE] = self.first(BEFORE, theta)
            theta[...] = self.state[AVERAGE]

    # -- the model ----------------------------------------------------------------------------

    @property
    def remembered(self) -> tuple[str, ...]:
        """The names of all vectors that are kept from one update to the next."""
        summed = (GRADIENTS,) if self.gradient_accumulation_steps else ()
        return (*self.slots, *summed, *((AVERAGE,) if self.use_ema else ()))

    def lay_out(self, layout: "FlatParameters") -> None:
        """Learn how a model's parameters lie in theta; what is remembered follows them."""
        before = self.layout
        if layout is before:
            return
        if before is not None:
            self.state = {
                slot: layout.carry_over(vector, before, self.first(slot, layout.theta))
                for slot, vector in self.state.items()
            }
        self.layout = layout
        self.arrange()

    def move(self, engine: Engine) -> None:
        """Bring all that is remembered to an engine; the model lays its weights out there."""
        self.state = {
            slot: engine.xp.asarray(engine_of(vector).to_numpy(vector), copy=True)
            for slot, vector in self.state.items()
        }

    def exclude_from_weight_decay(
        self,
        var_list: Sequence["Parameter"] | None = None,
        var_names: str | Sequence[str] | None = None,
    ) -> None:
        """Leave out of the weight decay these parameters too, and those of these names.

        A name is a regular expression that is looked for in a parameter's path ("dense_1/bias"),
        where Keras looks in its own name ("bias").
        """
        self.to_exclude += var_list or ()
        self.excluded_from_weight_decay += listed(var_names)
        self.arrange()

    def arrange(self) -> None:
        """Cut theta into pieces that are treated alike."""
        if self.layout is None:
            self.pieces = [Piece()]
            self.decayed = [(WHOLE, self.weight_decay)] if self.weight_decay else []
            self.constrained: list[Parameter] = []
            return
        parts = self.layout.parts
        paths = dict(zip(parts, self.layout.names, strict=True))
        known = [f"^{re.escape(paths[p])}$" for p in self.to_exclude if p in paths]
        self.excluded_from_weight_decay += known
        self.to_exclude = [p for p in self.to_exclude if p not in paths]
        factors = {p: p.learning_rate_multiplier for p in parts}
        decays = {p: factors[p] * self.decay_of(p, paths[p]) for p in parts}
        if self.elementwise:
            found = runs((parts[p], factors[p]) for p in parts)
            at_once = engine_of(self.layout.theta).at_once
            self.pieces = [piece for run in found for piece in cut(run, at_once)]
            if len(self.pieces) == 1:
                self.pieces = [self.pieces[0]._replace(part=WHOLE)]
        else:
            shapes = {p: self.shape_of(p, paths[p]) for p in parts}
            self.pieces = [Piece(parts[p], factors[p], shapes[p]) for p in parts]
        self.decayed = [run for run in runs((parts[p], decays[p]) for p in parts) if run[1]]
        self.constrained = [p for p in parts if p.constraint is not None]


def optional(check: Callable[..., Any], owner: Any, name: str, value: Any, *limits: Any) -> Any:
    """A setting that may be None, else checked."""
    return None if value is None else check(owner, name, value, *limits)


def rate_or_schedule(optimizer: Optimizer, rate: Any) -> Any:
    """A learning rate, or a function of the step. Raises SettingError for what is neither."""
    if isinstance(rate, dict | str):
        rate = schedules.registry.get(rate)
    return rate if callable(rate) else positive(optimizer, "learning_rate", rate, "Try 0.001.")


def one_way_to_clip(optimizer: Optimizer) -> bool:
    """Whether gradients are clipped. Raises SettingError where more than one way is asked for."""
    names = ("clipnorm", "clipvalue", "global_clipnorm")
    given = [f"{name}={value}" for name in names if (value := getattr(optimizer, name)) is not None]
    if len(given) > 1:
        expected = f"one of {', '.join(names)}"
        raise SettingError(type(optimizer).__name__, expected, ", ".join(given), "Choose one.")
    return bool(given)
