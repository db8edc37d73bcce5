from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from wandbwatch.formatting import charts as text
from wandbwatch.model.cell import MISSING
from wandbwatch.model.drawing import (
    Bars,
    Heatmap,
    HistogramColumn,
    Matrix,
    Parallel,
    Point,
    Scatter,
)
from wandbwatch.model.report import Chart

from tests.plots.pictures import line, plot
from tests.renderers.strategies import charts, plots

FLAT = HistogramColumn(3, (0.0, 1.0, 2.0, 4.0), (1, 2, 1))


def test_every_bin_of_a_heatmap_is_a_row():
    table = text.table(Chart("g", Heatmap("step", "g", (FLAT,))))
    assert table.columns == ("step", "low", "high", "count")
    assert table.rows == ((3, 0.0, 1.0, 1), (3, 1.0, 2.0, 2), (3, 2.0, 4.0, 1))


def test_a_person_reads_quantiles():
    table = text.brief(Chart("g", Heatmap("step", "g", (FLAT,))))
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["50%"] == 1.5
    assert (row["lowest"], row["25%"], row["highest"]) == (0.0, 1.0, 4.0)
    assert row["count"] == 4


def test_an_empty_histogram_has_no_quantiles():
    empty = HistogramColumn(0, (0.0, 1.0), (0,))
    assert math.isnan(text.quantile(empty, 0.5))
    (row,) = text.brief(Chart("g", Heatmap("step", "g", (empty,)))).rows
    assert row[2:] == (MISSING,) * 7


@pytest.mark.parametrize(("share", "value"), [(0, 0.0), (0.25, 1.0), (1, 4.0)])
def test_a_quantile_is_where_its_share_lies_below(share, value):
    assert text.quantile(FLAT, share) == value


def test_a_run_without_a_value_on_an_axis_has_none():
    drawing = Parallel(("lr", "loss"), ("a", "b"), ((None, 1.0), (2.0,)))
    table = text.table(Chart("p", drawing))
    assert table.rows == (("a", MISSING, 1.0), ("b", 2.0, MISSING))


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        (Bars("amount", (("a", 1.0), ("b", -0.5))), "amount: a 1, b -0.5"),
        (Scatter("x", "y", (Point(1, 2, "best", chosen=True),)), "1 point of y over x"),
        (
            Scatter("x", "y", (Point(1, 2),), log_x=True, log_y=True),
            "1 point of y over x (log scale: x, y)",
        ),
        (Parallel(("lr",), ("a",), ((1.0,),)), "1 run through lr"),
        (
            Parallel(
                ("opt", "lr", "loss"),
                ("a", "b", "c", "d"),
                (("sgd", 0.1, 2.0), ("lion", None, 0.5), ("sgd", 1.0, None), ()),
                largest=False,
            ),
            "4 runs through opt, lr, loss; lowest loss 0.5: opt lion",
        ),
        (
            Parallel(("lr", "acc"), ("a", "b"), ((0.1, 7.0), (0.2, math.nan))),
            "2 runs through lr, acc; highest acc 7: lr 0.1",
        ),
        (Heatmap("step", "g", ()), "no histogram of g"),
        (
            Heatmap("wall", "g", (replace(FLAT, x=1.7959e9),)),
            "1 histogram of g; at 2026-11-28 21:06 UTC: median 1.5, 90% in",
        ),
        (
            Heatmap("step", "g", (HistogramColumn(3, (0.0, 1.0), (0,)),)),
            "1 histogram of g; at step 3: empty",
        ),
        (Matrix("actual", "predicted", (), ()), "0 classes, no counts"),
        (
            Matrix("actual", "predicted", ("a", "b"), ((3.0, 1.0), (math.nan, 4.0))),
            "2 classes: 87.5% predicted right; most often wrong: a predicted as",
        ),
    ],
)
def test_it_is_said_in_a_sentence(drawing, said):
    assert text.said(Chart("t", drawing)).startswith(said)


def test_the_lines_of_a_plot_are_reported_by_rank_value_and_trend():
    falling = line([2.5, 1.0, 0.25], name="owl")
    rising = line([0.0, 5.0, 4.0], name="lark", run="b2")
    level = line([1.0, 9.0, 1.0], name="kite", run="c3")
    flat = line([3.0, 3.0], name="wren", run="d4")
    gone = line([1.0, math.nan], name="rook", run="e5")
    empty = line([], name="swan", run="f6")
    assert text.told(plot(falling, rising, level, flat, gone, empty)).split("; ") == [
        "lark rising from 0 to 4, within 0 to 5",
        "wren constant at 3",
        "kite about level, from 1 to 1, within 1 to 9",
        "owl falling from 2.5 to 0.25",
        "rook from 1 to NaN",
        "swan without a finite value",
    ]
    shape = replace(plot(falling), shape=True)
    assert text.told(shape) == "owl within 0.25 to 2.5"
    near = plot(line([1.000000001, 1.000000003]))
    assert text.told(near) == "owl about constant at 1"


def test_many_lines_are_counted():
    many = plot(*(line([1.0], name=f"{i}", run=f"{i}") for i in range(30)))
    assert text.told(many).endswith("; 20 more")


@given(plots)
def test_any_plot_is_reported(plot):
    assert text.told(plot)


@given(charts)
def test_any_chart_has_a_table(chart):
    for table in (text.table(chart), text.brief(chart)):
        assert {len(row) for row in table.rows} <= {len(table.columns)}
    assert text.said(chart)
