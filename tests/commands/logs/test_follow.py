from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.logs.report import fresh


@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 80))
def test_what_was_not_shown_is_new(first, told, more):
    """Of lines that are all different, some were told, and the newest are found."""
    lines = list(range(told + more))
    begin = min(first, told)
    assert fresh(lines[:told], lines[begin:]) == lines[told:]


def test_lines_that_are_the_same_are_reported_as_often_as_they_came():
    assert fresh(["a", "a"], ["a", "a", "a"]) == ["a"]
    assert fresh(["x", "a", "a"], ["a", "a", "a", "a"]) == ["a", "a"]


def test_where_too_much_came_at_once_all_that_is_seen_is_new():
    assert fresh(["a", "b"], ["x", "y"]) == ["x", "y"]
    assert fresh([], ["x"]) == ["x"]
