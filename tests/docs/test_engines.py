"""docs/engines.md: its programs run and print what it says."""

import warnings

from pellucid import engines

from .reading import ROOT, run


def test_the_programs_run(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(ROOT / "docs" / "engines.md")
    finally:
        engines.use("numpy")
