"""Values as people read them."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch import formatting
from wandbwatch.model.cell import MISSING
from wandbwatch.model.run import Json, State

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (12345678901234567890, "12345678901234567890"),
        (3.0, "3"),
        (0.1234567, "0.12346"),
        (2.345678, "2.3457"),
        (12345.678, "12346"),
        (1234567.8, "1234568"),
        (12345678.9, "1.2346e+07"),
        (0.00001234567, "1.2346e-05"),
        (99999.99, "100000"),
        (0.5, "0.5"),
        (1e300, "1e+300"),
        (-0.25, "-0.25"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers(value, text):
    assert formatting.number(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_reads_back_near_what_it_was(value):
    assert float(formatting.number(value)) == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.254, "0.25s"),
        (12.9, "12s"),
        (125, "2m 05s"),
        (4 * 3600 + 5 * 60, "4h 05m"),
        (3 * 86400 + 4 * 3600 + 59, "3d 4h"),
        (-125, "-2m 05s"),
    ],
)
def test_durations(seconds, text):
    assert formatting.duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=-2), "just now"),
        (timedelta(seconds=40), "40s ago"),
        (timedelta(minutes=59, seconds=59), "59m ago"),
        (timedelta(hours=3, minutes=50), "3h ago"),
        (timedelta(days=20), "20d ago"),
        (timedelta(days=365), "2025-01-01"),
        (timedelta(hours=-2), "in 2h"),
    ],
)
def test_ages(ago, text):
    assert formatting.age(NOW - ago, NOW) == text


def test_a_time_is_an_age_where_now_is_known_and_utc_where_not():
    then = datetime(2026, 1, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert formatting.cell(then, NOW) == "2h ago"
    assert formatting.cell(then) == "2026-01-01 09:30 UTC"
    assert formatting.cell(then.replace(tzinfo=None)) == "2026-01-01 10:30 UTC"


@given(st.datetimes(timezones=st.timezones() | st.none()), st.timedeltas())
def test_any_time_and_span_has_a_wording(when, span):
    assert formatting.cell(when)
    assert formatting.cell(when, NOW)
    assert formatting.cell(span)


def test_every_state_has_a_mark_of_one_cell_and_its_word():
    for state in State:
        assert formatting.cell(state) == f"{formatting.MARKS[state]} {state.value}"
        assert unicodedata.east_asian_width(formatting.MARKS[state]) in {"N", "Na"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MISSING, "–"),
        (None, "null"),
        (True, "true"),
        ("", ""),
        (("a", "b"), "a, b"),
        (["a,b", "c"], '["a,b","c"]'),
        ((), "–"),
        ({}, "{}"),
        ([1, 2.0, math.nan, None], "[1,2,NaN,null]"),
        ({"lr": 0.1, "betas": [0.9, 0.999]}, '{"lr":0.1,"betas":[0.9,0.999]}'),
        ({"_type": "image-file", "width": 64, "height": 32}, "image 64×32"),
        (
            {"_type": "image-file", "width": 64, "height": 64, "caption": "a cat"},
            "image 64×64 a cat",
        ),
        (
            {"_type": "images/separated", "count": 3, "width": 8, "height": 8},
            "images (3) 8×8",
        ),
        ({"_type": "histogram", "values": [1] * 64}, "histogram (64 bins)"),
        (
            {"_type": "histogram", "packedBins": {"min": 0, "size": 1, "count": 32}},
            "histogram (32 bins)",
        ),
        ({"_type": "table-file", "nrows": 3, "ncols": 12}, "table 3×12"),
        ({"_type": "audio-file"}, "audio"),
        ({"_type": "new-thing", "x": 1}, '{"_type":"new-thing","x":1}'),
        ({"_type": ["image-file"]}, '{"_type":["image-file"]}'),
        ({"_type": "image-file", "width": "a\x1b[1m"}, "image"),
    ],
)
def test_cells(value, text):
    assert formatting.cell(value) == text


def test_values_nested_without_end_are_shown_to_a_depth():
    deep: list[Json] = []
    for _ in range(100_000):
        deep = [deep]
    assert formatting.cell(deep).count("[") == formatting.DEEPEST


@pytest.mark.parametrize(
    ("text", "one_line", "lines"),
    [
        ("plain", "plain", "plain"),
        ("a\r\nb\nc\rd\u2028e\x85f", "a b c d e f", "a\nb\nc\nd\ne\nf"),
        ("a\tb", "a b", "a       b"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m", "[31mred[0m"),
        ("\x9b31mred", "31mred", "31mred"),
        ("abc\u202edcba", "abcdcba", "abcdcba"),
        ("\ud800", "\ufffd", "\ufffd"),
        ("日本語 😀 é", "日本語 😀 é", "日本語 😀 é"),
    ],
)
def test_clean(text, one_line, lines):
    assert formatting.clean(text) == one_line
    assert formatting.clean(text, lines=True) == lines


@given(st.text(st.characters()))
def test_clean_text_holds_nothing_that_steers(text):
    for lines in (False, True):
        cleaned = formatting.clean(text, lines=lines)
        left = {
            unicodedata.category(c)
            for c in cleaned.replace("\n", "" if lines else "\n")
        }
        assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}
