import doctest
import statistics

import pytest

from benchmarks import environments, gpu, jobs, report, rounds, targets

from .figures import of_peer, results

LIMITS = {
    "ratio": {"mlp32": {"torch": 0.55}, "svm": {"torch": 0.6}},
    "memory": {"mlp32": {"torch": 0.3}},
    "milliseconds": {"mlp32": 0.4},
    "sgemm": {"mlp32": 0.25},
}


def verdicts():
    return {(v.job, v.measure): v for v in targets.judge(results()["jobs"], LIMITS)}


def test_targets_are_judged():
    found = verdicts()
    assert found["mlp32", "time over torch's"][3:] == (0.5, True)
    assert found["mlp32", "peak memory over torch's"][3:] == (pytest.approx(1 / 3), False)
    assert found["mlp32", "milliseconds"][3:] == (0.4, True)
    rate = found["mlp32", "share of the sgemm rate, at least"]  # 0.016 GFLOP in 0.4 ms of 200
    assert rate[3:] == (pytest.approx(0.2), False)


def test_a_peer_that_failed_leaves_a_target_open():
    assert verdicts()["svm", "time over torch's"][3:] == (None, None)


def test_jobs_that_were_not_measured_are_not_judged():
    measured = {"svm": results()["jobs"]["svm"]}
    assert [v.job for v in targets.judge(measured, LIMITS)] == ["svm"]


def test_what_fit_chose_is_judged_by_the_better_engine():
    measured, limits = results()["jobs"], {"auto": {"mlp32": 1.05, "svm": 1.05}}
    assert targets.judge(measured, limits) == []
    peers = measured["mlp32"]["peers"]
    peers |= {"pellucid-auto": of_peer(0.44), "pellucid-torch": of_peer(0.5)}
    (found,) = targets.judge(measured, limits)
    assert found[:3] == ("mlp32", 'time with engine="auto" over the better engine\'s', 1.05)
    assert found[3:] == (pytest.approx(1.1), False)
    del peers["pellucid-torch"]
    (found,) = targets.judge(measured, limits)
    assert found[3:] == (None, None)


def test_what_the_torch_engine_takes_longer_is_judged():
    measured = results()["jobs"]
    limits = {"overhead": {"mlp32": {"bare": 0.06}}}
    assert targets.judge(measured, limits) == []
    measured["mlp32"]["peers"] |= {"pellucid-torch": of_peer(0.75), "bare": of_peer(0.7)}
    (found,) = targets.judge(measured, limits)
    assert found[:3] == ("mlp32", "milliseconds on the torch engine more than bare's", 0.06)
    assert found[3:] == (pytest.approx(0.05), True)
    del measured["mlp32"]["peers"]["bare"]
    measured["mlp32"]["errors"]["bare"] = "MemoryError"
    (found,) = targets.judge(measured, limits)
    assert found[3:] == (None, None)


def in_turns(turns):
    """A peer's figures of two rounds: their medians, and each turn."""
    ms = [statistics.median(each) for each in turns]
    return of_peer(1.0) | {"ms": rounds.spread(ms), "turns": turns}


SLOWING = {  # the machine takes ten times as long in the second half of each round
    "pellucid": in_turns([[1.0, 1.0, 30.0], [1.0, 10.0, 10.0]]),
    "torch": in_turns([[2.0, 2.0, 60.0], [2.0, 20.0, 20.0]]),
    "jax": in_turns([[0.9, 4.0, 40.0], [4.0, 40.0, 9.0]]),
}


def test_turns_are_compared_with_those_of_the_same_moment():
    figures = {"peers": SLOWING}
    assert targets.ratio(figures, "torch") == 0.5
    jax = [1 / 0.9, 1 / 4, 30 / 40, 1 / 4, 10 / 40, 10 / 9]
    assert targets.ratio(figures, "jax") == statistics.median(jax) == 0.5
    medians = [SLOWING[name]["ms"]["median"] for name in ("pellucid", "jax")]
    assert medians[0] / medians[1] == 5.5 / 6.5
    assert targets.ratio(figures, "jax", "megabytes") == 1


def test_a_difference_is_the_median_of_those_at_the_same_moment():
    figures = {"peers": SLOWING | {"pellucid-torch": SLOWING["pellucid"]}}
    assert targets.more(figures, "torch") == statistics.median([-1, -1, -30, -1, -10, -10])
    assert targets.more(figures, "scikit-learn") is None


def test_where_one_has_no_turns_the_medians_are_compared():
    figures = {"peers": SLOWING | {"torch": of_peer(11.0)}}
    assert targets.ratio(figures, "torch") == 0.5


def test_a_peer_that_was_not_run_is_not_judged():
    limits = {"ratio": {"mlp32": {"jax": 1.5}}}
    assert targets.judge(results()["jobs"], limits) == []


def test_short_names_what_is_missed_or_open():
    lines = targets.short(list(verdicts().values()))
    assert lines == [
        "mlp32: peak memory over torch's 0.333, to reach 0.3",
        "mlp32: share of the sgemm rate, at least 0.2, to reach 0.25",
        "svm: time over torch's –, to reach 0.6",
    ]


def test_every_target_of_the_file_is_of_a_job_and_a_peer_that_can_run_it():
    own = targets.load()
    on_gpu = own.pop("gpu")
    assert 0 < on_gpu.pop("busy") < 1
    assert on_gpu.keys() == gpu.PEERS.keys()
    assert all(limits.keys() <= {*gpu.PEERS[name]} for name, limits in on_gpu.items())
    assert set(own) == {*targets.RATIOS, "auto", "overhead", "milliseconds", "sgemm"}
    for measure, by_job in own.items():
        for name, limits in by_job.items():
            for peer in limits if measure in (*targets.RATIOS, "overhead") else ():
                assert environments.can_run(peer, jobs.JOBS[name])
                assert peer in environments.PEERS


def test_the_examples_hold():
    tried = [doctest.testmod(module) for module in (report, targets, rounds)]
    assert [(found.attempted, found.failed) for found in tried] == [(1, 0), (2, 0), (1, 0)]
