import re

from benchmarks import report, targets

from .figures import results


def page(changed=None):
    measured = results() | (changed or {})
    verdicts = targets.judge(measured["jobs"], {"ratio": {"mlp32": {"torch": 0.45}}})
    return report.page(measured, verdicts, "## Notes\n\nBy hand.\n")


def row(text, section, first):
    """The cells of a section's row."""
    part = text.split(f"## {section}\n")[1].split("\n## ")[0]
    (line,) = re.findall(rf"^\| {first} \|.*$", part, re.M)
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_ratios_targets_and_rates_stand_in_their_tables():
    text = page()
    assert row(text, "Targets", "mlp32")[1:] == ["time over torch's", "0.45", "0.5", "**short**"]
    rates = row(text, "Rate of matrix products", "mlp32")
    assert rates == ["mlp32", "0.016", "200 ± 10 %", "40 (20 %)", "20 (10 %)"]
    assert row(text, "Peak memory", "mlp32") == ["mlp32", "100", "300"]
    assert "0 of 1 targets are reached." in text


def test_times_come_with_their_spread_and_ratios_without_pellucid_itself():
    jobs = results()["jobs"]
    assert report.times(jobs)[1] == ["mlp32", "0.4 ± 10 %", "0.8 ± 10 %"]
    assert report.ratios(jobs)[:2] == [["", "PyTorch"], ["mlp32", "0.5"]]


def test_jobs_that_were_measured_more_often_are_named():
    known = results()
    assert report.how_often(known) == "5 fresh processes"
    known["jobs"]["svm"]["rounds"] = 9
    known["jobs"]["mlp32"]["rounds"] = 5
    assert report.how_often(known) == "5 fresh processes (9 where it is of svm)"


def test_rows_without_turns_are_named():
    known = results()
    known["jobs"]["cold"] = known["jobs"]["svm"]
    for own in known["jobs"]["mlp32"]["peers"].values():
        own["turns"] = [[own["ms"]["median"]]]
    assert "the ratios are those of the figures: svm.\n" in report.page(known, [], "")
    for own in known["jobs"]["svm"]["peers"].values():
        own["turns"] = [[1.0]]
    assert "the ratios are those of the figures" not in report.page(known, [], "")


def test_how_it_is_measured_has_the_number_of_turns():
    assert "pass 12 turns of about 0.2 s" in page()


def test_what_failed_is_said():
    text = page()
    assert row(text, "The same training", "svm")[-1] == "–"
    assert "- svm, PyTorch: `MemoryError`" in text


def test_costs_a_row_are_level_where_growth_is_linear():
    lines = re.findall(r"^\| cnn \|.*$", page(), re.M)
    assert lines == ["| cnn | 125 | 125 |", "| cnn | 500 | 500 |"]


def test_what_was_not_measured_is_left_out():
    text = page({"footprint": {}, "linearity": {}})
    assert "## Install" not in text
    assert "linearity.svg" not in text
    assert "By hand." in text


def test_every_row_of_a_table_is_as_long_as_its_heading():
    for block in re.findall(r"(?:^\|.*\n)+", page(), re.M):
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_columns_are_aligned_on_a_terminal():
    assert report.aligned([["", "long"], ["a", "b"]]) == "   long\na     b"


def test_shares_of_a_step():
    assert row(page(), "Where a step's time goes", "mlp32") == [
        *("mlp32", "0.5 ± 10 %", "60 %", "10 %", "30 %", "0.2")
    ]


def test_every_job_has_its_day():
    text = page()
    assert "- measured: 2026-01-02 (mlp32); 2026-01-03 (svm)\n" in text
