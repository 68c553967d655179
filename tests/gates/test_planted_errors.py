"""An error in any derivative of any gate is found by `check_gate`, and its input named.

For each case and each derivative one error is planted: all of it 0.1 % too large, or one element
off by a thousandth.
"""

import numpy as np
import pytest

from pellucid import check_gate

from .cases import CASES


def too_large(gradient):
    return gradient * 1.001


def one_element_off(gradient):
    gradient = np.array(gradient)
    gradient[tuple(n // 2 for n in gradient.shape)] += 1e-3
    return gradient


def plantings():
    """Each case with the position of each input that has a derivative."""
    for case in CASES:
        gate = case.make_gate()
        for position, value in enumerate(case.inputs(np.random.default_rng(0))):
            known = gate.derivatives[0 if gate.any_number else position]
            if known is not None and np.asarray(value).dtype.kind == "f":
                letter = gate.name_of(position)
                name = f"{letter}[{position}]" if gate.any_number else letter
                yield pytest.param(case, position, name, id=f"{case.name}: d{name}")


@pytest.mark.parametrize("error", [too_large, one_element_off])
@pytest.mark.parametrize(("case", "position", "name"), list(plantings()))
def test_a_planted_error_is_found(case, position, name, error, rng, monkeypatch):
    gate = case.gate_class
    place = 0 if gate.any_number else position
    right = gate.derivatives[place]

    def wrong(self, dy, *which):
        gradient = right(self, dy, *which)
        return error(gradient) if which in ((), (position,)) else gradient

    planted = (*gate.derivatives[:place], wrong, *gate.derivatives[place + 1 :])
    monkeypatch.setattr(gate, "derivatives", planted)
    check = check_gate(case.make_gate, *case.inputs(rng))
    assert check.failed == [name], str(check)
