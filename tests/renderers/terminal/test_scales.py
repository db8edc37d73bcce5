from __future__ import annotations

import math
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wandbwatch.formatting import span
from wandbwatch.renderers.terminal.scales import CLOCK, clock, scale

floats = st.floats(allow_nan=True, allow_infinity=True)


@example(values=[0.0, sys.float_info.max], log=False, number=5)
@example(values=[sys.float_info.max], log=True, number=1)
@example(values=[4.999999995000042e76, 5e-324], log=True, number=1)
@example(values=[0.0, 1e-322], log=False, number=5)
@example(values=[5e-324, sys.float_info.max], log=True, number=5)
@given(st.lists(floats), st.booleans(), st.integers(1, 20))
def test_every_value_gets_a_coordinate_and_ticks_are_few(values, log, number):
    made = scale(values, log=log)
    if made is None:
        assert not any(math.isfinite(v) and (v > 0 or not log) for v in values)
        return
    for steps in ((), CLOCK):
        marks = made.marks(number, steps)
        least = 2 if made.single is None else 1
        assert least <= len(marks) <= 2 * number + 3
        assert all(0 <= made.place(mark) <= 1 for mark in marks)


@pytest.mark.parametrize("value", [0.0, 1.0, -3e300, 7])
def test_an_axis_of_one_value_has_that_tick_alone(value):
    made = scale([value, value])
    assert made is not None
    assert made.marks(5) == [value]
    assert made.place(value) == pytest.approx(0.5)


def test_ticks_are_round():
    made = scale([0.03, 0.97])
    assert made is not None
    assert made.marks(5) == pytest.approx([0.2, 0.4, 0.6, 0.8])
    between = scale([0.048771, 0.99326])  # 0.5 alone is too few
    assert between is not None
    assert between.marks(3) == pytest.approx([0.2, 0.4, 0.6, 0.8])
    hours = scale([0, 5 * 3600])
    assert hours is not None
    assert hours.marks(5, CLOCK) == [0, 3600, 7200, 10800, 14400, 18000]
    decades = scale([0.001, 500], log=True)
    assert decades is not None
    assert decades.marks(6) == pytest.approx([0.001, 0.01, 0.1, 1, 10, 100])


@pytest.mark.parametrize(
    ("seconds", "name"), [(0, "0s"), (5400, "1h 30m"), (7200, "2h"), (1e300, "1e+300")]
)
def test_spans(seconds, name):
    assert span(seconds) == name


@pytest.mark.parametrize(
    ("apart", "name"),
    [
        (0.2, "00:00:00.000"),
        (60, "00:00:00"),
        (3600, "01-01 00:00"),
        (30 * 86400, "1970-01-01"),
    ],
)
def test_clocks(apart, name):
    assert clock(0, apart)(0) == name
    assert clock(0, apart)(1e300) == "1e+300"
