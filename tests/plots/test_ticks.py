from __future__ import annotations

import math
import sys
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from wandbwatch.plots.figure import own_settings
from wandbwatch.plots.ticks import MINUS, Scale, label, worded

FIGURE = Figure()
FigureCanvasAgg(FIGURE)


@dataclass(frozen=True)
class Ticks:
    """What is drawn at an x axis, each with its place from 0, the left end, to 1."""

    places: list[float]
    texts: list[str]
    offset: str


def ticks(low: float, high: float, name: str = "", *, log: bool = False) -> Ticks:
    """Let matplotlib draw the ticks of an axis from *low* to *high*."""
    with own_settings():
        FIGURE.clear()
        axes = FIGURE.add_axes((0.0, 0.0, 1.0, 1.0))
        Scale(low, high, log, name).set(axes.xaxis, 5)
        FIGURE.canvas.draw()
        return drawn(axes)


def drawn(axes: Axes) -> Ticks:
    found = []
    for tick in axes.xaxis.get_major_ticks():
        at = axes.transData.transform((tick.get_loc(), 0))[0] / axes.bbox.width
        if -1e-6 <= at <= 1 + 1e-6:
            found.append((float(at), tick.label1.get_text()))
    places, texts = [at for at, _ in found], [text for _, text in found]
    return Ticks(places, texts, axes.xaxis.get_offset_text().get_text())


def texts(found: Ticks) -> list[str]:
    return [text.replace(MINUS, "-") for text in found.texts]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0, 100, ["0", "20", "40", "60", "80", "100"]),
        (0.3, 3.2, ["1", "2", "3"]),
        (0, 20000, ["0", "5k", "10k", "15k", "20k"]),
        (0, 1e6, ["0", "0.2M", "0.4M", "0.6M", "0.8M", "1M"]),
        (7.9e10, 8.5e10, ["80B", "82B", "84B"]),
        (0, 3e-5, ["0", "1e-5", "2e-5", "3e-5"]),
        (-1, 1, ["-1", "-0.5", "0", "0.5", "1"]),
        (0, 1e20, ["0", "2e19", "4e19", "6e19", "8e19", "1e20"]),
        (-1.7e308, 1.7e308, ["-1e308", "0", "1e308"]),
    ],
)
def test_round_numbers(low, high, expected):
    assert texts(ticks(low, high)) == expected


def test_numbers_alike_but_for_their_last_digits_share_an_offset():
    found = ticks(1e6, 1e6 + 0.004)
    assert texts(found) == ["0", "0.001", "0.002", "0.003", "0.004"]
    assert found.offset == "+1M"
    assert max(map(len, ticks(99_000, 99_100).texts)) <= 6


def test_steps_are_whole():
    assert texts(ticks(0, 3, "step")) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("value", [0.0, 3.0, -1e308, 5e-324, sys.float_info.max])
def test_a_constant_has_the_one_tick_of_its_value(value, log):
    found = ticks(value, value, log=log and value > 0)
    (place,) = found.places
    assert abs(place - 0.5) < 0.01
    assert found.texts == [worded(value)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 100, ["0.01", "0.1", "1", "10", "100"]),
        (1e-12, 1, ["1e-12", "1e-9", "1e-6", "0.001", "1"]),
        (1, 9, ["2", "4", "6", "8"]),
        (2, 4, ["2", "2.5", "3", "3.5", "4"]),
        (2.1, 2.9, ["2.2", "2.4", "2.6", "2.8"]),
    ],
)
def test_powers_of_ten(low, high, expected):
    assert texts(ticks(low, high, log=True)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (9999.0, "9999"),
        (12345.0, "12.345k"),
        (0.0001, "0.0001"),
        (1.5e-7, "1.5e-7"),
        (-1.7e308, "-1.7e308"),
        (math.inf, ""),
    ],
)
def test_a_label_has_five_digits(value, expected):
    assert label(value).replace(MINUS, "-") == expected


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([-1.7e308, 0.0, 1.7e308], [0, 0.5, 1]),
        ([0.0, 5e-324, 1e-323], [0, 0.5, 1]),
        ([1e200, 1.5e200, 2e200], [0, 0.5, 1]),
        ([-3e-200, 0.0, 3e-200], [0, 0.5, 1]),
    ],
)
def test_the_largest_and_smallest_floats_have_their_places(values, places):
    scale = Scale.of([np.array(values)])
    assert scale is not None
    with own_settings():
        FIGURE.clear()
        axes = FIGURE.add_axes((0.0, 0.0, 1.0, 1.0))
        scale.set(axes.xaxis, 5)
        points = [(x, 0.0) for x in scale.place(values).tolist()]
        at = axes.transData.transform(points)[:, 0] / axes.bbox.width
        assert at.tolist() == pytest.approx(places, abs=1e-6)
        assert scale.share(values).tolist() == pytest.approx(places)


