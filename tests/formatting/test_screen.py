from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.formatting import shown


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain", "plain"),
        ("  5%|#   |\r 50%|##  |\r100%|####|", "100%|####|"),
        ("loading...\rdone", "doneing..."),
        ("loading...\r\x1b[Kdone", "done"),
        ("\x1b[1;31mred\x1b[0m and \x1b[38;5;9mmore\x1b[m", "red and more"),
        ("a\x08b", "b"),
        ("abc\x1b[2DX", "aXc"),
        ("a\x1b[3Cb", "a   b"),
        ("abcdef\x1b[3GX", "abXdef"),
        ("abc\x1b[2Kd", "   d"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("ends\r", "ends"),
        ("\x1b[999999999999Cx", " " * (1 << 16) + "x"),
    ],
)
def test_a_line_comes_out_as_it_stood_at_last(line, expected):
    assert shown(line) == expected


@given(st.text(alphabet="ab\r\x1b[]0123;KCDGm\x07\x08\\"))
def test_nothing_that_steers_is_left(line):
    assert not set(shown(line)) & {"\r", "\x1b", "\x08"}
