"""The machine's rate of matrix products: float32, 2048 x 2048 x 2048, by NumPy's BLAS."""

import json
import statistics
import time

import numpy as np

N, REPEATS = 2048, 12


def main() -> None:
    """Print the median rate in GFLOP/s."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, N, N), np.float32)
    out, taken = np.empty((N, N), np.float32), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        np.matmul(a, b, out=out)
        taken.append(time.perf_counter() - start)
    print(json.dumps({"gflops": 2e-9 * N**3 / statistics.median(taken[2:])}))


if __name__ == "__main__":
    main()
