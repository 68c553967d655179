"""Pellucid's gates and optimisers on the cases that the `onnx` package makes, at onnx's tolerances.

Each case passes, or stands below with the reason why it does not; a case there that passes is an
error too.
"""

import re
from pathlib import Path

import pytest

from .cases import CASES

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"

LEFT_OUT = {  # why: the cases
    "NumPy has no bfloat16": "celu_bfloat16",
    "windows over three directions": """
        convtranspose_3d maxpool_3d_default averagepool_3d_default
    """,
    "pooling has no dilation": """
        maxpool_2d_dilations maxpool_3d_dilations maxpool_3d_dilations_use_ref_impl
        maxpool_3d_dilations_use_ref_impl_large
        averagepool_2d_dilations averagepool_3d_dilations_small
        averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True
        averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False
        averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True
        averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False
    """,
    "max pooling does not say where it found the largest": """
        maxpool_with_argmax_2d_precomputed_pads maxpool_with_argmax_2d_precomputed_strides
    """,
    "transposed convolution has no groups": """
        convtranspose_group_2 convtranspose_group_2_image_3
    """,
    "padding is with a constant": "edge_pad reflect_pad wrap_pad",
    "of no numbers, none is the largest": "reduce_max_empty_set reduce_max_empty_set_bool",
    "whole numbers: a quotient or a power is a fraction": """
        div_int8 div_int16 div_int32_trunc div_uint8 div_uint16 div_uint32 div_uint64
        pow_types_int64_float32 pow_types_int32_float32
    """,
}
REASONS = {name: why for why, names in LEFT_OUT.items() for name in names.split()}


@pytest.mark.parametrize("name", [name for name in CASES if name not in REASONS])
def test_onnx_case(name):
    CASES[name].check()


@pytest.mark.parametrize("name", REASONS)
def test_a_case_that_is_left_out(name):
    """It must be one of onnx's, and must not pass."""
    difference = CASES[name].difference()
    assert difference, f"{name} passes: take it out of the list"


def test_the_page_says_how_many_pass():
    passing, operations = CASES.keys() - REASONS.keys(), {c.operation for c in CASES.values()}
    said = re.findall(r"(\d+) of (\d+) cases for (\d+) operations pass", PAGE.read_text())
    assert said == [(f"{len(passing)}", f"{len(CASES)}", f"{len(operations)}")]
