"""Methods of a model that look at it are those of `insight`."""

import subprocess
import sys

from pellucid import Input, Sequential
from pellucid.insight import Findings, Trace
from pellucid.layers import Dense


def test_trace_hands_over():
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    trace = model.trace([[1.0, 2.0]], [3.0], training=False, columns=True)
    assert isinstance(trace, Trace)
    assert trace.columns
    assert not trace.watched.training


def test_diagnose_and_lr_find_hand_over():
    x, y = [[float(k % 7), float(k % 3)] for k in range(40)], [float(k % 5) for k in range(40)]
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    assert isinstance(model.diagnose(x, y, rehearsal=False), Findings)
    assert len(model.lr_find(x, y, steps=12).rates) == 12


def test_a_model_that_nobody_looks_at_does_not_load_insight():
    program = (
        "import sys; from pellucid import Sequential, Input; from pellucid.layers import Dense;"
        "m = Sequential([Input((2,)), Dense(1)]); m.compile('sgd', 'mse');"
        "m.fit([[1., 2.]], [1.], verbose=0);"
        "print([name for name in sys.modules if 'insight' in name or name == 'igraph'])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout.strip() == "[]", said.stderr
