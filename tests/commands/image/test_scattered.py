from __future__ import annotations

import math

import pytest
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.image.plotting import scattered
from wandbwatch.model.drawing import Point, Scatter
from wandbwatch.model.query import Query
from wandbwatch.model.run import Run, State

PAIR = ("config.lr", "val/loss")
RUNS = [
    Run("a", "one", State.FINISHED, config={"lr": 0.1}, summary={"val/loss": 2.0}),
    Run("b", "two", State.FINISHED, config={"lr": 1}, summary={"val/loss": 1.0}),
    Run("c", "lost", State.FAILED, config={"lr": 2}, summary={"val/loss": math.nan}),
    Run("d", "words", State.FAILED, config={"lr": "x"}, summary={"val/loss": True}),
]


def test_a_run_with_both_values_is_a_point_and_the_best_is_highlighted():
    chart = scattered.chart(RUNS, *PAIR, Objective("val/loss"))
    assert chart.title == "val/loss over config.lr"
    points = (Point(0.1, 2.0, "one"), Point(1.0, 1.0, "two", chosen=True))
    assert chart.drawing == Scatter(*PAIR, points)
    said = ["2 of 4 runs lack one of the two values"]
    assert list(scattered.notes(RUNS, chart)) == said


def test_the_names_that_no_run_has_a_number_for():
    assert scattered.lacking(RUNS, ("config.nope", "val/loss")) == ["config.nope"]


def test_no_more_is_asked_of_a_run_than_is_drawn():
    asked = scattered.query(Query(limit=3), PAIR, Objective("acc", largest=True))
    assert asked == Query(limit=3, summary=("val/loss", "acc"), config=("lr",))


@pytest.mark.parametrize(
    ("rates", "asked", "log"),
    [
        ((1e-5, 1e-2), (False, False), (True, False)),
        ((0.1, 1.0), (False, False), (False, False)),
        ((0.1, 1.0), (True, True), (True, True)),
        ((0.0, 1e3), (False, False), (False, False)),
        ((), (False, False), (False, False)),
    ],
)
def test_values_that_span_decades_have_a_log_axis(rates, asked, log):
    runs = [
        Run(f"r{i}", "", State.FINISHED, config={"lr": rate}, summary={"val/loss": 1})
        for i, rate in enumerate(rates)
    ]
    drawing = scattered.chart(runs, *PAIR, None, log=asked).drawing
    assert isinstance(drawing, Scatter)
    assert (drawing.log_x, drawing.log_y) == log
