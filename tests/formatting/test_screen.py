from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.formatting import shown
from wandbwatch.formatting.screen import HEIGHT, ScreenRows, rows


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


BARS = "\router {0}/2\n\rinner 0%\x1b[A\router {0}/2\n\rinner 100%\x1b[A"
NEXT = "\n\r          \r\x1b[A\repoch {0} done\nouter {1}/2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", ["a", "b"]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\nb\x1b[Ac", ["ac", "b"]),
        ("a\nb\n\x1b[2A\rX\x1b[B\rY\x1b[Bz", ["X", "Y", " z"]),
        ("a\nb\n\x1b[2FX\x1b[EY\n", ["X", "Y"]),
        ("top\n\x1b[99A\rTOP\n", ["TOP"]),
        ("keep\nold\nolder\n\x1b[2A\x1b[Jnew\n", ["keep", "new"]),
        ("a long row\n\x1b[A\x1b[2Kshort\n", ["short"]),
        (
            "".join(BARS.format(n) + NEXT.format(n, n + 1) for n in range(2)) + "\nend",
            ["epoch 0 done", "epoch 1 done", "outer 2/2", "end"],
        ),
    ],
)
def test_the_cursor_goes_back_to_earlier_rows(text, expected):
    assert rows(text) == expected
    one_by_one = ScreenRows()
    found = [row for letter in text for row in one_by_one.write(letter)]
    found += one_by_one.unfinished()
    assert [row.text for row in found if not row.erased] == expected


def test_the_cursor_goes_back_no_further_than_a_screen():
    text = "".join(f"{n}\n" for n in range(2 * HEIGHT)) + f"\x1b[{3 * HEIGHT}A\r\x1b[KX"
    found = rows(text)
    assert found.index("X") == HEIGHT + 1
    assert len(found) == 2 * HEIGHT
