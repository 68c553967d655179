"""The page of findings is complete, and its code does what it says."""

import importlib.util

from pellucid.insight.diagnosis import CHECKS

from .reading import ROOT, run

PAGE = ROOT / "docs" / "diagnosis.md"


def test_the_page_is_what_the_checks_say():
    place = ROOT / "scripts" / "make_diagnosis_page.py"
    spec = importlib.util.spec_from_file_location("make_diagnosis_page", place)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    again = "write it anew: python scripts/make_diagnosis_page.py"
    assert PAGE.read_text(encoding="utf-8") == script.page(), again
    assert all(f"### {name}\n" in PAGE.read_text(encoding="utf-8") for name in CHECKS)


def test_the_code_of_the_page_prints_what_it_shows():
    assert run(PAGE)["findings"].names[0] == "activation-twice"
