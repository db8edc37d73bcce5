"""A curve in one line, by value."""

from __future__ import annotations

import math

import pytest
from wandbwatch.commands.top.report import spark
from wandbwatch.model.run import Series

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("ys", "drawn"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7, 7, 0, 0], "██▁▁"),
        ([5, 5], "▁▁"),
        ([5], "▁"),
        ([], ""),
        ([1, NAN, 2, INF], "▁×█×"),
        ([NAN], "×"),
        ([-1e308, 1e308], "▁█"),
    ],
)
def test_a_curve_is_drawn_from_its_lowest_to_its_highest(ys, drawn):
    assert spark(Series("k", [float(x) for x in range(len(ys))], ys), 8) == drawn


def test_a_part_shows_its_mean():
    ys = [0.0, 4.0, 8.0, 8.0]
    assert spark(Series("k", [0.0, 1.0, 2.0, 3.0], ys), 2) == "▁█"


def test_where_nothing_was_logged_there_is_a_gap():
    assert spark(Series("k", [0.0, 1.0, 2.0, 9.0], [1.0, 2.0, 3.0, 9.0]), 4) == "▁  █"
