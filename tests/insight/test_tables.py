"""Tables."""

from pellucid.insight.tables import aligned, as_html


def test_groups_of_several_rows_have_room_between_them():
    table = aligned(("a", "b"), [[("x", "1"), ("", "22")], [("long", "3")]])
    assert table.splitlines() == ["a      b", "────────", "x      1", "      22", "", "long   3"]


def test_html_says_what_it_is_given_and_no_tags():
    html = as_html(["<loss>"], ("a", "b"), [[("<b>", "1")]])
    assert "&lt;loss&gt;" in html
    assert "&lt;b&gt;" in html
    assert html.count("<td") == html.count("<th") - html.count("<thead") == 2
