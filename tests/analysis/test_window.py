from __future__ import annotations

import math
from datetime import timedelta

from wandbwatch.analysis.curves import CLOCK, recent
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Series

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
