"""Writes docs/diagnosis.md: every finding that a diagnosis can make, from the checks themselves.

python scripts/make_diagnosis_page.py
"""

import textwrap
from pathlib import Path

from pellucid.insight.diagnosis import CHECKS

PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"
WIDTH = 110


def page() -> str:
    """The whole page: its introduction, a table of contents, and a section for each finding."""
    table = ["| finding | what |", "|---|---|"]
    table += [f"| [{c.name}](#{c.name}) | {c.what} |" for c in CHECKS.values()]
    sections = [section(check) for check in CHECKS.values()]
    head = BEGIN.strip()
    return "\n\n".join([head, "## All findings", "\n".join(table), *sections]) + "\n"


def section(check) -> str:
    """One finding: what it is, why it hurts, what mends it, when it speaks, and its source."""
    rows = (
        ("What", f"{check.what} Severity: {check.severity}."),
        ("Why it hurts", check.why),
        ("The mend", f"`{check.mend}`"),
        ("When it speaks", check.threshold),
        ("Source", f"{check.source}."),
    )
    lines = [f"### {check.name}"]
    for label, text in rows:
        lines.append(
            textwrap.fill(f"*{label}.* {text}", WIDTH, break_long_words=False,
                          break_on_hyphens=False)
        )  # fmt: skip
    return "\n\n".join(lines)


BEGIN = """
# What is wrong with my training?

A network that does not learn says nothing; the loss just stays where it is. Pellucid looks for the cause and
says four things: what it saw, with figures; where; why it hurts, in one sentence of theory; and the line of
code to change.

## Before training

```python
import numpy as np
from pellucid import Input, Sequential, set_random_seed
from pellucid.layers import Dense
from pellucid.losses import SparseCategoricalCrossentropy

set_random_seed(0)
chance = np.random.default_rng(0)
y = chance.integers(3, size=600)
x = chance.normal(size=(600, 8)) + 2 * np.eye(3, 8)[y]

model = Sequential([Input((8,)), Dense(32, "relu", kernel_initializer="he_normal"), Dense(3, "softmax")])
model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
findings = model.diagnose(x, y)
print(findings[0].text(100))
```

```text
high    activation-twice: layer 1 (dense_1)
        seen  the output is a softmax, and the loss, with from_logits=True, takes another one: it
              cannot fall below 0.551
        why   The second squeezes probabilities, which lie from 0 to 1, into nearly equal ones: the
              loss cannot come near 0 and its gradient is small. (Goodfellow, Bengio, Courville
              2016, Deep Learning, sections 6.2.2.2 and 6.2.2.3)
        mend  either Dense(3) without activation, or
              SparseCategoricalCrossentropy(from_logits=False)
```

`diagnose` looks at the data, makes one pass through the network, and lets a copy rehearse: 30 steps with the
model's own optimiser, then 20 rows to learn by heart. The model itself stays as it was, to the bit. Findings
print as text, show themselves as HTML in a notebook, and are plain dictionaries by `findings.to_dicts()`.

## While it trains

```python
from pellucid.callbacks import Diagnosis

model = Sequential([Input((8,)), Dense(32, "relu", kernel_initializer="he_normal"), Dense(3)])
model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
watching = Diagnosis()
model.fit(x, y, epochs=10, verbose=0, callbacks=watching)
assert not watching.findings
```

```text
diagnosis: nothing found
```

The callback looks after the first steps and after every 1000th: one pass on a part of the running batch. It
judges the curves at the end, keeps what it saw with the model, and changes nothing: with it and without it
the weights are the same to the bit.

## After it

`pellucid diagnose RUN` does the same for the folder that `pellucid train` wrote; in Python,
`pellucid.insight.diagnose_run(model, history, x, y)`.

## Which learning rate?

`model.lr_find(x, y)` lets the learning rate of a copy grow from step to step and watches the loss. Its
`suggestion` is the rate at which the loss falls most steeply, its `plot()` the curve.

## How a list is to be read

*high* stops the learning or makes its result worthless, *medium* makes it slower or worse, *low* is worth a
look. The worst stands first, and of several the cause above what comes of it: mend the first, and look again.
Every limit comes from theory or from the literature, and is said below.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(CHECKS)} findings")
