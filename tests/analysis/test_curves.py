from __future__ import annotations

import math
import sys
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wandbwatch.analysis.curves import CLOCK, average, column, recent, smoothed
from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Series

from tests.renderers.strategies import jsons

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


MINUTE = timedelta(minutes=1)


def test_over_time_the_last_point_of_any_key_is_the_end():
    dense = Series("loss", [0, 40, 70, 100], [1, 2, 3, math.nan], sampled=True)
    sparse = Series("val", [0, 120], [5, 6])
    kept = recent({"loss": dense, "val": sparse}, Axis(AxisKind.WALL), MINUTE)
    assert kept is not None
    assert list(kept["loss"].x) == [70, 100]
    assert list(kept["val"].y) == [6]
    assert kept["loss"].sampled


def test_over_steps_the_runs_clock_says_where_it_begins():
    loss = Series("loss", [0, 10, 20, 30], [1, 2, 3, 4])
    clock = Series(CLOCK, [0, 10, 20, 30], [5, 50, 99, 110])
    kept = recent({"loss": loss, CLOCK: clock}, Axis(), MINUTE)
    assert kept is not None
    assert list(kept["loss"].x) == [10, 20, 30]


def test_without_a_clock_nothing_can_be_said():
    loss = Series("loss", [0], [1])
    silent = Series(CLOCK, [0, 1], [math.nan, math.inf])
    assert recent({"loss": loss}, Axis(), MINUTE) is None
    assert recent({"loss": loss, CLOCK: silent}, Axis(), MINUTE) is None


def test_nothing_at_all_stays_nothing():
    assert recent({}, Axis(AxisKind.RUNTIME), MINUTE) == {}


def test_a_sampled_clock_drops_no_point_of_another_key():
    sparse = Series("val", [0, 10, 20, 30], [1, 2, 3, 4])
    clock = Series(CLOCK, [28, 29], [2.8, 2.9], sampled=True)
    kept = recent({"val": sparse, CLOCK: clock}, Axis(), MINUTE)
    assert kept is not None
    assert list(kept["val"].x) == [0, 10, 20, 30]
    clock = Series(CLOCK, [5, 29], [10, 100], sampled=True)
    kept = recent({"val": sparse, CLOCK: clock}, Axis(), MINUTE)
    assert kept is not None
    assert list(kept["val"].x) == [10, 20, 30]


KIND = {"_type": "histogram"}


def test_edges_are_bins_or_packed():
    whole = HistogramColumn(7, (0.0, 0.5, 1.0), (3.0, 4.0))
    assert column(7, {**KIND, "bins": [0, 0.5, 1], "values": [3, 4]}) == whole
    packed = {"min": 0, "size": 0.5, "count": 2}
    assert column(7, {**KIND, "packedBins": packed, "values": [3, 4]}) == whole


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "histogram",
        {"_type": "image-file"},
        KIND,
        {**KIND, "values": [1]},
        {**KIND, "values": [1, 2], "bins": [0, 1]},
        {**KIND, "values": [True], "bins": [0, 1]},
        {**KIND, "values": ["a"], "bins": [0, 1]},
        {**KIND, "values": [10**400], "bins": [0, 1]},
        {**KIND, "values": [1], "packedBins": {"min": 0, "size": 1, "count": 1e9}},
        {**KIND, "values": [1], "packedBins": {"min": 0, "size": 1}},
        {**KIND, "values": [1] * 5000, "bins": list(range(5001))},
    ],
)
def test_what_is_not_whole_is_none(value):
    assert column(0, value) is None


@given(jsons, jsons, jsons)
def test_whatever_a_run_logs_is_read_or_left(values, bins, packed):
    told = {**KIND, "values": values, "bins": bins, "packedBins": packed}
    found = column(0, told)
    assert found is None or len(found.edges) == len(found.counts) + 1


@pytest.mark.parametrize(
    ("bins", "edges"),
    [
        (["-Infinity", 0, 1, "Infinity"], (-1.0, 0.0, 1.0, 2.0)),
        ([float("-inf"), 0, 2, 5], (-2.0, 0.0, 2.0, 5.0)),
        ([0, 1, 3, float("inf")], (0.0, 1.0, 3.0, 5.0)),
        (["-Infinity", "-Infinity", 4, "Infinity"], (2.0, 3.0, 4.0, 5.0)),
    ],
)
def test_bins_without_an_edge_keep_their_counts(bins, edges):
    counted = column(0, {**KIND, "bins": bins, "values": [1, 2, 3]})
    assert counted == HistogramColumn(0, edges, (1.0, 2.0, 3.0))