def test_what_has_no_place_is_nan_and_what_is_beyond_an_end_is_at_it():
    log = Scale(1.0, 100.0, log=True)
    found = log.place([math.nan, math.inf, -1.0, 0.0, 0.5, 10.0, 1000.0]).tolist()
    assert [math.isnan(at) for at in found[:4]] == [True] * 4
    assert found[4:] == [1.0, 10.0, 100.0]
    assert log.share(10.0) == 0.5


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        (3, ["0s", "1s", "2s", "3s"]),
        (1.5, ["0s", "0.5s", "1s", "1.5s"]),
        (60, ["0s", "15s", "30s", "45s", "1m"]),
        (600, ["0s", "2m", "4m", "6m", "8m", "10m"]),
        (9000, ["0s", "30m", "1h", "1h 30m", "2h", "2h 30m"]),
        (86400 * 2, ["0s", "12h", "1d", "1d 12h", "2d"]),
        (86400 * 100, ["0s", "20d", "40d", "60d", "80d", "100d"]),
    ],
)
def test_durations(high, expected):
    assert texts(ticks(0, high, "runtime")) == expected


def test_late_durations_are_told_apart():
    day = 2 * 86400
    found = texts(ticks(day, day + 1800, "runtime"))
    assert found == ["48:00:00", "48:10:00", "48:20:00", "48:30:00"]
    assert texts(ticks(-7200, -7195, "runtime"))[0] == "-2:00:00"


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("name", ["", "step", "runtime", "wall"])
@pytest.mark.parametrize("low", [95.64965639961072, 4999999999999995.0, 2.53e11, 1e-9])
def test_values_too_close_to_tell_apart_are_one(low, name, log):
    found = ticks(low, math.nextafter(low, math.inf), name, log=log)
    assert len(found.places) == 1


@pytest.mark.parametrize(
    ("low", "high", "expected", "day"),
    [
        (
            "2026-11-21T10:00:20",
            "2026-11-21T10:01:10",
            ["10:00:20", "10:00:30"],
            "2026-Nov-21",
        ),
        ("2026-11-21T08:30", "2026-11-21T13:00", ["09:00", "10:00"], "2026-Nov-21"),
        ("2026-11-21T22:30", "2026-11-26T03:00", ["Nov 22", "Nov 23"], "2026"),
        ("2026-01-15T00:00", "2026-05-15T00:00", ["Feb", "Mar"], "2026"),
        ("2020-03-01T00:00", "2025-06-15T00:00", ["2021", "2022"], ""),
    ],
)
def test_moments_in_utc(low, high, expected, day):
    found = ticks(at(low), at(high), "wall")
    assert texts(found)[: len(expected)] == expected
    assert found.offset == day


def test_one_value_is_worded_as_its_axis():
    assert worded(3700.2, "runtime") == "1h 01m"
    assert worded(at("2026-11-21T10:00:20"), "wall") == "Nov 21, 10:00:20"
    assert worded(1e300, "wall") == "1e300"
    assert worded(1_000_000.002) == "1M"


finite = st.floats(-1.7e308, 1.7e308)


@given(
    finite,
    finite,
    st.sampled_from(["", "step", "runtime", "wall"]),
    st.booleans(),
)
def test_any_axis_has_few_ticks_in_order_and_on_it(one, other, name, log):
    low, high = sorted((one, other))
    low, high = (abs(low) or 1.0, abs(high) or 1.0) if log else (low, high)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ticks(min(low, high), max(low, high), name, log=log)
    assert len(found.places) == len(found.texts) <= 10
    assert list(found.places) == sorted(found.places)
    assert all(-0.001 <= place <= 1.001 for place in found.places)
    assert all(not math.isnan(place) for place in found.places)


@given(
    st.floats(min_value=5e-324, max_value=1e308),
    st.floats(min_value=1.01, max_value=10),
)
def test_a_log_axis_has_ticks(low, times):
    assert 1 <= len(ticks(low, min(low * times, 1.7e308), log=True).places) <= 20


@example(0.0, 151.0)
@example(0.0, 71 * 3600.0)
@example(0.0, 151 * 60.0)
@example(0.0, 1070 * 86400.0)
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(min_value=0.001, max_value=1e15),
)
def test_any_time_has_few_ticks(low, width):
    high = low + width
    if low < high:
        assert len(ticks(low, high, "runtime").places) <= 9
        assert len(ticks(low, high, "wall").places) <= 9


@pytest.mark.parametrize("count", [3, 4, 5])
def test_times_of_any_length_have_ticks_on_a_narrow_picture_too(count):
    with warnings.catch_warnings(), own_settings():
        warnings.simplefilter("error")
        FIGURE.clear()
        axis = FIGURE.add_axes((0.0, 0.0, 1.0, 1.0)).xaxis
        for seconds in np.logspace(-2, 9, 120).tolist():
            Scale(1.7e9, 1.7e9 + seconds, name="wall").set(axis, count)
            low, high = axis.get_view_interval()
            found = axis.get_majorticklocs()
            assert 1 <= ((found >= low) & (found <= high)).sum() <= count + 3
