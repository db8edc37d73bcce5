"""How fast a run goes, by value."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.analysis.eta import (
    Forecast,
    Pace,
    Total,
    done,
    left,
    observed,
    pace,
    paces,
)
from wandbwatch.cli import grammar
from wandbwatch.cli.main import _source
from wandbwatch.model.cell import MISSING
from wandbwatch.model.ports import Screen
from wandbwatch.model.query import Query
from wandbwatch.model.report import Table
from wandbwatch.model.run import Run, Series, State
from wandbwatch.plugins import load
from wandbwatch.sources.cloud import session

from tests.fakes import NOW, FakeSource, fake_env
from tests.servers.wandb import Run as Served

NAN = float("nan")


def running(step: int | None, **rest: object) -> Run:
    return Run("a", "a", State.RUNNING, last_step=step, **rest)  # type: ignore[arg-type]


def clock(*points: tuple[float, float]) -> Series:
    return Series("_runtime", [x for x, _ in points], [y for _, y in points])


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("1000", Total(1000)),
        (" 1e6 ", Total(1e6)),
        ("config.trainer.max steps", Total(key="trainer.max steps", config=True)),
        ("total/steps", Total(key="total/steps")),
    ],
)
def test_a_total_is_a_number_or_a_key(text, total):
    assert Total.read(text) == total


@pytest.mark.parametrize("text", ["", "0", "-5", "nan", "inf", "config.", "a\nb"])
def test_what_is_no_total_is_said(text):
    with pytest.raises(ValueError, match=r"total|steps"):
        Total.read(text)


def test_a_run_says_its_total():
    run = running(1, config={"n": 100, "b": True, "t": "x"}, summary={"n": 7.0})
    said = [Total.read(t).of(run) for t in ("config.n", "n", "config.b", "config.t")]
    assert said == [100, 7, None, None]
    assert Total.read("k").of(running(1, summary={"k": NAN})) is None


def test_only_what_is_needed_is_asked_for():
    bare = Query(summary=(), config=("a",))
    assert Total.read("config.n").asked(bare).config == ("a", "n")
    assert Total.read("n").asked(bare).summary == ("n",)
    assert Total.read("n").asked(Query()).summary is None
    assert Total.read("9").asked(bare) == bare


def test_a_resumed_run_is_not_as_fast_as_its_steps_are_high():
    known = pace(clock((5000, 0.0), (5010, 20.0), (5020, 40.0)))
    assert known == Pace(20, 40)
    assert left(running(5020), 5121, known) == timedelta(seconds=200)


def test_a_clock_that_restarts_counts_no_time_between():
    assert pace(clock((0, 0), (10, 100), (11, 0), (20, 100))) == Pace(20, 200)


@pytest.mark.parametrize("idle", [timedelta(weeks=3), timedelta(minutes=1)])
def test_a_run_that_has_not_moved_for_weeks_has_no_eta(idle):
    moved = (NOW - idle).timestamp()
    run = replace(running(50), summary={"_timestamp": moved}, heartbeat=NOW)
    forecast = Forecast(Total(100), {run.id: Pace(50, 50)}, NOW)
    assert (forecast.cells(run)[1] is MISSING) == (idle > timedelta(hours=1))


def test_the_first_ten_steps_are_silent():
    assert left(running(9), 100, pace(clock((0, 0), (9, 9)))) is None
    assert left(running(10), 100, pace(clock((0, 0), (10, 10)))) is not None


@pytest.mark.parametrize(
    ("run", "total", "known"),
    [
        (running(None), 100, Pace(50, 50)),
        (running(50), None, Pace(50, 50)),
        (running(50), 100, None),
        (running(50), 100, Pace(50, 0)),
        (running(50), 1e300, Pace(50, 50)),
        (Run("a", "a", State.FINISHED, last_step=50), 100, Pace(50, 50)),
    ],
)
def test_where_it_is_unknown_no_eta_is_given(run, total, known):
    assert left(run, total, known) is None


def test_what_is_over_its_total_is_done():
    assert left(running(150), 100, Pace(50, 50)) == timedelta()
    assert done(150, 100) == 1
    assert done(49, 100) == 0.5
    assert done(None, 100) is None


def test_no_points_make_no_pace():
    assert pace(None) is None
    assert pace(clock((NAN, 1), (2, NAN))) is None
    assert observed([]) is None
    assert observed([(5, 1.0), (25, 11.0)]) == Pace(20, 10)


def test_one_question_brings_the_paces_of_what_runs():
    runs = [running(50), Run("b", "b", State.FINISHED)]
    source = FakeSource(runs, [clock((0, 0), (50, 100))])
    assert paces(source, runs, Query(filters={"x": 1})) == {"a": Pace(50, 100)}
    (query,) = source.queries
    assert (query.ids, query.filters, query.summary) == (("a",), {}, ())
    assert paces(FakeSource(), runs[1:], Query()) == {}


def test_a_forecast_is_a_total_and_a_span():
    runs = [running(50, config={"n": 151}), Run("b", "b", State.FINISHED)]
    source = FakeSource(runs, [clock((0, 0), (50, 100))])
    forecast = Forecast.of(source, runs, Total.read("config.n"))
    assert forecast.cells(runs[0]) == (151, timedelta(seconds=200))
    assert forecast.cells(runs[1]) == (MISSING, MISSING)
    assert Forecast.of(source, runs, Total(9.5)).cells(runs[1]) == (9.5, MISSING)


@pytest.mark.parametrize("line", ["project acme/gpt", "summary acme/gpt/a"])
def test_reports_tell_it_where_a_total_is_said(line):
    run = running(50, config={"n": 151})
    source = FakeSource([run], [clock((0, 0), (50, 100))])
    env = fake_env(source)
    (told,) = grammar.parse(f"{line} --total config.n", env).reports
    text = "\n".join(load("wandbwatch.renderers", "terminal")([told], Screen(200)))
    assert "3m 20s" in text
    assert "151" in text
    assert source.asked == 2, "the runs and their paces"
    (plain,) = grammar.parse(line, env).reports
    assert "ETA" not in "".join(load("wandbwatch.renderers", "json")([plain], Screen()))
    assert source.asked == 3


def test_a_server_is_asked_twice(wandb_server):
    rows = [{"_step": 5000 + i, "_runtime": 2.0 * i, "loss": 1.0} for i in range(101)]
    summary = {"_step": 5100, "_runtime": 200.0}
    for name in ("a", "b"):
        served = Served(name, state="running", rows=rows, summary=summary)
        served.settings = {"steps": 5201}
        served.heartbeat_at = NOW.isoformat()
        wandb_server.store.add(served)
    session.forget()
    env = replace(fake_env(FakeSource()), source=_source)
    line = "project acme/gpt --total config.steps"
    (told,) = grammar.parse(line, env).reports
    table = told.blocks[0]
    assert isinstance(table, Table)
    assert [row[-2:] for row in table.rows] == [(5201, timedelta(seconds=200))] * 2
    assert wandb_server.data_requests == 2


def test_a_real_run_that_keeps_running(running_run):
    running_run.log(30)
    path = running_run.directory
    env = replace(fake_env(FakeSource()), source=_source)
    (told,) = grammar.parse(f"project {path} --total 100000", env).reports
    table = told.blocks[0]
    assert isinstance(table, Table)
    (row,) = table.rows
    assert isinstance(row[-1], timedelta)
    assert row[-1] > timedelta()
