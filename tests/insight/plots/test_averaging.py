"""The exponential average as a picture."""

import numpy as np
import pytest

from pellucid import insight
from pellucid.errors import DataError, SettingError

THETA = [10.0, 12.0, 8.0]


def test_the_numbers_are_those_of_the_formula():
    (average,) = insight.exponential_average_data(THETA, [0.9]).values()
    plain = [1.0, 0.9 * 1.0 + 1.2, 0.9 * 2.1 + 0.8]
    np.testing.assert_allclose(average.plain, plain)
    np.testing.assert_allclose(average.corrected, plain / (1 - 0.9 ** np.arange(1, 4)))


def test_each_beta_has_a_line_with_and_one_without_the_correction(ax):
    figure = insight.exponential_average(THETA, [0.5, 0.9], ax, labels=("day", "degrees"))
    assert figure is ax.figure
    lines = ax.get_lines()
    assert len(lines) == 5
    known = insight.exponential_average_data(THETA, [0.5, 0.9])
    np.testing.assert_allclose(lines[1].get_ydata(), known[0.5].corrected)
    np.testing.assert_allclose(lines[4].get_ydata(), known[0.9].plain)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("day", "degrees")
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words[1:] == [r"$\beta$ = 0.5: about 2 steps", r"$\beta$ = 0.9: about 10 steps"]
    (panel,) = insight.exponential_average(THETA, [0.5], plain=False).axes
    assert len(panel.get_lines()) == 2


def test_what_is_no_row_of_numbers_is_refused():
    with pytest.raises(DataError, match=r"a row of numbers \(T,\); got shape \(2, 2\)"):
        insight.exponential_average(np.zeros((2, 2)))
    with pytest.raises(SettingError, match="a beta from 0 to below 1"):
        insight.exponential_average(THETA, [1.5])
