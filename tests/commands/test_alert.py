"""What `alert` tells of runs as they change from call to call."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from wandbwatch import grammar
from wandbwatch.alerting.remembered import Remembered
from wandbwatch.model.console import Printed
from wandbwatch.model.errors import UsageError
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Axis, AxisKind, Curves, Query
from wandbwatch.model.report import (
    Fields,
    Level,
    Mark,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Run, Series, State

from tests.commands.ticking import titles
from tests.fakes import NOW, FakeSource, fake_env

MINUTE = timedelta(minutes=1)
PAGE = "https://w.example/me/p"


def run(run_id: str, state: State = State.RUNNING, **changes: object) -> Run:
    whole = Run(
        run_id,
        f"name of {run_id}",
        state,
        created=NOW,
        heartbeat=NOW,
        runtime=60.0,
        last_step=3,
        entity="me",
        project="p",
        url=f"{PAGE}/runs/{run_id}",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


class Logged(FakeSource):
    """Runs that log one key each minute from NOW on, a list of values a run."""

    def __init__(
        self,
        runs: Sequence[Run],
        values: Mapping[str, Sequence[float]],
        console: Sequence[Printed] = (),
    ) -> None:
        super().__init__(runs, (), console)
        self.values = values

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        assert axis == Axis(AxisKind.WALL)
        found = []
        for one in self.runs(query).runs:
            ys = self.values.get(one.id, ())
            xs = [(NOW + MINUTE * i).timestamp() for i in range(len(ys))]
            known = {"x": Series("x", xs, ys), "_step": Series("_step", xs, xs)}
            found.append(Curves(one, {k: known[k] for k in keys if k in known and xs}))
        return tuple(found)


class Line:
    """A line of a subscription; each tick is a minute after the last one."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.told: dict[str, str] = {}
        self.minutes = 0
        self.console: tuple[Printed, ...] = ()

    def tick(
        self,
        *runs: Run,
        minute: int | None = None,
        values: Mapping[str, Sequence[float]] | None = None,
        **more: Sequence[float],
    ) -> list[Report]:
        self.minutes = self.minutes if minute is None else minute
        self.source = Logged(runs, {**(values or {}), **more}, self.console)
        memory = Memory(self.told)
        now = NOW + MINUTE * self.minutes
        env = replace(fake_env(self.source), memory=memory, now=lambda: now)
        reports = list(grammar.parse(self.line, env).reports)
        self.told |= {k: v for k, v in memory.changes.items() if v is not None}
        self.minutes += 1
        return reports


def block(report: Report, kind: type) -> object:
    return next(b for b in report.blocks if isinstance(b, kind))


def test_firing_and_resolved_are_told_once_each():
    line = Line("alert me/p --when 'x > 5'")
    assert line.tick(run("a"), a=[1]) == []
    (fired,) = line.tick(run("a"), a=[1, 7.25])
    assert fired.title == "name of a: x > 5 (me/p/a)"
    assert (fired.level, fired.event) == (Level.BAD, True)
    assert fired.url == f"{PAGE}/runs/a"
    assert block(fired, Note) == Note("x is 7.25")
    plot = block(fired, Plot)
    assert isinstance(plot, Plot)
    assert (plot.key, plot.x, plot.marks) == ("x", "wall", (Mark(5, "x > 5"),))
    assert list(plot.lines[0].series.y) == [1, 7.25]
    assert line.tick(run("a"), a=[1, 7.25, 8]) == []
    (resolved,) = line.tick(run("a"), a=[1, 7.25, 8, 2])
    assert resolved.title == "name of a: no longer x > 5 (me/p/a)"
    assert resolved.level is Level.GOOD
    assert block(resolved, Note) == Note("x is 2; for 2m 00s")
    assert fired.standing != resolved.standing
    assert line.tick(run("a"), a=[1, 7.25, 8, 2, 2]) == []


def test_what_holds_at_the_first_look_is_told():
    assert titles(Line("alert me/p --when 'x > 5'").tick(run("a"), a=[9])) == [
        "name of a: x > 5 (me/p/a)"
    ]


def test_with_for_it_must_hold_and_with_repeat_it_is_told_again():
    line = Line("alert me/p --when 'x > 5' --for 2m --repeat 3m")
    values = [9.0] * 20
    told = [titles(line.tick(run("a"), a=values[: i + 1])) for i in range(9)]
    assert [len(one) for one in told] == [0, 0, 1, 0, 0, 1, 0, 0, 1]
    assert told[5] == ["name of a: still x > 5 (me/p/a)"]


