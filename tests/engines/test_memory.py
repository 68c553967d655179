"""Memory stays with the process while work is under way, and goes back afterwards."""

import resource
import sys

import numpy as np
import pytest

from pellucid.engines import memory

PAGE = resource.getpagesize()
HUGE = 2 << 20  # what Linux may hand out at once instead of single pages


class Mute:
    """A C library that has nothing to give back."""

    def malloc_trim(self, pad):
        """Nothing is free."""


def pages_faulted_in():
    """How many pages a large array, made and freed a few times, takes from the system."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.empty(20 << 20, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_pages_are_kept_inside_only():
    usual = pages_faulted_in()
    with memory.kept():
        pages_faulted_in()
        inside = pages_faulted_in()
    if memory._glibc() is None:
        assert inside == pytest.approx(usual, rel=0.5)
    else:
        assert inside < (20 << 20) / PAGE / 10
        assert pages_faulted_in() >= (20 << 20) // HUGE


def test_the_last_one_out_gives_it_back(monkeypatch):
    told = []
    monkeypatch.setattr(memory, "_glibc", lambda: Mute())
    monkeypatch.setattr(memory, "_set", lambda library, parameters: told.append(parameters))
    with memory.kept():
        with memory.kept():
            pass
        assert told == [memory.KEEPING]
    assert told == [memory.KEEPING, memory.BETWEEN]


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    memory._glibc.cache_clear()
    try:
        with memory.kept():
            assert memory._inside["users"] == 0
    finally:
        memory._glibc.cache_clear()
