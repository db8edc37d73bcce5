from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.plots.numbers import MINUS, Tick, label, linear, logarithmic


def texts(ticks: list[Tick]) -> list[str]:
    return [text.replace(MINUS, "-") for _, text in ticks]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0.3, 3.2, ["0.5", "1", "1.5", "2", "2.5", "3"]),
        (0, 20000, ["0", "5k", "10k", "15k", "20k"]),
        (0, 1.2e6, ["0", "0.2M", "0.4M", "0.6M", "0.8M", "1M", "1.2M"]),
        (7.9e10, 8.5e10, ["79B", "80B", "81B", "82B", "83B", "84B", "85B"]),
        (0, 3e-5, ["0", "5e-6", "1e-5", "1.5e-5", "2e-5", "2.5e-5", "3e-5"]),
        (-1, 1, ["-1", "-0.5", "0", "0.5", "1"]),
        (100000, 100002, ["100k", "100.0005k", "100.001k", "100.0015k", "100.002k"]),
        (0, 1e20, ["0", "2e19", "4e19", "6e19", "8e19", "1e20"]),
    ],
)
def test_round_numbers(low, high, expected):
    assert texts(linear(low, high, 6)) == expected


def test_steps_are_whole():
    assert texts(linear(0, 3, 7, whole=True)) == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 100, ["0.01", "0.1", "1", "10", "100"]),
        (1e-12, 1, ["1e-12", "1e-10", "1e-8", "1e-6", "0.0001", "0.01", "1"]),
        (1, 9, ["1", "2", "5"]),
        (2, 4, ["2", "3", "4"]),
        (2.1, 2.9, ["2.2", "2.4", "2.6", "2.8"]),
    ],
)
def test_powers_of_ten(low, high, expected):
    assert texts(logarithmic(low, high, 6)) == expected


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (0.0, 1.0, "0"),
        (9999.0, 1.0, "9999"),
        (12345.0, 1.0, "12.345k"),
        (0.0001, 0.0001, "0.0001"),
        (1.5e-7, 1e-8, "1.5e-7"),
        (-1.7e308, 1e307, "-1.7e308"),
    ],
)
def test_a_label_tells_a_value_from_the_next(value, step, expected):
    assert label(value, step).replace(MINUS, "-") == expected


finite = st.floats(-1.7e308, 1.7e308)


@given(finite, finite, st.booleans())
def test_ticks_are_few_in_order_and_on_the_axis(one, other, whole):
    low, high = sorted((one, other))
    if low == high:
        low = math.nextafter(low, -math.inf)
    ticks = linear(low, high, 6, whole=whole)
    places = [value for value, _ in ticks]
    assert len(ticks) <= 8
    assert places == sorted(set(places))
    assert all(low <= place <= high for place in places)


@given(
    st.floats(min_value=5e-324, max_value=1e308),
    st.floats(min_value=1.01, max_value=10),
)
def test_a_log_axis_has_ticks(low, times):
    high = min(low * times, 1.7e308)
    assert 1 <= len(logarithmic(low, high, 6)) <= 20
