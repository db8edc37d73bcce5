from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.plots.numbers import Tick
from wandbwatch.plots.times import days, runtime, runtime_at, wall, wall_at


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def texts(ticks: list[Tick]) -> list[str]:
    return [text for _, text in ticks]


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        (3, ["0s", "0.5s", "1s", "1.5s", "2s", "2.5s", "3s"]),
        (60, ["0", "10s", "20s", "30s", "40s", "50s", "1m"]),
        (600, ["0", "2m", "4m", "6m", "8m", "10m"]),
        (9000, ["0", "30m", "1h", "1h30m", "2h", "2h30m"]),
        (86400 * 2, ["0", "12h", "1d", "1d12h", "2d"]),
        (86400 * 100, ["0d", "20d", "40d", "60d", "80d", "100d"]),
    ],
)
def test_spans_of_time(high, expected):
    assert texts(runtime(0, high, 7)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("2026-11-21T10:00:20", "2026-11-21T10:01:10", ["10:00:20", "10:00:30"]),
        ("2026-11-21T22:30:00", "2026-11-22T03:00:00", ["23:00", "Nov 22", "01:00"]),
        ("2026-11-21T22:30:00", "2026-11-26T03:00:00", ["Nov 22", "Nov 23"]),
        ("2026-01-15T00:00:00", "2026-06-15T00:00:00", ["Feb 2026", "Mar 2026"]),
        ("2020-03-01T00:00:00", "2026-06-15T00:00:00", ["2021", "2022"]),
        ("2026-11-21T10:00:00", "2026-11-21T10:00:02", ["10:00:00.00", "10:00:02.00"]),
    ],
)
def test_moments_in_utc(low, high, expected):
    assert texts(wall(at(low), at(high), 7))[: len(expected)] == expected


def test_the_days_are_named():
    start = at("2026-11-21T10:00:00")
    assert days(start, start + 3600) == "2026-11-21, UTC"
    assert days(start, start + 86400) == "2026-11-21 to 2026-11-22, UTC"
    assert days(0.0, 1e300) == "time, UTC"


def test_one_point_is_told_by_its_time():
    assert runtime_at(3700.2) == "1h1m"
    assert wall_at(at("2026-11-21T10:00:20")) == "10:00:20"
    assert wall_at(1e300) == "1e300"


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(min_value=0.001, max_value=1e15),
)
def test_any_time_has_few_ticks(low, width):
    high = low + width
    if low < high:
        assert len(runtime(low, high, 7)) <= 9
        assert len(wall(low, high, 7)) <= 9
