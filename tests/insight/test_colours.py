"""The colours are readable on their backgrounds."""

import pytest

from pellucid.insight.colours import DARK, GREY, LIGHT


def luminance(colour):
    """The relative luminance of #rrggbb (WCAG 2)."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_and_lines_stand_out(tones):
    for text in (tones.ink, tones.note, tones.value, tones.gradient):
        assert contrast(text, tones.page) > 4.5, text
    for inside in (tones.fill, tones.pale_blue, tones.pale_amber):
        assert contrast(tones.ink, inside) > 4.5, inside
    for line in (tones.line, tones.blue, tones.orange, tones.green, tones.amber):
        assert contrast(line, tones.page) > 3, line


def test_the_grey_of_pictures_without_a_background_is_readable_on_both():
    assert min(contrast(GREY, page) for page in ("#ffffff", "#000000")) > 4
