"""What `alert` tells of runs as they change from call to call."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from wandbwatch.cli import grammar
from wandbwatch.commands.alert.memory import AlertMemory
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.query import Axis, Curves, Listing, Query
from wandbwatch.model.report import Fields, Mark, Note, Plot, Table, Text
from wandbwatch.model.run import Json, Series, State
from wandbwatch.model.run_details import Printed

from tests.commands.alert.watching import MINUTE, PAGE, Line, Logged, block, run
from tests.commands.ticking import titles
from tests.fakes import NOW, FakeSource, fake_env


def test_firing_and_resolved_are_reported_once_each():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    assert line.tick(run("a"), a=[1]) == []
    (fired,) = line.tick(run("a"), a=[1, 7.25])
    assert fired.title == "name of a: x > 5 (me/p/a)"
    assert (fired.level, fired.event) == (Level.BAD, True)
    assert fired.url == f"{PAGE}/runs/a"
    assert block(fired, Note) == Note("x 7.25 > 5 since 12:01 UTC")
    plot = block(fired, Plot)
    assert isinstance(plot, Plot)
    assert (plot.key, plot.x, plot.marks) == ("x", "wall", (Mark(5, "threshold"),))
    assert list(plot.lines[0].series.y) == [1, 7.25]
    assert line.tick(run("a"), a=[1, 7.25, 8]) == []
    (resolved,) = line.tick(run("a"), a=[1, 7.25, 8, 2])
    assert resolved.title == "name of a: no longer x > 5 (me/p/a)"
    assert resolved.level is Level.GOOD
    assert block(resolved, Note) == Note("x 2; it held for 2 min from 12:01 UTC")
    assert fired.message_key == resolved.message_key, "an end edits the message"
    assert isinstance(block(resolved, Plot), Plot)
    assert line.tick(run("a"), a=[1, 7.25, 8, 2, 2]) == []


def test_an_alert_that_lasted_long_ends_in_a_message_of_its_own_too():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    (fired,) = line.tick(run("a"), minute=0, a=[9])
    edit, own = line.tick(run("a"), minute=11, a=[9, 1])
    assert edit.message_key == fired.message_key != own.message_key
    assert {edit.title, own.title} == {"name of a: no longer x > 5 (me/p/a)"}
    (fired,) = line.tick(run("a"), minute=30, a=[9, 1, 9])
    over = run("a", State.CRASHED, heartbeat=NOW + 50 * MINUTE)
    edit, own = line.tick(over, minute=50, a=[9, 1, 9])
    assert edit.message_key == fired.message_key != own.message_key
    assert edit.title == "name of a: crashed while x > 5 (me/p/a)"
    said = "name of a crashed while x 9 > 5; it held for 20 min from 12:30 UTC"
    assert edit.headline == said


def test_an_alert_calls_its_run_by_what_differs_in_its_group():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    names = {f"r{n}": f"llama3-8b-sft-packing-lr2e-05-bs64-seed{n}" for n in range(3)}
    runs = [replace(run(id_), name=name) for id_, name in names.items()]
    (fired,) = line.tick(*runs, values={"r0": [9], "r1": [1], "r2": [1]})
    assert fired.headline == "seed0: x 9 > 5 since 12:00 UTC"


def test_long_evidence_of_an_alert_that_ends_is_not_in_its_headline():
    line = Line("alert me/p --when 'spike(x)' --for 0s --repeat 1m")
    calm = [1.0, 1.1] * 20
    (fired,) = line.tick(run("a"), a=[*calm, *[9] * 5])
    assert "at least 9" in fired.headline
    (still,) = line.tick(run("a"), minute=50, a=[*calm, *[9] * 7])
    assert re.fullmatch(r"name of a: still spike\(x\) since [^;]+ min", still.headline)
    resolved, *_ = line.tick(run("a"), minute=51, a=[*calm, *[9] * 7, 1])
    said = r"name of a: no longer spike\(x\); it held for \d+ min from [^;]+"
    assert re.fullmatch(said, resolved.headline)
    note = block(resolved, Note)
    assert isinstance(note, Note)
    assert "baseline" in note.text


def test_for_is_how_long_an_alert_fires_before_its_end_is_a_message():
    line = Line("alert me/p --when 'x > 5' --for 20m")
    line.tick(run("a"), minute=0, a=[9])
    assert titles(line.tick(run("a"), minute=20, a=[9])) == [
        "name of a: x > 5 (me/p/a)"
    ]
    assert len(line.tick(run("a"), minute=35, a=[9, 1])) == 1
    line.tick(run("a"), minute=60, a=[9, 1, 9])
    line.tick(run("a"), minute=80, a=[9, 1, 9])
    assert len(line.tick(run("a"), minute=101, a=[9, 1, 9, 1])) == 2


def test_the_ends_of_many_runs_edit_the_message_that_reported_them():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    runs = [run(f"r{i}") for i in range(5)]
    high, mixed = {one.id: [9] for one in runs}, {"r0": [9, 1], "r1": [9, 1]}
    (fired,) = line.tick(*runs, values=high)
    (edit,) = line.tick(*runs, values=high | mixed)
    assert edit.message_key == fired.message_key != ""
    assert (edit.title, edit.level) == ("3 of 5 runs: still x > 5 (me/p)", Level.BAD)
    table = block(edit, Table)
    assert isinstance(table, Table)
    now = {row[1]: row[-1] for row in table.rows}
    assert now == {"r0": "resolved", "r1": "resolved"} | dict.fromkeys(
        ("r2", "r3", "r4"), "firing"
    )
    assert table.brief
    why = table.brief.columns.index("")
    short = [row[why] for row in table.brief.rows]
    assert short == ["x 1", "x 1", "x 9 > 5", "x 9 > 5", "x 9 > 5"]
    (flap,) = line.tick(*runs, values=high | {"r1": [9, 1, 1], "r0": [9, 1, 9]})
    assert flap.title == "4 of 5 runs: still x > 5 (me/p)"
    (over,) = line.tick(*runs, values={one.id: [9, 1] for one in runs})
    assert over.title == "5 runs: no longer x > 5 (me/p)"
    assert (over.message_key, over.level) == (fired.message_key, Level.GOOD)


def test_many_runs_that_end_while_a_rule_holds_are_not_well():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    runs = [run(f"r{i}") for i in range(5)]
    line.tick(*runs, values={one.id: [9] for one in runs})
    crashed = [run(f"r{i}", State.CRASHED) for i in range(2)]
    low = {f"r{i}": [9, 1] for i in range(2, 5)}
    edit, *_ = line.tick(*crashed, *runs[2:], values={"r0": [9], "r1": [9]} | low)
    said = "5 runs: no longer x > 5 (me/p), 2 ended while it held"
    assert (edit.headline, edit.level) == (said, Level.INFO)


def test_a_run_that_ends_after_its_alert_did_is_well():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    runs = [run(f"r{i}") for i in range(5)]
    line.tick(*runs, values={one.id: [9] for one in runs})
    low = {one.id: [9, 1] for one in runs}
    line.tick(*runs, values=low | {"r4": [9, 9]})
    ended = [run(f"r{i}", State.FINISHED) for i in range(4)]
    edit, *_ = line.tick(*ended, runs[4], values=low | {"r4": [9, 9, 1]})
    assert (edit.headline, edit.level) == ("5 runs: no longer x > 5 (me/p)", Level.GOOD)


def test_a_message_about_many_runs_counts_those_that_ended_long_ago():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    runs = [run(f"r{i}") for i in range(5)]
    values = {one.id: [9.0] for one in runs}
    line.tick(*runs, minute=0, values=values)
    values["r0"] = [9, 1]
    line.tick(*runs, minute=1, values=values)
    runs[1] = run("r1", State.FAILED)
    for minute in (30, 60):
        line.tick(*runs, minute=minute, values=values)
    values["r2"] = [9, 1]
    edit = line.tick(*runs, minute=61, values=values)[-1]
    assert edit.title == "2 of 5 runs: still x > 5 (me/p)"
    over = line.tick(*runs, minute=90, values={one.id: [9, 1] for one in runs})[-1]
    assert over.title == "5 runs: no longer x > 5 (me/p)"
    assert not line.tick(*runs, minute=91, values={one.id: [9, 1] for one in runs})


def test_a_rule_that_holds_at_the_first_check_fires():
    assert titles(Line("alert me/p --when 'x > 5' --for 0s").tick(run("a"), a=[9])) == [
        "name of a: x > 5 (me/p/a)"
    ]


def test_for_delays_an_alert_and_repeat_sends_it_again():
    line = Line("alert me/p --when 'x > 5' --for 2m --repeat 3m")
    values = [9.0] * 20
    told = [titles(line.tick(run("a"), a=values[: i + 1])) for i in range(9)]
    assert [len(one) for one in told] == [0, 0, 1, 0, 0, 1, 0, 0, 1]
    assert told[5] == ["name of a: still x > 5 (me/p/a)"]


def test_a_comparison_with_the_latest_value_must_hold_for_five_minutes_by_default():
    line = Line("alert me/p --when 'x > 5' --when 'nan(y)'")
    flickering = [9.0, 1, 9, 9, 1, 9, 9, 9, 9, 9, 9]
    told = [
        titles(line.tick(run("a"), a=flickering[: i + 1]))
        for i in range(len(flickering))
    ]
    assert [len(one) for one in told] == [0] * 10 + [1]
    over = run("b", State.FAILED, heartbeat=NOW + MINUTE)
    line = Line("alert me/p --when 'x > 5'")
    line.tick(run("b"), b=[1])
    assert titles(line.tick(over, b=[1, 9])) == ["name of b: x > 5 (me/p/b)"]


def test_nan_takes_a_pattern_of_keys():
    class Many(Logged):
        def runs(self, query: Query) -> Listing:
            found = super().runs(query).runs
            asked = query.summary is None
            full: dict[str, Json] = {"train/x": 1.0, "train/y": "NaN", "val/x": 1.0}
            return Listing(
                tuple(replace(one, summary=full) if asked else one for one in found), 1
            )

        def curves(
            self, query: Query, keys: Sequence[str], _axis: Axis
        ) -> tuple[Curves, ...]:
            assert list(keys) == ["train/x", "train/y"]
            series = {
                "train/x": Series("train/x", [NOW.timestamp()], [1.0]),
                "train/y": Series("train/y", [NOW.timestamp()], [math.nan]),
            }
            return tuple(Curves(one, series) for one in self.runs(query).runs)

    source = Many([run("a")], {})
    (told,) = grammar.parse(
        "alert me/p --when 'nan(train/*)'", fake_env(source)
    ).reports
    table = block(told, Table)
    assert isinstance(table, Table)
    assert table.rows[0][1:3] == ("holds", "train/y is NaN")


def test_each_of_several_rules_has_its_own_alert():
    line = Line("alert me/p --when 'x > 5' --when 'nan(x)' --for 0s")
    assert titles(line.tick(run("a"), a=[9])) == ["name of a: x > 5 (me/p/a)"]
    assert titles(line.tick(run("a"), a=[9, math.nan])) == [
        "name of a: nan(x) (me/p/a)"
    ], "NaN is no end of x > 5"


def test_an_alert_that_fires_again_soon_edits_its_message():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    first, _, again = (
        line.tick(run("a"), a=values)[0] for values in ([9], [9, 1], [9, 1, 9])
    )
    assert again.message_key == first.message_key != ""
    assert block(again, Note) == Note("x 9 > 5 since 12:02 UTC; 2 times, with breaks")
    line.tick(run("a"), a=[9, 1, 9, 1])
    (later,) = line.tick(run("a"), minute=30, a=[9, 1, 9, 1, 9])
    assert later.message_key != first.message_key


def test_many_runs_at_once_are_one_message():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    runs = [run(f"r{i}") for i in range(14)]
    (told,) = line.tick(*runs, values={one.id: [9] for one in runs})
    assert told.title == "14 runs: x > 5 (me/p)"
    assert (told.level, told.event, told.url) == (Level.BAD, True, PAGE)
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == [one.id for one in runs]
    assert table.links == tuple(one.url for one in runs)
    assert line.source.asked == 1, "one request for all"
    assert told.headline == "14 runs: x > 5 (me/p), since 12:00 UTC"
    plot = block(told, Plot)
    assert isinstance(plot, Plot)
    assert [mark.at for mark in plot.marks] == [5]


def test_an_ended_run_is_checked_once_more_as_it_was_at_its_end():
    line = Line("alert me/p --when 'x > 5' --when 'stalled(30m)' --for 0s")
    line.tick(run("a"), a=[1])
    ended = run("a", State.FAILED, heartbeat=NOW + MINUTE)
    assert titles(line.tick(ended, minute=90, a=[1, 9])) == [
        "name of a: x > 5 (me/p/a)"
    ], "what came after its end is no stall"
    assert line.tick(ended, minute=91, a=[1, 9]) == []


def test_a_run_with_a_clock_ahead_still_fires():
    line = Line("alert me/p --when 'x > 5' --when 'log(/boom/)' --for 0s")
    when = NOW + 5 * MINUTE
    line.console = (Printed("boom", when=when),)
    told = line.tick(run("a", heartbeat=NOW), a=[1, 1, 9])
    assert titles(told) == [
        "name of a: x > 5 (me/p/a)",
        "name of a: log(/boom/) (me/p/a)",
    ]


def test_an_alert_ends_with_its_run():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    line.tick(run("a"), a=[9])
    (over,) = line.tick(run("a", State.CRASHED), a=[9])
    assert over.title == "name of a: crashed while x > 5 (me/p/a)"
    assert over.level is Level.INFO
    assert line.tick(run("a", State.CRASHED), a=[9]) == []
    assert "a" not in line.told["alerts"].split("ended")[0][:20]


def test_runs_that_ended_before_the_first_check_do_not_fire():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    old = run("a", State.FINISHED, heartbeat=NOW - MINUTE)
    assert line.tick(old, a=[9]) == []
    assert line.tick(old, a=[9]) == []


def test_only_running_runs_are_fetched():
    line = Line("""alert me/p --when 'x > 5' --for 0s --filters '{"group": "night"}'""")
    line.tick(run("a"), a=[9])
    group, state = {"group": "night"}, {"state": "running"}
    assert line.source.queries[0].filters == {"$and": [group, state]}
    line.tick(run("a"), a=[9])
    late = {"heartbeatAt": {"$gt": "2026-01-01T12:00:00Z"}}
    known = {"name": {"$in": ["a"]}}
    assert line.source.queries[0].filters == {
        "$and": [group, {"$or": [state, late, known]}]
    }


def test_a_run_missing_from_a_listing_keeps_its_alert():
    line = Line("alert me/p --when 'x > 5' --for 0s")
    line.tick(run("a"), a=[9])
    assert line.tick() == []
    assert titles(line.tick(run("a"), a=[1])) == ["name of a: no longer x > 5 (me/p/a)"]
    line.tick(run("b"), b=[9])
    line.tick(minute=200)
    known = AlertMemory.read(line.told["alerts"])
    assert known
    assert not known.runs, "an hour is enough"


def test_the_card_shows_the_matching_lines():
    line = Line("alert me/p --when 'log(/out of memory/)'")
    line.console = (Printed("step 1"), Printed("CUDA out of memory", error=True))
    (told,) = line.tick(run("a"))
    assert block(told, Text) == Text("console", "CUDA out of memory")
    assert block(told, Note) == Note("console: CUDA out of memory, since 12:00 UTC")
    line.console = (Printed("x"),) * 1000
    assert line.tick(run("a")) == [], "it has only scrolled away"


@pytest.mark.parametrize("level", [Level.INFO, Level.WARN, Level.BAD])
def test_a_firing_alert_is_as_bad_as_its_line_says(level):
    line = Line(f"alert me/p --when 'x > 5' --for 0s --level {level.value}")
    assert [one.level for one in line.tick(run("a"), a=[9])] == [level]
    assert [one.level for one in line.tick(run("a"), a=[9, 1])] == [Level.GOOD]
    with pytest.raises(UsageError, match="'good' is not one of info, warn, bad"):
        grammar.parse("alert me/p --when 'x > 5' --level good", fake_env(FakeSource()))


def test_a_misspelt_key_is_reported_once():
    line = Line("alert me/p --when 'nan(los)' --when 'x > 5' --for 0s")
    done = run("b", State.FINISHED, summary={"loss": 1.0, "x": 1.0})
    (told,) = line.tick(run("a", summary={"loss": 1.0, "x": 1.0}), a=[1])
    assert told.title == "me/p: no run has logged los"
    wrong = Note("no run has ever logged 'los'; did you mean 'loss'?")
    assert block(told, Note) == wrong
    assert told.event
    assert line.tick(run("a"), done, a=[1]) == []
    words = "alert me/p --when 'nan(los)'"
    env = fake_env(Logged([done, run("a")], {}))
    with pytest.raises(NotFoundError, match="logged 'los'; did you mean 'loss'"):
        list(grammar.parse(words, env).reports)
    with pytest.raises(NotFoundError, match="logged 'los'; did you mean 'loss'"):
        list(grammar.parse(f"{words} --backtest", env).reports)
    for more in ("", " --backtest"):
        (told,) = grammar.parse(f"{words} --when 'x > 5'{more}", env).reports
        assert wrong in told.blocks


def test_deviates_compares_with_ended_runs_of_the_group_too():
    line = Line("alert me/p --when 'deviates(x, 3)' --for 0s")
    peers = [run(f"p{i}", State.FINISHED, group="g") for i in range(4)]
    values = {one.id: [5, 4, 3 + i / 10] for i, one in enumerate(peers)}
    mine = run("a", group="g")
    assert line.tick(mine, *peers, minute=1, values=values, a=[5, 4]) == []
    assert titles(line.tick(mine, *peers, values=values, a=[5, 4, 9])) == [
        "name of a: deviates(x, 3) (me/p/a)"
    ]


def test_a_group_of_the_same_name_in_another_project_is_no_peer():
    line = Line("alert me/p --when 'deviates(x, 3)' --for 0s")
    there = [run(f"p{i}", group="g", project="other") for i in range(4)]
    values = {one.id: [5, 4, 3 + i / 10] for i, one in enumerate(there)}
    mine = run("a", group="g")
    assert line.tick(mine, *there, minute=1, values=values, a=[5, 4]) == []
    assert line.tick(mine, *there, values=values, a=[5, 4, 9]) == []


def test_a_terminal_shows_which_rules_hold_now():
    source = Logged([run("a"), run("b")], {"a": [1], "b": [9]})
    words = "alert me/p --when 'x > 5' --when 'y > 5' --for 0s"
    (told,) = grammar.parse(words, fake_env(source)).reports
    assert told.title == "me/p: 1 of 4 hold"
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [row[:2] + row[4:] for row in table.rows] == [
        ("x > 5", "holds", "name of b", "b"),
        ("y > 5", "unknown", "name of a", "a"),
        ("y > 5", "unknown", "name of b", "b"),
        ("x > 5", "does not hold", "name of a", "a"),
    ]
    assert not told.event
    (empty,) = grammar.parse(words, fake_env(Logged([], {}))).reports
    assert block(empty, Note) == Note("no running runs")


def test_a_terminal_shows_an_only_run_even_if_it_has_ended():
    source = Logged([run("a", State.FAILED)], {"a": [9]})
    (told,) = grammar.parse("alert me/p/a --when 'x > 5'", fake_env(source)).reports
    table = block(told, Table)
    assert isinstance(table, Table)
    assert table.rows == (("x > 5", "holds", "x is 9", State.FAILED, "name of a", "a"),)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "alert: missing --when; `wandbwatch alert --help` shows"),
        ("--when 'x >> 5'", "'x >> 5': column 4, at '> 5': expected a number"),
        ("--when 'x > 5' --for soon", "not a duration such as"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line(words, said):
    with pytest.raises(UsageError, match=said):
        grammar.parse(f"alert me/p {words}", fake_env(FakeSource()))


def test_a_card_shows_the_numbers_fields_and_curve():
    (told,) = Line("alert me/p --when 'x > 5' --for 0s").tick(
        run("a", group="g"), a=[9]
    )
    fields = block(told, Fields)
    assert isinstance(fields, Fields)
    assert dict(fields.items) == {
        "state": State.RUNNING,
        "runtime": MINUTE,
        "last step": 3,
        "group": "g",
    }
