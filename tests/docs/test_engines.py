"""docs/engines.md: its programs run and print what it says."""

import warnings

from pellucid import engines

from .reading import ROOT, run


def test_the_programs_run():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(ROOT / "docs" / "engines.md")
    finally:
        engines.use("numpy")
