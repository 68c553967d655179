"""docs/see-through.md: every block prints what stands under it, and its pictures are drawn so."""

import pytest

from .reading import ROOT, run

PAGE = ROOT / "docs" / "see-through.md"


@pytest.fixture(scope="module")
def names():
    return run(PAGE)


@pytest.mark.parametrize(
    ("picture", "drawn"),
    [
        ("circuit", lambda names: names["drawing"]),
        ("logistic_regression", lambda names: names["logistic"]),
        ("network", lambda names: names["folded"]),
        ("score_to_loss", lambda names: names["steps"].picture(example=2)),
    ],
)
def test_its_pictures_are_what_it_draws(names, picture, drawn):
    """After a change of the drawing: save it as docs/pictures/<picture>.svg, and look at it."""
    assert f"pictures/{picture}.svg" in PAGE.read_text()
    file = (ROOT / "docs" / "pictures" / f"{picture}.svg").read_text()
    assert file == drawn(names).svg
