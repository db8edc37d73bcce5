from __future__ import annotations

import math
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wandbwatch.commands.image.parse import Band
from wandbwatch.commands.image.plotting.grouping import grouped, is_aligned, names
from wandbwatch.model.report import Line, Partial
from wandbwatch.model.run import Run, Series, State

NAN = math.nan


def run(name: str, group: str = "", **more: object) -> Run:
    made = Run(name, name, State.FINISHED, group=group)
    for field, value in more.items():
        object.__setattr__(made, field, value)
    return made


def line(name: str, *points: tuple[float, float]) -> Line:
    return Line(name, name, Series("k", [x for x, _ in points], [y for _, y in points]))


def points(one: Line) -> list[tuple[float, float]]:
    return list(zip(one.series.x, one.series.y, strict=True))


def edges(one: Line) -> tuple[list[float], list[float]]:
    assert one.band
    return list(one.band[0].y), list(one.band[1].y)


def test_the_mean_of_a_group_with_its_number_of_runs():
    runs = [run("a", "ppo"), run("b", "ppo"), run("c")]
    lines = [line("a", (0, 1), (1, 3)), line("b", (0, 3), (1, 5)), line("c", (0, 9))]
    ppo, rest = grouped(lines, runs, "group", Band.STD)
    assert (ppo.name, rest.name) == ("ppo (n=2)", "(none) (n=1)")
    assert points(ppo) == [(0, 2), (1, 4)]
    low, high = edges(ppo)
    assert low == pytest.approx([2 - 2**0.5, 4 - 2**0.5])
    assert high == pytest.approx([2 + 2**0.5, 4 + 2**0.5])
    assert edges(rest) == ([9], [9])


@pytest.mark.parametrize(
    ("band", "low", "high"), [(Band.MINMAX, 1, 3), (Band.SEM, 1, 3)]
)
def test_the_other_bands(band, low, high):
    lines = [line("a", (0, 1)), line("b", (0, 3))]
    (one,) = grouped(lines, [run("a", "g"), run("b", "g")], "group", band)
    (lowest,), (highest,) = edges(one)
    assert (lowest, highest) == pytest.approx((low, high))


def test_runs_with_other_steps_are_interpolated_and_not_continued():
    lines = [line("a", (0, 0), (10, 10)), line("b", (5, 7), (15, 9))]
    runs = [run("a", "g"), run("b", "g")]
    (one,) = grouped(lines, runs, "group", Band.MINMAX)
    assert points(one) == [(0, 0), (5, 6), (10, 9), (15, 9)]
    assert edges(one) == ([0, 5, 8, 9], [0, 7, 10, 9])
    assert is_aligned(lines, runs, "group")
    assert not is_aligned(lines, [run("a", "g"), run("b", "h")], "group")


@pytest.mark.parametrize(
    ("ends", "partial", "label"),
    [((100, 60), Partial(59, 1, 2), "g (n=1 of 2)"), ((100, 100), None, "g (n=2)")],
)
def test_where_runs_of_a_group_have_ended_it_says_how_many_are_left(
    ends, partial, label
):
    lines = [
        line(name, *((x, float(x)) for x in range(end)))
        for name, end in zip("ab", ends, strict=True)
    ]
    (one,) = grouped(lines, [run("a", "g"), run("b", "g")], "group", Band.STD)
    assert (one.name, one.label, one.partial) == ("g (n=2)", label, partial)
    assert one.end == (min(ends) - 1, min(ends) - 1)


def test_what_is_not_finite_does_not_count():
    lines = [line("a", (0, NAN), (1, 2)), line("b", (0, 4), (1, math.inf))]
    (one,) = grouped(lines, [run("a", "g"), run("b", "g")], "group", Band.STD)
    assert points(one) == [(0, 4), (1, 2)]
    assert grouped([line("a", (0, NAN))], [run("a")], "group", Band.STD) == ()


def test_a_run_is_in_each_group_of_its_tags():
    assert names(run("a", tags=("x", "y")), "tag") == ("x", "y")
    assert names(run("a"), "tag") == ("(none)",)
    assert names(run("a", config={"opt.name": "adam"}), "config.opt.name") == ("adam",)
    assert names(run("a", config={"lr": 0.1}), "config.lr") == ("0.1",)
    assert names(run("a", config={}), "config.lr") == ("(none)",)


values = st.floats() | st.floats(-5, 5)
curves = st.lists(st.tuples(values, values), max_size=6)


@given(st.lists(curves, max_size=4), st.sampled_from(Band))
@example([[(0.0, sys.float_info.max)]] * 3, Band.STD)
def test_any_curves_make_bands_around_their_mean(several, band):
    lines = [line(str(i), *one) for i, one in enumerate(several)]
    runs = [run(str(i), "g") for i in range(len(several))]
    for one in grouped(lines, runs, "group", band):
        assert list(one.series.x) == sorted(set(one.series.x))
        assert all(map(math.isfinite, one.series.y))
        assert one.band
        assert [len(edge.y) for edge in one.band] == [len(one.series.x)] * 2


def test_long_runs_are_drawn_at_a_thousand_places():
    lines = [
        line(n, *((x + i, 1.0) for x in range(0, 3000, 2))) for i, n in enumerate("ab")
    ]
    (one,) = grouped(lines, [run("a", "g"), run("b", "g")], "group", Band.STD)
    assert len(one.series.x) == 1000
    assert set(one.series.y) == {1.0}
