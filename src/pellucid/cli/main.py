"""The command `pellucid`: its words and options. What they do is imported when they are used."""

import argparse
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pellucid import __version__
from pellucid.cli.options import BY_NAME, GROUPS, OPTIONS
from pellucid.errors import PellucidError, SettingError

MODEL = "a model file, or the folder of a run"
DATA = (
    "digits, mnist, fashion_mnist, cifar10; a folder with one subfolder of images for each class;"
    " or an .npz file with x_train, y_train and, where there are, x_test, y_test"
)
ENGINE = ["engine", "device"]
CHOOSING = ("train", "env")  # the commands that take the engine auto
PART = (
    "which rows; the test part is the data's own, or what training held out of them (default: test)"
)
EXAMPLES = """examples:
  pellucid train digits
  pellucid train digits --model mlp --units 153,21 --activation sigmoid --epochs 100
  pellucid train flowers/ --image-size 64 --patience 5 --out runs/flowers
  pellucid train digits --model net.toml       layers, optimiser and loss from a file
  pellucid train --settings runs/digits-cnn-1/settings.toml --seed 1
  pellucid train cifar10 --device cuda         on a GPU, by PyTorch
  pellucid train --resume runs/digits-cnn-1    go on after Ctrl-C, exactly
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. The exit code: 0; 1 for a failed check; 2 for an error; 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    try:
        with chosen_engine(vars(arguments)):
            return importlib.import_module(f"pellucid.cli.{arguments.command}").run(arguments)
    except PellucidError as error:
        print(f"pellucid: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pellucid: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


@contextmanager
def chosen_engine(given: dict[str, Any]) -> Iterator[None]:
    """Inside, the engine and device that were asked for are in use. A device alone is torch's."""
    if given.keys() & {"engine", "device"}:
        from pellucid import engines

        if given.get("engine") == "auto" and given["command"] not in CHOOSING:
            mend = "Leave it out; auto is for: pellucid train."
            expected = "an engine, as nothing is trained"
            raise SettingError(f"pellucid {given['command']} --engine", expected, "auto", mend)
        with engines.using(given.get("engine", "torch"), given.get("device")):
            yield
    else:
        yield


class Exact(argparse.ArgumentParser):
    """A parser that does not take the beginning of an option for the option."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, allow_abbrev=False, **settings)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = Exact("pellucid", description="Deep learning you can see through.")
    top.add_argument("--version", action="version", version=f"pellucid {__version__}")
    commands = top.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Exact
    )
    _train(commands)
    _evaluate(commands)
    _predict(commands)
    summary = commands.add_parser("summary", help="show the layers of a saved model")
    summary.add_argument("model", metavar="MODEL", help=MODEL)
    _check(commands)
    _diagnose(commands)
    _trace(commands)
    plot = commands.add_parser(
        "plot",
        help="draw all the pictures that fit a run",
        description="Draw all the pictures that fit a run into its folder, as plots/*.png, and say"
        " which do not fit and why.",
    )
    plot.add_argument("run", metavar="RUN", help="the folder of a run, as train makes it")
    env = commands.add_parser("env", help="show what computes here, and what is missing for more")
    _add(env, ENGINE)
    env.add_argument("--json", action="store_true", help="print JSON")
    return top


def _train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a model on data",
        description="Train a model on data. The run's folder gets the model, the settings, the"
        " history (CSV) and the log.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument("data", metavar="DATA", nargs="?", help=DATA)
    for table, title in GROUPS.items():
        _add(train.add_argument_group(title), [o.name for o in OPTIONS if o.table == table])
    run = train.add_argument_group("the run")
    run.add_argument(
        "--out", help="the run's folder (default: runs/<data>-<model>-<n>, n counting from 1)"
    )
    run.add_argument(
        "--settings", metavar="FILE", help="a TOML file of settings, as a run's folder has it"
    )
    _add(run, ENGINE)
    run.add_argument(
        "--resume", metavar="RUN", help="go on exactly where the run in this folder was stopped"
    )


def _evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="measure a saved model on data")
    evaluate.add_argument("model", metavar="MODEL", help=MODEL)
    evaluate.add_argument("data", metavar="DATA", help=DATA)
    evaluate.add_argument(
        "--part",
        choices=["test", "train", "all"],
        default="test",
        help=PART,
    )
    _add(evaluate, ENGINE)
    evaluate.add_argument("--per-class", action="store_true", help="a table with a row a class")
    evaluate.add_argument("--json", action="store_true", help="print JSON")


def _predict(commands: Any) -> None:
    predict = commands.add_parser("predict", help="ask a saved model about images")
    predict.add_argument("model", metavar="MODEL", help=MODEL)
    predict.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="images (png, jpg, bmp, webp), folders of them, or .npz files with an array x",
    )
    _add(predict, ["top", *ENGINE])
    predict.add_argument("--json", action="store_true", help="print JSON")


def _check(commands: Any) -> None:
    check = commands.add_parser(
        "check",
        help="check a model's derivatives against central differences",
        description="Check every derivative of a model against central differences, in float64.",
    )
    check.add_argument("model", metavar="MODEL", help=f"{MODEL}; linear, mlp, cnn; or a TOML file")
    check.add_argument("data", metavar="DATA", help=DATA)
    _add(check, ["rows", "tolerance", "image_size", "channels", "seed", *ENGINE])


def _diagnose(commands: Any) -> None:
    diagnose = commands.add_parser(
        "diagnose",
        help="say what is wrong with a run, why, and how to mend it",
        description="Look for faults in a run: in its curves, its model, its data, and in what was"
        " seen while it trained.",
    )
    diagnose.add_argument("model", metavar="RUN", help="the folder of a run, or a model file")
    diagnose.add_argument(
        "data", metavar="DATA", nargs="?", help="the data, where the run does not say: " + DATA
    )
    diagnose.add_argument("--json", action="store_true", help="print JSON")


def _trace(commands: Any) -> None:
    trace = commands.add_parser(
        "trace",
        help="show what a pass of a saved model makes in each layer, forwards and back",
        description="Z, A, dZ, dA and the gradients of the weights of every layer, for the first"
        " rows of the data: shape, mean, deviation, share of zeros, norm.",
    )
    trace.add_argument("model", metavar="MODEL", help=MODEL)
    trace.add_argument("data", metavar="DATA", help=DATA)
    _add(trace, ["rows"])
    trace.add_argument("--part", choices=["test", "train", "all"], default="test", help=PART)
    which = trace.add_mutually_exclusive_group()
    which.add_argument("--layer", metavar="NAME", help="one layer, with its inputs and weights")
    which.add_argument(
        "--score-to-loss",
        action="store_true",
        help="how each row's loss comes from the scores, step by step",
    )
    trace.add_argument("--columns", action="store_true", help="examples as columns, (n, m)")
    trace.add_argument(
        "--inference",
        action="store_true",
        help="layers behave as in inference; without it, as in training",
    )
    trace.add_argument(
        "--svg", metavar="FILE", help="also draw the circuit, as .svg or .html: click on a layer"
    )


def _add(group: Any, names: list[str]) -> None:
    """Options of the table; one that is not given leaves no trace in the arguments."""
    for name in names:
        option = BY_NAME[name]
        group.add_argument(
            option.flag,
            default=argparse.SUPPRESS,
            metavar=name.rsplit("_", 1)[-1].upper(),
            help=option.explained(),
        )
