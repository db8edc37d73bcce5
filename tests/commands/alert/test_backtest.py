"""What `alert --backtest` tells, and that it is what would have been told."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.cell import Level
from wandbwatch.model.query import Axis, Curves, Query
from wandbwatch.model.report import Note, Plot, Report, Table, Text
from wandbwatch.model.run import Run, State

from tests.commands.alert.watching import MINUTE, Line, Logged, block, run
from tests.fakes import NOW, fake_env


def backtested(words: str, source: Logged, now: datetime) -> Report:
    env = replace(fake_env(source), now=lambda: now)
    (told,) = grammar.parse(f"alert me/p --backtest {words}", env).reports
    return told


def test_a_backtest_reports_when_rules_would_have_fired():
    ended = run("b", State.FAILED, heartbeat=NOW + 3 * MINUTE)
    source = Logged([run("a"), ended], {"a": [1, 9, 9, 1, 9], "b": [1, 1, 9, 9]})
    told = backtested("--when 'x > 5' --for 0s --since 1h", source, NOW + 5 * MINUTE)
    assert told.title == "me/p: 3 alerts in 2 runs since 2026-01-01 11:05 UTC"
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [(row[2], row[3], row[5], row[6]) for row in table.rows] == [
        ("a", NOW + MINUTE, "resolved", 2 * MINUTE),
        ("b", NOW + 2 * MINUTE, "the run ended", 2 * MINUTE),
        ("a", NOW + 4 * MINUTE, "fires still", table.rows[2][6]),
    ]
    plot = block(told, Plot)
    assert isinstance(plot, Plot)
    assert [line.run for line in plot.lines] == ["a", "b"]
    assert [mark.at for mark in plot.marks if mark.upright] == [
        (NOW + MINUTE * i).timestamp() for i in (1, 3, 2, 4, 4)
    ]
    assert source.queries[0].filters == {"heartbeatAt": {"$gt": "2026-01-01T11:05:00Z"}}


WAVES = {
    "a": [1, 9, 9, math.nan, 9, 1, 1, 9, 9, 9, 9, 1] * 4,
    "b": [math.sin(i / 3) * 10 for i in range(40)],
    "c": [100 / (i + 1) for i in range(25)],
    "d": [math.nan] * 5,
    "e": [5.0] * 45,
    "f": [5.1] * 45,
}


def ids(report: Report) -> list[object]:
    """Return the runs that a message is about."""
    tables = [b for b in report.blocks if isinstance(b, Table)]
    if not tables:
        return [(report.url or "").rpartition("/")[2]]
    return [row[1] for row in tables[0].rows]


@pytest.mark.parametrize(
    "rules",
    [
        "--when 'x > 5'",
        "--when 'x > 5' --for 0s",
        "--when 'x > 5' --for 2m",
        "--when 'max(x, 4m) > 8' --when 'nan(x)' --repeat 5m",
        "--when 'change(x, 3m) > 50%' --when 'zscore(x, 8) < -2'",
        "--when 'plateau(x, 6m)' --when 'stalled(3m)'",
        "--when 'deviates(x, 1) and x > 2'",
    ],
)
def test_a_backtest_agrees_with_live_checks(rules):
    runs: list[Run] = []
    lengths = {one: len(values) for one, values in WAVES.items()}
    end = max(lengths.values()) + 20
    line, fired = Line(f"alert me/p {rules}"), set()
    for minute in range(end):
        runs, values = [], {}
        for one, length in lengths.items():
            ended = minute >= length + 5
            heard = NOW + MINUTE * min(minute, length + 4)
            state = State.FINISHED if ended else State.RUNNING
            runs.append(run(one, state, heartbeat=heard, group="g"))
            values[one] = WAVES[one][: minute + 1]
        for told in line.tick(*runs, minute=minute, values=values):
            if told.level is Level.BAD and ": still " not in told.title:
                what = told.title.split(": ")[1].rsplit(" (", 1)[0]
                fired |= {(minute, one, what) for one in ids(told)}
    source = Logged(runs, WAVES)
    report = backtested(f"{rules} --since {end}m", source, NOW + MINUTE * end)
    tables = [b for b in report.blocks if isinstance(b, Table)]
    found = {
        ((row[3] - NOW) // MINUTE, row[2], row[0])  # type: ignore[operator]
        for table in tables
        for row in table.rows
    }
    assert found == fired
    assert len(fired) > 1, "nothing was compared"


def test_a_backtest_of_months_checks_at_longer_intervals():
    values = [float(i % 100 == 50) for i in range(30_000)]
    long = run("a", heartbeat=NOW + 30_000 * MINUTE)
    words = "--when 'mean(x, 3m) > 0' --when 'x > 1' --since 30d"
    told = backtested(words, Logged([long], {"a": values}), NOW + 30_000 * MINUTE)
    assert Note("checked every 2m 00s") in told.blocks


def test_a_backtest_ignores_runs_that_ended_before():
    old = run("a", State.FAILED)
    told = backtested(
        "--when 'x > 5' --for 0s --since 1h", Logged([old], {"a": [9]}), NOW
    )
    assert told.title.startswith("me/p: 1 alert in 1 run")
    later = NOW + 90 * MINUTE
    told = backtested(
        "--when 'x > 5' --for 0s --since 1h", Logged([old], {"a": [9]}), later
    )
    assert told.title.startswith("me/p: 0 alerts in 1 run")


def test_suggest_proposes_rules_that_are_quiet_and_says_what_they_would_catch():
    keys = {"x/train_loss": 1.0, "val/loss": 1.0}

    class Both(Logged):
        def curves(
            self, query: Query, keys: Sequence[str], axis: Axis
        ) -> tuple[Curves, ...]:
            found = super().curves(query, ["x"], axis)
            return tuple(
                replace(one, series={k: one.series["x"] for k in keys if "loss" in k})
                for one in found
            )

    bad = run("b", State.FAILED, heartbeat=NOW + 60 * MINUTE, summary=keys)
    calm = [1.0, 1.1, 0.9] * 30
    values = {"a": calm, "b": [*calm[:50], *[math.nan] * 10]}
    source = Both([run("a", summary=keys), bad], values)
    env = replace(fake_env(source), now=lambda: NOW + 90 * MINUTE)
    (told,) = grammar.parse("alert me/p --suggest --since 7d", env).reports
    table = block(told, Table)
    assert isinstance(table, Table)
    rows = {str(row[0]): row[1:] for row in table.rows}
    assert rows["nan(val/loss)"] == ("yes", 1.0, "name of b (failed)")
    assert rows["spike(x/train_loss)"] == ("yes", 0.0, "nothing")
    assert {"plateau(val/loss, 3h)", "idle(gpu, 15m)", "memory(gpu) > 95%"} <= set(rows)
    line = block(told, Text)
    assert isinstance(line, Text)
    assert max(map(len, line.text.splitlines())) <= 60
    (subscription,) = tomllib.loads(line.text)["subscriptions"]
    assert subscription["name"] == "p-alerts"
    (command,) = subscription["commands"]
    assert "\n" not in command
    assert grammar.parse(command, env).output is None
    assert "nan(val/loss)" in command