def test_any_of_several_rules_is_told_by_itself():
    line = Line("alert me/p --when 'x > 5' --when 'nan(x)'")
    assert titles(line.tick(run("a"), a=[9])) == ["name of a: x > 5 (me/p/a)"]
    assert titles(line.tick(run("a"), a=[9, math.nan])) == [
        "name of a: nan(x) (me/p/a)"
    ], "NaN is no end of x > 5"


def test_one_that_comes_again_at_once_is_told_where_it_was():
    line = Line("alert me/p --when 'x > 5'")
    first, _, again = (
        line.tick(run("a"), a=values)[0] for values in ([9], [9, 1], [9, 1, 9])
    )
    assert again.standing == first.standing != ""
    assert block(again, Note) == Note("x is 9; 2 times, with moments between")
    line.tick(run("a"), a=[9, 1, 9, 1])
    (later,) = line.tick(run("a"), minute=30, a=[9, 1, 9, 1, 9])
    assert later.standing != first.standing


def test_many_runs_at_once_are_one_message():
    line = Line("alert me/p --when 'x > 5'")
    runs = [run(f"r{i}") for i in range(14)]
    (told,) = line.tick(*runs, values={one.id: [9] for one in runs})
    assert told.title == "14 runs: x > 5 (me/p)"
    assert (told.level, told.event, told.url) == (Level.BAD, True, PAGE)
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == [one.id for one in runs]
    assert table.links == tuple(one.url for one in runs)
    assert line.source.asked == 1, "one request for all"


def test_a_run_that_ends_is_looked_at_once_more_as_it_was_at_its_end():
    line = Line("alert me/p --when 'x > 5' --when 'stalled(30m)'")
    line.tick(run("a"), a=[1])
    ended = run("a", State.FAILED, heartbeat=NOW + MINUTE)
    assert titles(line.tick(ended, minute=90, a=[1, 9])) == [
        "name of a: x > 5 (me/p/a)"
    ], "what came after its end is no stall"
    assert line.tick(ended, minute=91, a=[1, 9]) == []


def test_an_alert_ends_with_its_run():
    line = Line("alert me/p --when 'x > 5'")
    line.tick(run("a"), a=[9])
    (over,) = line.tick(run("a", State.CRASHED), a=[9])
    assert over.title == "name of a: crashed while x > 5 (me/p/a)"
    assert over.level is Level.INFO
    assert line.tick(run("a", State.CRASHED), a=[9]) == []
    assert "a" not in line.told["alerts"].split("ended")[0][:20]


def test_runs_that_ended_before_the_first_look_are_no_news():
    line = Line("alert me/p --when 'x > 5'")
    old = run("a", State.FINISHED, heartbeat=NOW - MINUTE)
    assert line.tick(old, a=[9]) == []
    assert line.tick(old, a=[9]) == []


def test_only_what_is_going_on_is_asked_for():
    line = Line("""alert me/p --when 'x > 5' --filters '{"group": "night"}'""")
    line.tick(run("a"), a=[9])
    group, state = {"group": "night"}, {"state": "running"}
    assert line.source.queries[0].filters == {"$and": [group, state]}
    line.tick(run("a"), a=[9])
    late = {"heartbeat_at": {"$gt": "2026-01-01T12:00:00Z"}}
    known = {"name": {"$in": ["a"]}}
    assert line.source.queries[0].filters == {
        "$and": [group, {"$or": [state, late, known]}]
    }


def test_a_run_that_a_listing_misses_loses_no_alert():
    line = Line("alert me/p --when 'x > 5'")
    line.tick(run("a"), a=[9])
    assert line.tick() == []
    assert titles(line.tick(run("a"), a=[1])) == ["name of a: no longer x > 5 (me/p/a)"]
    line.tick(run("b"), b=[9])
    line.tick(minute=200)
    known = Remembered.read(line.told["alerts"])
    assert known
    assert not known.runs, "an hour is enough"


def test_the_lines_that_match_are_shown():
    line = Line("alert me/p --when 'log(/out of memory/)'")
    line.console = (Printed("step 1"), Printed("CUDA out of memory", error=True))
    (told,) = line.tick(run("a"))
    assert block(told, Text) == Text("console", "CUDA out of memory")
    assert block(told, Note) == Note("seen just now")
    line.console = (Printed("x"),) * 1000
    assert line.tick(run("a")) == [], "it has only scrolled away"


def test_a_run_far_from_its_group_is_told_and_ended_ones_are_compared_with():
    line = Line("alert me/p --when 'deviates(x, 3)'")
    peers = [run(f"p{i}", State.FINISHED, group="g") for i in range(4)]
    values = {one.id: [5, 4, 3 + i / 10] for i, one in enumerate(peers)}
    mine = run("a", group="g")
    assert line.tick(mine, *peers, minute=1, values=values, a=[5, 4]) == []
    assert titles(line.tick(mine, *peers, values=values, a=[5, 4, 9])) == [
        "name of a: deviates(x, 3) (me/p/a)"
    ]


