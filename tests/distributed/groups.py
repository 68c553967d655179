"""A group of processes that is none: one thread a rank, in this process, for the tests of parts."""

import threading

import numpy as np

from pellucid.distributed import Group


class Threads:
    """Runs a function (group) once for each rank, at the same time."""

    def __init__(self, size):
        self.size, self.barrier = size, threading.Barrier(size, timeout=60)
        self.said = [None] * size

    def __call__(self, function):
        """What each rank gives."""
        found = [None] * self.size

        def run(rank):
            try:
                found[rank] = function(ThreadGroup(self, rank))
            except BaseException as error:
                found[rank] = error
                self.barrier.abort()

        threads = [threading.Thread(target=run, args=(rank,)) for rank in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for each in found:
            if isinstance(each, BaseException):
                raise each
        return found


class ThreadGroup(Group):
    """One rank of it."""

    def __init__(self, all_of_them, rank):
        self.all, self.rank, self.size = all_of_them, rank, all_of_them.size
        self.sent = []

    def gathered(self, array):
        self.all.said[self.rank] = np.array(array)
        self.all.barrier.wait()
        found = [each.copy() for each in self.all.said]
        self.all.barrier.wait()
        return found

    def start_sum(self, array):
        self.sent.append(array.size)
        array[...] = sum(self.gathered(array))
        return self

    def wait(self):
        """Sums are made at once."""

    def spread(self, array):
        array[...] = self.gathered(array)[0]

    def leave(self):
        self.left = True
