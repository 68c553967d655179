"""What can be set in a training run: one table, from which come the shell's options, their help,
their defaults, and the keys of a TOML file.

A setting has one value whether it is written `--batch-size 32` in a shell or `batch_size = 32` in
the table [fit] of a file, and is checked by the same rule.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pellucid.errors import SettingError

# A text or a TOML value to the setting's value; ValueError if it is none. Its docstring says what
# is expected, in the words of an error.
Rule = Callable[[Any], Any]


def whole(least: int) -> Rule:
    """A whole number from `least` up."""

    def read(value: Any) -> int:
        number = int(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise ValueError
        return number

    read.__doc__ = f"a whole number from {least} up"
    return read


def number(low: float, high: float = float("inf"), *, above: bool = False) -> Rule:
    """A number from `low` (or only above it) to below `high`."""

    def read(value: Any) -> float:
        x = float(value) if isinstance(value, str | int) and not isinstance(value, bool) else value
        if not isinstance(x, float) or not low <= x < high or (above and x == low):
            raise ValueError
        return x

    end = "" if high == float("inf") else f", below {high:g}"
    read.__doc__ = (f"a number above {low:g}" if above else f"a number from {low:g} up") + end
    return read


def one_of(*choices: Any) -> Rule:
    """One of a few values."""

    def read(value: Any) -> Any:
        return {str(choice): choice for choice in choices}[str(value).lower()]

    read.__doc__ = f"one of {', '.join(map(str, choices))}"
    return read


def text(value: Any) -> str:
    """a text"""
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def unit_counts(value: Any) -> list[int]:
    """whole numbers from 1 up: one for all layers, or one for each, as in 153,21"""
    several = value.split(",") if isinstance(value, str) else value
    count = whole(1)
    return [count(each) for each in (several if isinstance(several, list) else [several])]


def image_size(value: Any) -> list[int]:
    """a side such as 32, or height and width such as 24x32"""
    sides = value.lower().split("x") if isinstance(value, str) else value
    length = whole(1)
    sides = [length(side) for side in (sides if isinstance(sides, list) else [sides])]
    if len(sides) not in (1, 2):
        raise ValueError
    return [sides[0], sides[-1]]


def chosen(arguments: Mapping[str, Any], name: str) -> Any:
    """What a shell's arguments say for an option, or its default."""
    option = BY_NAME[name]
    return option.read(arguments[name], option.flag) if name in arguments else option.default


class Option(NamedTuple):
    """One setting. `table` and `key` say where a TOML file has it; `default` may be None, and
    `otherwise` then says what is taken."""

    name: str
    table: str
    rule: Rule
    help: str
    default: Any = None
    otherwise: str = ""
    key: str = ""

    @property
    def flag(self) -> str:
        """The option as a shell has it."""
        return "--" + self.name.replace("_", "-")

    @property
    def in_file(self) -> str:
        """Its key in a TOML file."""
        return self.key or self.name

    def explained(self) -> str:
        """Its help, with the default."""
        return f"{self.help} (default: {self.otherwise or self.default})".replace("%", "%%")

    def read(self, value: Any, where: str) -> Any:
        """The setting's value from a text or a TOML value; SettingError where it is not one."""
        try:
            return self.rule(value)
        except (ValueError, KeyError, TypeError, AttributeError):
            expected = str(self.rule.__doc__)
            raise SettingError(where, expected, repr(value), f"It is: {self.help}.") from None


OPTIONS = [
    Option("image_size", "data", image_size, "size that images are brought to: 32, or 24x32",
           otherwise="their own"),
    Option("channels", "data", one_of(1, 3), "1 makes images grey, 3 red, green and blue",
           otherwise="their own"),
    Option("test_share", "data", number(0, 1, above=True),
           "share of the rows held out for testing where the data have no test part", 0.2),
    Option("model", "model", text, "linear, mlp, cnn, or a TOML file of layers",
           otherwise="cnn for images, mlp for tables", key="preset"),
    Option("hidden_layers", "model", whole(0),
           "number of dense hidden layers (cnn: after its convolutions)",
           otherwise="mlp 2, cnn 1"),
    Option("units", "model", unit_counts,
           "units of the hidden layers: one number for all, or one for each, as in 153,21",
           otherwise="mlp 128, cnn 64"),
    Option("activation", "model", text,
           "of the hidden layers: relu, leaky_relu, tanh, sigmoid, ...",
           otherwise="relu"),
    Option("filters", "model", whole(1),
           "filters of a cnn's first convolution; they double after each pooling",
           otherwise="16"),
    Option("dropout", "model", number(0, 1),
           "share of each dense hidden layer's units that a step drops",
           otherwise="0"),
    Option("l2", "model", number(0), "L2 regularisation: adds l2 times the sum of W squared",
           otherwise="0"),
    Option("optimizer", "optimizer", text,
           "sgd, rmsprop, adam, adamw, nadam, lion, muon, or another by its name", "adam",
           key="type"),
    Option("learning_rate", "optimizer", number(0, above=True), "how far a step goes",
           otherwise="sgd 0.01, others 0.001"),
    Option("momentum", "optimizer", number(0, 1),
           "how much of the last step goes into the next (adam and its like: beta_1)",
           otherwise="adam 0.9, sgd 0, others their own"),
    Option("decay_rate", "optimizer", number(0),
           "learning rate decay: rate / (1 + decay_rate epoch)", 0.0),
    Option("batch_size", "fit", whole(1), "examples in a mini-batch", 32),
    Option("epochs", "fit", whole(1), "iterations: how often every example is seen", 20),
    Option("validation_share", "fit", number(0, 1),
           "share of the training rows kept out to measure on after each epoch", 0.1),
    Option("patience", "fit", whole(0),
           "stop early after so many epochs without a better val_loss, and take the best weights"
           " back; 0 is off", 0),
    Option("precision", "fit", one_of("float32", "mixed_bfloat16", "float64", "auto"),
           "number type; mixed_bfloat16: products and convolutions in bfloat16 (--engine torch);"
           " auto: that or float32, whichever is quicker", otherwise="float32"),
    Option("seed", "fit", whole(0), "the same seed gives the same run", 0),
    Option("verbose", "fit", one_of("auto", 0, 1, 2),
           "0 nothing, 1 a live line, 2 a line an epoch, auto 1 on a terminal and else 2", "auto"),
]  # fmt: skip
OF_COMMANDS = [
    Option("rows", "", whole(1), "how many rows to use", 8),
    Option("tolerance", "", number(0, above=True), "largest distance allowed", 1e-7),
    Option("engine", "", text,
           "what computes: numpy, torch, or with its device torch:cuda:0; auto tries both (train)",
           otherwise="numpy"),
    Option("device", "", text, "where torch computes: cpu, cuda, cuda:0", otherwise="cpu"),
    Option("top", "", whole(1), "how many of the likeliest classes to show", 3),
]  # fmt: skip
BY_NAME = {option.name: option for option in OPTIONS + OF_COMMANDS}
GROUPS = {
    "data": "the data",
    "model": "the model",
    "optimizer": "the optimiser",
    "fit": "the training",
}
