"""The clinic: planted faults are named, healthy trainings are left alone.

`python -m tests.insight.clinic.test_clinic` prints the table: each case, its finding, and the rank
at which it was named.
"""

import pytest

from pellucid.insight.diagnosis import CHECKS

from . import more_faults, more_healthy  # noqa: F401  they add to FAULTS and HEALTHY
from .faults import FAULTS
from .healthy import HEALTHY

ranks = {}


def rank(case):
    """At which place a planted fault is named: 1 first, 0 not at all."""
    name, plant = FAULTS[case]
    names = plant().names
    ranks[case] = names.index(name) + 1 if name in names else 0
    return ranks[case]


@pytest.mark.parametrize("case", FAULTS)
def test_a_planted_fault_is_named_first_or_second(case):
    assert rank(case) in (1, 2)


@pytest.mark.parametrize("case", HEALTHY)
def test_nothing_is_found_in_a_healthy_training(case):
    assert list(HEALTHY[case]()) == []


def test_the_clinic_is_as_large_as_it_should_be():
    assert len(FAULTS) >= 30
    assert len(HEALTHY) >= 12
    assert {name for name, _ in FAULTS.values()} == set(CHECKS)


if __name__ == "__main__":
    for case in FAULTS:
        print(f"{case.replace('_', ' '):<48} {FAULTS[case][0]:<24} {rank(case) or 'not named'}")
    for case, training in HEALTHY.items():
        found = ", ".join(finding.name for finding in training())
        print(f"{case.replace('_', ' '):<48} {'healthy':<24} {found or '-'}")
    named = sum(place in (1, 2) for place in ranks.values())
    print(f"{named} of {len(FAULTS)} faults named first or second")
