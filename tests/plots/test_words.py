from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.plots.words import clean, shorten, without_glyphs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain name", "plain name"),
        ("two\n\tlines  and\u2028more", "two lines and more"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202eab\u200b\u2066c", "abc"),
        ("e\u0301\u0301\u0301\u0301x", "e\u0301\u0301x"),
        ("❤\ufe0f", "❤"),
        ("\ud800x\uffff", "x"),
        ("$x_1$ \\n", "$x_1$ \\n"),
        (" 训练 ", "训练"),
    ],
)
def test_a_name_becomes_one_harmless_line(text, expected):
    assert clean(text) == expected


@given(st.text(max_size=1000))
def test_whatever_it_was_it_can_be_drawn(text):
    cleaned = clean(text)
    assert len(cleaned) <= 301
    assert cleaned.isprintable()


def test_a_stretch_that_no_font_has_is_one_box():
    assert without_glyphs("a训练b失", {"训", "练", "失"}) == "a□b□"


@pytest.mark.parametrize(
    ("width", "expected"),
    [(20, "validation/loss"), (15, "validation/loss"), (9, "vali…loss"), (1, "…")],
)
def test_the_middle_is_cut(width, expected):
    assert shorten("validation/loss", lambda text: len(text) <= width) == expected
