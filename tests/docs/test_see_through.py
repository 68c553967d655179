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
    ],
)
def test_its_pictures_are_what_it_draws(names, picture, drawn):
    """After a change of the drawing: save it as docs/pictures/<picture>.svg, and look at it."""
    assert f"pictures/{picture}.svg" in PAGE.read_text()
    file = (ROOT / "docs" / "pictures" / f"{picture}.svg").read_text()
    assert file == drawn(names).svg


def test_the_steps_of_one_example_are_drawn(names):
    (panel,) = names["figure"].axes
    words = {text.get_text() for text in panel.texts}
    assert {"frog", "−2.20", "0.818", "sum 2.01", "0.0978", "2.32"} <= words
    for background in ("light", "dark"):
        picture = f"gallery/score_to_loss-{background}.png"
        assert picture in PAGE.read_text()
        assert (PAGE.parent / picture).exists()
