"""docs/gallery: every program of the page runs and draws, and the page is made of the programs."""

import runpy

import pytest
from matplotlib.figure import Figure

from .reading import ROOT, blocks

MAKER = runpy.run_path(str(ROOT / "scripts" / "make_gallery.py"))
PAGE, SECTIONS = MAKER["PAGE"], MAKER["sections"]()
PROGRAMS = [program for programs in SECTIONS.values() for program in programs]
ON_PAGE = [block.text for block in blocks(PAGE) if block.language == "python"]
LARGEST, ALL = 60_000, 1_500_000  # bytes


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_code_on_the_page_draws_a_picture(program):
    (code,) = [text for text in ON_PAGE if text == f"{program.code}\n"]
    names = {"__name__": program.name}
    exec(compile(code, program.name, "exec"), names)
    picture = names["picture"]
    is_drawing = hasattr(picture, "svg") and hasattr(picture, "save")
    assert is_drawing or (isinstance(picture, Figure) and picture.axes)


def test_the_page_is_the_one_that_the_programs_make():
    assert PAGE.read_text() == MAKER["page"](SECTIONS), "run make gallery"


def test_every_program_has_a_title_and_a_caption():
    assert len(PROGRAMS) == len(list(MAKER["PROGRAMS"].glob("*.py")))
    for program in PROGRAMS:
        assert len(program.title) > 10, program.name
        assert program.caption.endswith((".", ")")), program.name


def test_pictures_are_small_and_each_has_its_program():
    files = [path for path in PAGE.parent.iterdir() if path.suffix in (".png", ".svg")]
    stems = {path.stem.removesuffix("-light").removesuffix("-dark") for path in files}
    assert stems == {program.name for program in PROGRAMS}
    sizes = {path.name: path.stat().st_size for path in files}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < ALL


def test_the_rows_of_the_notes_have_their_pictures():
    names = {program.name for program in PROGRAMS}
    assert {"network", "hidden_layer", "activations", "dropout", "score_to_loss"} <= names
    assert {"weights_as_images", "boundaries_by_units", "boundaries_by_lambda"} <= names
    assert {"depth_linear", "depth_tanh", "depth_relu", "exponential_average"} <= names
