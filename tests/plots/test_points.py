from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.plots.points import Path, path, spaced

NAN = math.nan


def drawn(u: npt.ArrayLike, v: npt.ArrayLike, columns: int = 10) -> Path:
    x = np.array(u, dtype=float)
    return path(x, np.array(v, dtype=float), x * columns)


def test_few_points_all_stay():
    found = drawn([0, 0.5, 1], [1, 2, 3])
    assert found.x.tolist() == [0, 0.5, 1]
    assert found.y.tolist() == [1, 2, 3]
    assert not len(found.alone)


def test_a_missing_value_breaks_the_line():
    found = drawn([0, 0.2, 0.4, 0.6, 0.8], [1, 2, NAN, NAN, 3])
    assert [str(v) for v in found.y.tolist()] == ["1.0", "2.0", "nan", "3.0"]
    assert found.alone.tolist() == [4]


def test_one_point_is_alone():
    assert drawn([0.5], [1]).alone.tolist() == [0]
    assert not len(drawn([], []).alone)
    assert not len(drawn([0.1, 0.2], [NAN, NAN]).alone)


def test_every_column_keeps_its_ends_and_its_extremes():
    u = np.linspace(0, 1, 10_000)
    v = np.random.default_rng(1).normal(size=10_000)
    v[7777] = 50.0
    found = drawn(u, v, 100)
    assert len(found.x) <= 4 * 101
    for column in range(100):
        inside = v[np.floor(u * 100) == column]
        kept = found.y[np.floor(found.x * 100) == column]
        assert (kept.min(), kept.max()) == (inside.min(), inside.max())
        assert (kept[0], kept[-1]) == (inside[0], inside[-1])


def test_a_line_that_goes_back_keeps_every_point():
    u = np.concatenate([np.linspace(0, 1, 500), np.linspace(1, 0, 500)])
    assert len(drawn(u, u, 10).x) == 1000


def test_marks_are_distinguished():
    assert spaced(np.array([0.5, 0.0, 0.001, 0.02, NAN]), 0.01).tolist() == [
        0,
        0.02,
        0.5,
    ]


def test_lines_that_share_a_row_of_marks_take_turns():
    u = np.linspace(0, 1, 1001)
    one, other = (spaced(u[300 + 7 * t :], 0.02, t, 2) for t in (0, 1))
    assert (one[0], other[0]) == (u[300], u[307])
    for at in other[2:]:
        assert np.abs(one - at).min() > 0.009
    assert np.diff(one).max() <= 0.061
    alone = np.array([0.1, 0.15, 0.9])
    assert spaced(alone, 0.02, 1, 2).tolist() == alone.tolist()


values = st.floats(0, 1) | st.just(NAN)


@given(st.lists(values, max_size=300), st.integers(1, 20))
def test_no_value_outside_and_no_extreme_lost(ys, columns):
    u = np.linspace(0, 1, len(ys))
    found = drawn(u, ys, columns)
    there = [y for y in ys if not math.isnan(y)]
    kept = [v for v in found.y.tolist() if not math.isnan(v)]
    assert set(kept) <= set(there)
    if there:
        assert (min(kept), max(kept)) == (min(there), max(there))
        assert (kept[0], kept[-1]) == (there[0], there[-1])