def test_without_a_memory_it_says_which_rules_hold_now():
    source = Logged([run("a"), run("b")], {"a": [1], "b": [9]})
    words = "alert me/p --when 'x > 5' --when 'y > 5'"
    (told,) = grammar.parse(words, fake_env(source)).reports
    assert told.title == "me/p: 1 of 4 hold"
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [row[:2] + row[4:] for row in table.rows] == [
        ("x > 5", "holds", "name of b", "b"),
        ("y > 5", "can't be told", "name of a", "a"),
        ("y > 5", "can't be told", "name of b", "b"),
        ("x > 5", "does not hold", "name of a", "a"),
    ]
    assert not told.event
    (empty,) = grammar.parse(words, fake_env(Logged([], {}))).reports
    assert block(empty, Note) == Note("no run is going on")


def test_the_only_run_there_is_is_shown_as_it_ended():
    source = Logged([run("a", State.FAILED)], {"a": [9]})
    (told,) = grammar.parse("alert me/p/a --when 'x > 5'", fake_env(source)).reports
    table = block(told, Table)
    assert isinstance(table, Table)
    assert table.rows == (("x > 5", "holds", "x is 9", State.FAILED, "name of a", "a"),)


def backtested(words: str, source: Logged, now: datetime) -> Report:
    env = replace(fake_env(source), now=lambda: now)
    (told,) = grammar.parse(f"alert me/p --backtest {words}", env).reports
    return told


def test_a_backtest_says_when_it_would_have_fired():
    ended = run("b", State.FAILED, heartbeat=NOW + 3 * MINUTE)
    source = Logged([run("a"), ended], {"a": [1, 9, 9, 1, 9], "b": [1, 1, 9, 9]})
    told = backtested("--when 'x > 5' --since 1h", source, NOW + 5 * MINUTE)
    assert told.title == "me/p: 3 alerts of 2 runs since 2026-01-01 11:05 UTC"
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [(row[2], row[3], row[5], row[6]) for row in table.rows] == [
        ("a", NOW + MINUTE, "resolved", 2 * MINUTE),
        ("b", NOW + 2 * MINUTE, "its run ended", 2 * MINUTE),
        ("a", NOW + 4 * MINUTE, "fires still", table.rows[2][6]),
    ]
    plot = block(told, Plot)
    assert isinstance(plot, Plot)
    assert [line.run for line in plot.lines] == ["a", "b"]
    assert [mark.at for mark in plot.marks if mark.upright] == [
        (NOW + MINUTE * i).timestamp() for i in (1, 3, 2, 4, 4)
    ]
    assert source.queries[0].filters == {
        "heartbeat_at": {"$gt": "2026-01-01T11:05:00Z"}
    }


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
        "--when 'x > 5' --for 2m",
        "--when 'max(x, 4m) > 8' --when 'nan(x)' --repeat 5m",
        "--when 'change(x, 3m) > 50%' --when 'zscore(x, 8) < -2'",
        "--when 'plateau(x, 6m)' --when 'stalled(3m)'",
        "--when 'deviates(x, 1) and x > 2'",
    ],
)
def test_a_backtest_agrees_with_the_live_path_tick_by_tick(rules):
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


def test_a_backtest_of_months_takes_longer_strides():
    values = [float(i % 100 == 50) for i in range(30_000)]
    long = run("a", heartbeat=NOW + 30_000 * MINUTE)
    words = "--when 'mean(x, 3m) > 0' --when 'x > 1' --since 30d"
    told = backtested(words, Logged([long], {"a": values}), NOW + 30_000 * MINUTE)
    assert Note("looked at every 2m 00s") in told.blocks


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Missing option '--when'"),
        ("--when 'x >> 5'", "'x >> 5': column 4, at '> 5': expected a number"),
        ("--when 'x > 5' --for soon", "no span such as 30m"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(words, said):
    with pytest.raises(UsageError, match=said):
        grammar.parse(f"alert me/p {words}", fake_env(FakeSource()))


def test_a_card_says_what_one_wants_to_know():
    (told,) = Line("alert me/p --when 'x > 5'").tick(run("a", group="g"), a=[9])
    fields = block(told, Fields)
    assert isinstance(fields, Fields)
    assert dict(fields.items) == {
        "state": State.RUNNING,
        "runtime": MINUTE,
        "last step": 3,
        "group": "g",
    }
