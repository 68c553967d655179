"""What is printed while a model trains, on a terminal and elsewhere, by a clock that is told."""

import os
import re
import signal
from types import SimpleNamespace

import numpy as np
import pytest

from pellucid.callbacks import Callback
from pellucid.training import progress

from .networks import data, make


class Clock(Callback):
    """A clock that goes on by the same time with each step."""

    def __init__(self, seconds):
        self.now, self.seconds = 1000.0, seconds

    def monotonic(self):
        return self.now

    def on_train_batch_end(self, batch, logs=None):
        self.now += self.seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(0.01)
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.fixture
def terminal(monkeypatch):
    """Standard output that says it is a terminal, of 80 columns."""
    stdout = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stdout=stdout))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 24)))


def printed(capsys, clock, epochs=2, n=1000, **settings):
    x, y = data(n)
    model = make(metrics=["accuracy"])
    model.fit(x, y, batch_size=10, epochs=epochs, callbacks=[clock], **settings)
    return capsys.readouterr().out, model.history.history


def test_elsewhere_than_on_a_terminal_an_epoch_is_a_line(capsys, clock):
    text, history = printed(capsys, clock, epochs=10)
    lines = text.splitlines()
    assert len(lines) == 10
    loss, accuracy = history["loss"][0], history["accuracy"][0]
    assert lines[0] == f"epoch  1/10  1.0 s  loss {loss:.4f}  accuracy {accuracy:.4f}"
    assert lines[9].startswith("epoch 10/10  1.0 s  loss ")
    assert "\r" not in text


def test_a_terminal_is_drawn_on_at_most_five_times_a_second(capsys, clock, terminal):
    """200 steps of 1/64 s: one in 13 is drawn, which is the first after a fifth of a second."""
    clock.seconds = 1 / 64
    text, _ = printed(capsys, clock)
    assert text.count("\n") == 2
    drawings = [line for line in re.split("[\r\n]", text) if "s left" in line]
    assert len(drawings) == 1 + 199 // 13
    assert all(len(line) == 79 for line in re.split("[\r\n]+", text) if line)
    assert drawings[0].startswith("epoch 1/2  " + "─" * 20 + " 1/100  0 s left  loss ")
    assert drawings[2].startswith("epoch 1/2  " + "━" * 5 + "─" * 15 + " 27/100  1 s left  loss")
    assert re.search("\repoch 1/2  1.6 s  loss [0-9.]+  accuracy [0-9.]+ *\n", text)


def test_slow_steps_are_all_drawn(capsys, clock, terminal):
    clock.seconds = 3.0
    text, _ = printed(capsys, clock, n=30, epochs=1)
    assert re.findall(r"(\d)/3  (\d+) s left", text) == [("1", "0"), ("2", "2"), ("3", "0")]
    assert "epoch 1/1  9.0 s  loss" in text


def test_what_is_asked_for_wins(capsys, clock, terminal):
    assert printed(capsys, clock, verbose=0)[0] == ""
    text, _ = printed(capsys, clock, verbose=2)
    assert (text.count("\n"), text.count("\r"), text.count("left")) == (2, 0, 0)


def test_a_live_line_that_is_cut_short_is_left(capsys, clock, terminal):
    class CtrlC(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        make().fit(*data(1000), batch_size=10, callbacks=[CtrlC()])
    text = capsys.readouterr().out
    assert text.startswith("\repoch 1/1  ")
    assert text.endswith("\r\n")


def test_a_line_may_be_live_where_there_is_no_terminal(capsys, clock):
    assert "s left" in printed(capsys, clock, verbose=1)[0]


def test_the_steps_of_the_first_epoch_are_expected_of_the_next(capsys, clock, terminal):
    class Stream:
        def __iter__(self):
            x, y = data(6)
            return iter([(x, y)] * 3)

    clock.seconds = 3.0
    make().fit(Stream(), epochs=2, callbacks=[clock])
    text = capsys.readouterr().out
    first = re.findall(r"epoch 1/2  batch (\d)  (\d) s  loss", text)
    assert first == [("1", "0"), ("2", "3"), ("3", "6")]
    second = re.findall(r"epoch 2/2 [^/]* (\d)/3  (\d+) s left", text)
    assert second == [("1", "0"), ("2", "2"), ("3", "0")]


def test_the_figures_are_read_only_to_be_drawn(clock, terminal, monkeypatch):
    """Reading a figure may have to wait for a device."""
    reads = []
    model = make()
    figures, step = type(model).figures, model.train_step

    def slow_step(*batch):
        clock.now += 1 / 64
        return step(*batch)

    monkeypatch.setattr(type(model), "figures", lambda self: reads.append(1) or figures(self))
    model.train_step = slow_step
    model.fit(*data(1000), batch_size=10)
    assert len(reads) == 1 + 99 // 13


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.25, "0.2500"),
        (0.0, "0.0000"),
        (2e-5, "2.000e-05"),
        (1e6, "1.000e+06"),
        (-12.5, "-12.5000"),
        (np.array([0.5, 2e-5]), "[0.5000 2.000e-05]"),
        (np.arange(10.0), "[" + " ".join(f"{i}.0000" for i in range(10)) + "]"),
        (np.arange(11.0), "array 11"),
        (np.ones((3, 4)), "array 3 x 4"),
        (np.float64(0.25), "0.2500"),
    ],
)
def test_a_figure_has_four_digits_or_an_exponent(value, shown):
    assert progress.line({"loss": value}) == f"loss {shown}"
