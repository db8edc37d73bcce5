from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from wandbwatch.model.drawing import (
    Bars,
    Drawing,
    Heatmap,
    HistogramColumn,
    Matrix,
    Parallel,
    Point,
    Scatter,
)
from wandbwatch.model.report import Chart, Plot
from wandbwatch.plots import png

from tests.plots import charts
from tests.plots.pictures import pixels, where
from tests.renderers.strategies import charts as any_charts
from tests.renderers.strategies import plots as any_plots

NAN = math.nan
HUGE = 1.7e308


def test_the_same_chart_makes_the_same_bytes():
    assert png(charts.gradients()) == png(charts.gradients())


@pytest.mark.parametrize(
    "drawing",
    [
        Heatmap("step", "k", ()),
        Heatmap("step", "k", (HistogramColumn(0, (), ()),)),
        Heatmap(
            "step",
            "k",
            (HistogramColumn(NAN, (0, 1), (1,)), HistogramColumn(1, (NAN, 1), (1,))),
        ),
        Heatmap(
            "wall",
            "k",
            (HistogramColumn(5, (0, 0), (3,)), HistogramColumn(5, (0, 1), (NAN,))),
        ),
        Heatmap("x", "k", (HistogramColumn(-HUGE, (-HUGE, HUGE), (HUGE,)),)),
        Heatmap(
            "x",
            "k",
            tuple(HistogramColumn(x, (-HUGE, HUGE), (1,)) for x in (-HUGE, HUGE)),
        ),
        Scatter("a", "b", ()),
        Scatter("a", "b", (Point(1, 2, "one"),), joined=True),
        Scatter("a", "b", (Point(NAN, 2), Point(1, math.inf))),
        Scatter("a", "b", (Point(1, 0), Point(10, 1e9)), log_x=True, log_y=True),
        Scatter("a", "b", (Point(1, 0),), log_x=True, log_y=True),
        Scatter("a", "b", (Point(-HUGE, HUGE), Point(HUGE, -HUGE))),
        Scatter("a", "b", tuple(Point(i, i, f"{i}") for i in range(3000))),
        Bars("a", ()),
        Bars("a", (("one", 0.0),)),
        Bars("a", (("n", NAN), ("up", math.inf), ("most", HUGE), ("least", -HUGE))),
        Bars("a", tuple((f"bar {i}", float(i)) for i in range(99))),
        Matrix("r", "c", (), ()),
        Matrix("r", "c", ("a", "b"), ((NAN, math.inf), (HUGE, HUGE))),
        Matrix("r", "c", ("a", "b"), ((0.0, -1.0), (0.0, 0.0))),
        Matrix("r", "c", tuple(map(str, range(90))), ((1.0,) * 90,) * 90),
        Parallel((), (), ()),
        Parallel(("one",), ("r",), ((1.0,),)),
        Parallel(("a", "b"), ("r",), ((None, None),)),
        Parallel(("a", "b"), ("r", "s"), ((HUGE, NAN), (-HUGE, "word"))),
        Parallel(tuple("abcdefghij"), ("r",), (tuple(range(10)),)),
    ],
)
def test_every_edge_is_drawn(drawing: Drawing):
    picture = pixels(png(Chart("$x_ \u202e<@everyone> 损失", drawing)))
    assert picture.shape[1] == 800


def test_a_heatmap_is_brightest_where_most_values_are():
    columns = tuple(HistogramColumn(x, (0, 1, 2, 3, 4), (0, 9, 1, 0)) for x in range(4))
    light = pixels(png(Chart("k", Heatmap("step", "k", columns))))[60:350, 100:700]
    rows = np.flatnonzero((light.sum(axis=2) > 600).mean(axis=1) > 0.9)
    assert len(rows) > 60  # a quarter of the plot
    assert 120 < rows.mean() < 230
    middle = rows.mean()
    dim = np.flatnonzero((light[:, :, 2] > 100).mean(axis=1) > 0.9)
    assert dim.min() < middle < dim.max() + 1


def test_bands_are_veils_of_their_lines_colour_and_marks_are_dashes():
    plot = charts.marked()
    plain = Plot(plot.key, plot.x, plot.lines)
    bare = pixels(png(plain))
    dashed = (pixels(png(plot)) != bare).any(axis=2)
    assert 300 < dashed[:352].any(axis=0).sum() <= 800
    assert where(bare, 0).any()


def test_parallel_coordinates_are_bright_where_good():
    names, rows = ("a", "b"), ((0.0, 0.0), (1.0, 1.0))

    def light(*, largest: bool) -> list[int]:
        drawing = Parallel(("lr", "loss"), names, rows, largest)
        picture = pixels(png(Chart("p", drawing))).astype(int).sum(axis=2)
        return [picture[half].max() for half in (slice(90, 110), slice(380, 430))]

    low, high = light(largest=False), light(largest=True)
    assert high[0] > low[0]
    assert low[1] > high[1]


def test_an_axis_drawn_log_uniformly_is_a_log_axis():
    rows = tuple((10.0**i, float(i)) for i in range(5))
    drawing = Parallel(("lr", "loss"), tuple("abcde"), rows)
    log = Parallel(("lr", "loss"), tuple("abcde"), rows, log=("lr",))
    linear, straight = (pixels(png(Chart("p", d))) for d in (drawing, log))
    moved = (straight != linear).any(axis=2).any(axis=0)
    assert moved[140:600].mean() > 0.95  # lines begin elsewhere on the first axis
    assert not moved[720:].any()  # and end where they did on the last


@settings(max_examples=25)
@given(any_charts)
def test_any_chart_is_drawn_without_a_warning(chart):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert png(chart).startswith(b"\x89PNG")


@settings(max_examples=25)
@given(any_plots)
def test_any_band_and_mark_is_drawn_without_a_warning(plot):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert png(plot).startswith(b"\x89PNG")
