"""Drawings as files and in notebooks."""

import xml.etree.ElementTree as ET

import pytest

from pellucid.errors import ModelFileError, SettingError
from pellucid.insight.drawing import Drawing, document, text, width_of


def drawing():
    return Drawing(document(100, 50, "a & b", [text(10, 20, "x < y", "value")]))


def test_it_is_one_whole_file_that_loads_nothing(tmp_path):
    drawing().save(tmp_path / "d.svg")
    svg = (tmp_path / "d.svg").read_text()
    assert svg == drawing().svg
    root = ET.fromstring(svg)
    assert root.get("viewBox") == "0 0 100 50"
    assert "prefers-color-scheme: dark" in svg
    assert [s for s in ("href", "url(", "@import", "http://", "https://") if s in svg.replace(
        "http://www.w3.org/2000/svg", "")] == []  # fmt: skip


def test_a_page(tmp_path):
    drawing().save(str(tmp_path / "d.html"))
    page = (tmp_path / "d.html").read_text()
    assert page.startswith("<!doctype html>")
    assert drawing().svg in page
    assert list(tmp_path.iterdir()) == [tmp_path / "d.html"]


def test_notebooks():
    assert drawing()._repr_svg_() == drawing().svg
    assert drawing().svg in drawing()._repr_html_()
    assert repr(drawing()).startswith("Drawing of ")


def test_where_it_cannot_be_saved(tmp_path):
    with pytest.raises(SettingError) as error:
        drawing().save("d.png")
    assert str(error.value) == (
        "saving a drawing: expected a path ending in .svg or .html; got d.png. A browser shows"
        " either; for PNG, open the .svg and export it."
    )
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFileError):
        drawing().save(tmp_path / "file" / "d.svg")


def test_the_width_of_a_text():
    assert width_of("12345", 10) == pytest.approx(30.5)
