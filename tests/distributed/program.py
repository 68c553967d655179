"""What torchrun starts in tests: scenarios by name; what each process finds is put into a folder.

program.py FOLDER NAME...
"""

import os
import sys
from pathlib import Path

import numpy as np


def main(folder, *names):
    import torch
    from scenarios import AMONG, EQUAL

    from pellucid import distributed

    torch.set_num_threads(1)
    for name in names:
        own = Path(folder) / name
        own.mkdir(parents=True, exist_ok=True)
        scenario = EQUAL.get(name) or AMONG[name]
        found = scenario(own)
        np.savez(own / f"{distributed.rank()}.npz", **found)


if __name__ == "__main__":
    if "COVERAGE_PROCESS_START" in os.environ:
        import coverage

        coverage.process_startup()
    main(*sys.argv[1:])
