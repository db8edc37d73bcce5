from __future__ import annotations

import math
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wandbwatch.analysis.curves import average, smoothed
from wandbwatch.model.run import Series

NAN = math.nan
INF = math.inf


def documented(
    x: list[int], y: list[float], weight: float, width: float
) -> list[float]:
    """W&B's sample code, line by line, for finite values."""
    smoothing_weight = min(math.sqrt(weight), 0.999)
    last_y = debias_weight = 0.0
    out = []
    for i, y_point in enumerate(y):
        prev_x = i - 1 if i > 0 else 0
        change_in_x = ((x[i] - x[prev_x]) / width) * 1000
        adjusted = math.pow(smoothing_weight, change_in_x)
        last_y = last_y * adjusted + y_point
        debias_weight = debias_weight * adjusted + 1
        out.append(last_y / debias_weight)
    return out


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9, 0.99, 0.9999])
def test_it_is_the_documented_formula(weight):
    x = [0, 1, 2, 5, 9, 14, 200, 201, 900]
    y = [3.0, 2.5, 2.7, 2.0, 2.2, 1.4, 1.5, 0.9, 1.0]
    ours = average(x, y, weight, 900)
    assert ours == pytest.approx(documented(x, y, weight, 900), rel=1e-12)


def test_by_value():
    # decay sqrt(.25) = .5 a unit; a unit is a thousandth of the width
    assert average([0, 1, 2], [8.0, 2.0, 2.0], 0.25, 1000) == pytest.approx(
        [8, (8 * 0.5 + 2) / 1.5, (8 * 0.25 + 2 * 0.5 + 2) / 1.75]
    )


def test_no_weight_changes_nothing():
    assert average([0, 1, 2], [3.0, 1.0, 2.0], 0.0, 2) == [3.0, 1.0, 2.0]


def test_what_is_not_finite_is_skipped_and_does_not_poison():
    x = [0, 1, 2, 3, 4, 5]
    there = average(x, [1.0, NAN, INF, 3.0, -INF, 2.0], 0.5, 1000)
    assert [math.isnan(v) for v in there] == [False, True, True, False, True, False]
    without = average([0, 3, 5], [1.0, 3.0, 2.0], 0.5, 1000)
    assert [v for v in there if not math.isnan(v)] == without


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([], [], []),
        ([7], [2.0], [2.0]),
        ([7, 7], [2.0, 4.0], [2.0, 3.0]),  # no width: the plain mean
        ([0, NAN, 2], [1.0, 5.0, 1.0], [1.0, NAN, 1.0]),  # nowhere on the axis
        ([0, 1], [NAN, NAN], [NAN, NAN]),
        ([-1.7e308, 1.7e308], [1.0, 2.0], [1.0, 1.5]),  # a width beyond the floats
        ([0, 0, 5e-324], [1.0, 3.0, 2.0], [1.0, 2.0, 2.0]),
    ],
)
def test_the_edges(x, y, expected):
    (line,) = smoothed([Series("k", x, y)], 0.5)
    assert list(line.y) == pytest.approx(expected, nan_ok=True)


def test_lines_of_one_chart_share_its_width():
    short = Series("k", [0, 1], [0.0, 1.0])
    long = Series("k", [0, 1, 1000], [0.0, 1.0, 1.0], sampled=True)
    one, other = smoothed([short, long], 0.9)
    assert one.y[1] == other.y[1]
    assert one.y[1] != smoothed([short], 0.9)[0].y[1]
    assert other.sampled


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(numbers, st.floats())), st.floats(0, 0.99999))
@example([(0.0, 5e-324)] * 2, 0.0)
def test_it_stays_among_the_values(points, weight):
    line = Series("k", [x for x, _ in points], [y for _, y in points])
    (out,) = smoothed([line], weight)
    seen = [y for y in line.y if math.isfinite(y)]
    assert len(out.y) == len(line.y)
    for value, raw in zip(out.y, line.y, strict=True):
        assert math.isnan(value) != math.isfinite(raw)
        if math.isfinite(value):
            # Half of the smallest number is 0.
            slack = 1e-9 * max(abs(v) for v in seen) + sys.float_info.min
            assert min(seen) - slack <= value <= max(seen) + slack
