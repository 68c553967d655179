"""The geometry of windows, against counting them one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.engines import Window, same_padding

from .shapes import windows


def places(length, before, after, kernel, stride, dilation):
    """For each position of a window along an axis, the places of the padded axis that it sees."""
    found, start = [], 0
    while start + (kernel - 1) * dilation < before + length + after:
        found.append([start + tap * dilation for tap in range(kernel)])
        start += stride
    return found


def along(window, size, axis):
    before, after = window.padding[axis]
    settings = window.kernel[axis], window.strides[axis], window.dilation[axis]
    return places(size[axis], before, after, *settings)


@given(windows())
def test_output_size_and_taps_are_those_of_counting(drawn):
    window, size = drawn
    rows, columns = along(window, size, 0), along(window, size, 1)
    assert window.output_size(*size) == (len(rows), len(columns))
    padded = window.padded_size(*size)
    number = np.arange(padded[0] * padded[1]).reshape(1, *padded, 1)
    taps = dict(window.taps(*size))
    assert list(taps) == [(i, j) for i in range(window.kernel[0]) for j in range(window.kernel[1])]
    for (i, j), seen in taps.items():
        expected = [[number[0, row[i], column[j], 0] for column in columns] for row in rows]
        assert number[seen][0, ..., 0].tolist() == expected


@given(windows())
def test_inside_is_the_image_itself(drawn):
    window, size = drawn
    (top, bottom), (left, right) = window.padding
    image = np.ones((1, *size, 1))
    padded = np.pad(image, ((0, 0), (top, bottom), (left, right), (0, 0)))
    assert padded.shape[1:3] == window.padded_size(*size)
    assert padded[window.inside(*size)].shape == image.shape
    assert padded[window.inside(*size)].all()


@given(windows())
def test_reach_is_what_one_window_spans(drawn):
    window, size = drawn
    for axis in (0, 1):
        first = along(window, size, axis)[0]
        assert window.reach[axis] == first[-1] - first[0] + 1


SIDE = st.integers(1, 12)


@given(size=SIDE, kernel=SIDE, stride=SIDE, dilation=st.integers(1, 4))
def test_same_padding_is_the_least_that_gives_all_outputs(size, kernel, stride, dilation):
    before, after = same_padding(size, kernel, stride, dilation)
    outputs = -(-size // stride)
    assert len(places(size, before, after, kernel, stride, dilation)) >= outputs
    assert after - before in (0, 1)
    if before + after:
        fewer = len(places(size, 0, before + after - 1, kernel, stride, dilation))
        assert fewer < outputs
        assert len(places(size, before, after, kernel, stride, dilation)) == outputs


@given(size=SIDE, kernel=SIDE, stride=SIDE, dilation=st.integers(1, 4))
def test_with_same_padding_the_number_of_outputs_is_the_size_over_the_stride(
    size, kernel, stride, dilation
):
    sides = same_padding(size, kernel, stride, dilation)
    window = Window((kernel, 1), (stride, 1), (sides, (0, 0)), (dilation, 1))
    assert window.output_size(size, 1) == (-(-size // stride), 1)


def test_an_odd_amount_of_same_padding_comes_after():
    assert same_padding(5, 3, 1, 1) == (1, 1)
    assert same_padding(6, 3, 2, 1) == (0, 1)
    assert same_padding(5, 2, 1, 1) == (0, 1)
    assert same_padding(5, 1, 2, 1) == (0, 0)
    assert same_padding(4, 3, 1, 2) == (2, 2)


def test_a_window_that_has_no_room_has_no_outputs():
    assert Window((3, 3)).output_size(2, 3) == (0, 1)
    assert min(Window((3, 3), (2, 2), dilation=(2, 1)).output_size(3, 5)) < 1
