"""The machine's rate of matrix products: float32, 2048 x 2048 x 2048, by NumPy's BLAS.

It takes turns with the workers of a job, whose turns are as many and as long.
"""

import json
import statistics
import sys

import numpy as np

from benchmarks.peers import protocol, turns

N, WARM_UP = 2048, 2


def main() -> None:
    """Print the median rate of all turns in GFLOP/s."""
    job, _ = protocol.asked()
    rng = np.random.default_rng(0)
    a, b = rng.random((2, N, N), np.float32)
    out, taken = np.empty((N, N), np.float32), []
    for _ in range(WARM_UP):
        np.matmul(a, b, out=out)
    for _ in range(job.turns):
        turns.wait(sys.stdout)
        taken.append(protocol.median_call(lambda: np.matmul(a, b, out=out), job.seconds))
    print(json.dumps({"gflops": 2e-9 * N**3 / statistics.median(taken)}), flush=True)


if __name__ == "__main__":
    main()
