"""Made-up figures, in the form that a run of the benchmark leaves."""


def figure(median, half=0.1):
    return {"median": median, "low": median * (1 - half), "high": median * (1 + half)}


def of_peer(ms, megabytes=100.0):
    own = {"ms": figure(ms), "megabytes": figure(megabytes), "threads": 2}
    return own | {"loss_before": 2.3026, "loss_after": 0.5}


def results():
    """Two jobs and a growth; the second job has a peer that failed."""
    return {
        "rounds": 5,
        "machine": {"processor": "abacus", "cores used": 2},
        "versions": {"pellucid": {"pellucid": "0.1.0"}, "torch": {"torch": "2.13.0"}},
        "jobs": {
            "mlp32": {
                "gflop": 0.016,
                "sgemm_gflops": figure(200.0),
                "peers": {"pellucid": of_peer(0.4), "torch": of_peer(0.8, 300.0)},
                "errors": {},
                "measured": "2026-01-02",
            },
            "svm": {
                "gflop": 0.0246,
                "sgemm_gflops": figure(200.0),
                "peers": {"pellucid": of_peer(1.0)},
                "errors": {"torch": "MemoryError"},
                "measured": "2026-01-03",
            },
        },
        "profile": {
            "mlp32": {
                "ms": figure(0.5),
                "faults": 0.25,
                "parts": {"products": 0.3, "update": 0.05, "Python": 0.15},
            }
        },
        "footprint": {"pellucid": {"megabytes": 90.0, "import_s": 0.12}},
        "linearity": {
            "batch": {"cnn": [[32, 4.0], [64, 8.0]]},
            "rows": {"cnn": [[1000, 0.5], [2000, 1.0]]},
        },
    }
