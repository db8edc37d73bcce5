"""What `events` tells of runs as they change from call to call."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.cli import grammar
from wandbwatch.commands.events.lifecycle import EventKind
from wandbwatch.commands.events.run_cards import folded_headline
from wandbwatch.model.cell import MISSING, Level
from wandbwatch.model.errors import NetworkError, UsageError
from wandbwatch.model.report import Fields, Note, Plot, Report, Table, Text
from wandbwatch.model.run import Run, Series, State
from wandbwatch.model.run_details import Alert, Printed

from tests.commands.ticking import Ticking, titles
from tests.fakes import NOW, FakeSource, fake_env

MINUTE = timedelta(minutes=1)
PAGE = "https://w.example/me/p"


def run(run_id: str, state: State = State.RUNNING, **changes: object) -> Run:
    whole = Run(
        run_id,
        f"name of {run_id}",
        state,
        created=NOW - timedelta(hours=2),
        heartbeat=NOW,
        runtime=7200.0,
        last_step=100,
        entity="me",
        project="p",
        url=f"{PAGE}/runs/{run_id}",
        summary={"val/loss": 0.5, "_timestamp": NOW.timestamp()},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def block(report: Report, kind: type, title: str = "") -> object:
    found = [b for b in report.blocks if isinstance(b, kind)]
    return next(b for b in found if not title or getattr(b, "title", "") == title)


def notes(report: Report) -> list[str]:
    return [b.text for b in report.blocks if isinstance(b, Note)]


def test_the_first_check_is_silent_and_later_ones_report_changes():
    line = Ticking("events me/p")
    assert line.tick(run("a")) == []
    told = line.tick(run("a"), run("b"))
    assert titles(told) == ["name of b started (me/p/b)"]
    assert told[0].event
    assert told[0].url == f"{PAGE}/runs/b"
    assert line.tick(run("a"), run("b")) == []
    ended = line.tick(run("a", State.FINISHED, exit_code=0), run("b", State.FAILED))
    assert titles(ended) == ["name of b failed (me/p/b)", "name of a finished (me/p/a)"]
    assert [report.level for report in ended] == [Level.BAD, Level.GOOD]


def test_a_run_that_started_and_ended_in_between_is_reported_by_its_end():
    line = Ticking("events me/p")
    line.tick(run("a"))
    assert titles(line.tick(run("a"), run("b", State.KILLED))) == [
        "name of b killed (me/p/b)"
    ]


def test_a_run_is_identified_by_id_not_by_name():
    line = Ticking("events me/p")
    line.tick(run("a"))
    assert line.tick(run("a", name="another")) == []


def test_greet_reports_the_number_of_runs_and_the_best():
    line = Ticking("events me/p --best val/loss:min --greet")
    low = run("b", State.FINISHED, summary={"val/loss": 0.1})
    nan = run("c", summary={"val/loss": math.nan})
    (told,) = line.tick(run("a"), low, nan)
    assert told.title == "me/p: 3 runs, 2 running"
    table = block(told, Table)
    assert table == Table(
        "best",
        ("name", "id", "state", "best of", "value"),
        (("name of b", "b", State.FINISHED, "val/loss", 0.1),),
        (f"{PAGE}/runs/b",),
    )
    assert line.tick(run("a"), low, nan) == []


@pytest.mark.parametrize(("way", "better", "worse"), [("min", 0.4, 0.6), ("max", 2, 1)])
def test_a_new_best_edits_its_message_while_one_run_leads(way, better, worse):
    line = Ticking(f"events me/p --best x:{way}")
    start = 0.5 if way == "min" else 1.5
    a, b = (run(i, summary={"x": start}) for i in "ab")
    line.tick(a, b)
    assert line.tick(a, replace(b, summary={"x": worse})) == []
    (first,) = line.tick(a, replace(b, summary={"x": better}))
    assert first.title == f"name of b has the best x: {better} (me/p/b)"
    assert notes(first) == [f"previous best: {start}"]
    best = better * 2 if way == "max" else better / 2
    (again,) = line.tick(a, replace(b, summary={"x": best}))
    assert again.message_key == first.message_key != ""
    other = best * 2 if way == "max" else best / 2
    (taken,) = line.tick(replace(a, summary={"x": other}), b)
    assert taken.message_key not in ("", first.message_key)


def reported(line: Ticking, values: Iterable[float]) -> list[float]:
    """Return which of a run's values of x are reported as a new best."""
    found = []
    for minute, value in enumerate(values):
        now = NOW + minute * MINUTE
        told = line.tick(run("a", heartbeat=now, summary={"x": value}), now=now)
        found += [value for one in told if "has the best x" in one.title]
    return found


def test_a_new_best_needs_half_a_percent_of_the_spread():
    line = Ticking("events me/p --best x:min")
    assert reported(line, [3.0, 2.0, 1.999, 1.996, 1.994, 1.0]) == [2.0, 1.994, 1.0]


def test_a_new_best_is_more_than_the_noise_of_its_run():
    line = Ticking("events me/p --best x:max")
    scatter = [0.80, 0.83, 0.79, 0.82, 0.80, 0.82, 0.79, 0.835, 0.80, 0.833]
    assert reported(line, scatter) == [0.83]
    assert reported(line, [0.9]) == [0.9], "far above all of them"


def test_the_least_gain_of_a_new_best_can_be_set():
    values = [3.0, 2.0, 1.9, 1.5, 1.499]
    for gain, found in (
        ("0", [2.0, 1.9, 1.5, 1.499]),
        ("0.2", [2.0, 1.5]),
        ("50%", [2.0, 1.499]),
    ):
        line = Ticking(f"events me/p --best x:min --best-gain {gain}")
        assert reported(line, values) == found
    with pytest.raises(
        UsageError, match=r"'much' is not a gain such as 0\.01 or 0\.5%"
    ):
        grammar.parse("events me/p --best-gain much", fake_env(FakeSource()))


def test_a_new_best_can_be_reported_seldom():
    line = Ticking("events me/p --best x:min --best-every 3m")
    assert reported(line, [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]) == [6.0, 3.0]


def test_many_events_share_a_message_that_links_each_run():
    line = Ticking("events me/p")
    line.tick(*(run(f"r{i}") for i in range(14)))
    crashed = [run(f"r{i}", State.CRASHED) for i in range(14)]
    (told,) = line.tick(*crashed)
    assert told.title == "14 runs crashed in me/p"
    assert told.level is Level.BAD
    table = block(told, Table)
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == [f"r{i}" for i in range(14)]
    assert table.links == tuple(f"{PAGE}/runs/r{i}" for i in range(14))
    assert line.source.asked == 1 + 12, "few consoles, whatever their number"


def test_a_shared_message_names_hosts_and_reasons_first():
    line = Ticking("events me/p")
    line.console = (Printed("srun: error: *** NODE FAILURE ***"),)
    hosts = ["node-17"] * 4
    line.tick(*(run(f"r{i}", host=host) for i, host in enumerate(hosts)))
    crashed = [run(f"r{i}", State.CRASHED, host=h) for i, h in enumerate(hosts)]
    (told,) = line.tick(*crashed)
    reason = "srun: error: *** NODE FAILURE ***"
    assert told.headline == f"4 runs crashed in me/p on node-17: {reason}"


def test_many_runs_that_finish_are_ranked_by_the_metric_that_matters():
    line = Ticking("events me/p")
    losses = {"r0": 0.5, "r1": 0.2, "r2": 0.4, "r3": math.nan}
    line.tick(*(run(name) for name in losses))
    (told,) = line.tick(
        *(
            run(name, State.FINISHED, summary={"val/loss": loss, "_step": 9})
            for name, loss in losses.items()
        )
    )
    said = "4 runs finished in me/p; best val/loss 0.2: name of r1"
    assert told.headline == said
    table = block(told, Table)
    assert isinstance(table, Table)
    assert "val/loss" not in table.columns, "programs get what they did"
    assert table.brief
    assert table.brief.columns[-1] == "val/loss"
    assert [row[-1] for row in table.brief.rows] == [0.2, 0.4, 0.5, MISSING]


@pytest.mark.parametrize(
    ("hosts", "reasons", "said"),
    [
        (["a", "a", "b"], {"0": "x", "1": "x"}, ": 2 on a: x; 1 on b"),
        (["a", "b", "c"], {}, ""),
        (["", "", ""], {}, ""),
        (["", "", ""], {"0": "CUDA", "1": "CUDA"}, ": 2: CUDA"),
    ],
)
def test_a_shared_headline_counts_hosts_and_reasons(hosts, reasons, said):
    runs = [run(str(i), host=host) for i, host in enumerate(hosts)]
    line = folded_headline(EventKind.FAILED, runs, "me/p", reasons)
    assert line == f"3 runs failed in me/p{said}"


def test_a_start_says_who_and_what_is_new_in_the_configuration():
    line = Ticking("events me/p")
    old = run("b", config={"lr": 0.1, "seed": 1}, created=NOW - timedelta(days=1))
    line.tick(old)
    (told,) = line.tick(old, run("a", config={"lr": 0.5, "seed": 1}, user="mara"))
    assert told.headline == "name of a started by mara: lr 0.5 (was 0.1)"
    assert block(told, Table, "configuration") == Table(
        "configuration", ("setting", "here", "last run"), (("lr", 0.5, 0.1),)
    )


def later(one: Run, minutes: float) -> Run:
    """Return *one* as the same process has it so much later."""
    assert one.heartbeat
    assert one.runtime
    moved = one.heartbeat + minutes * MINUTE
    return replace(one, heartbeat=moved, runtime=one.runtime + 60 * minutes)


def test_a_false_crash_corrects_its_message():
    line = Ticking("events me/p")
    line.tick(run("a"))
    (crash,) = line.tick(run("a", State.CRASHED))
    assert crash.message_key
    (mended,) = line.tick(later(run("a"), 20))
    assert mended.message_key == crash.message_key
    assert mended.title == "name of a is still running; it did not crash (me/p/a)"
    assert mended.level is Level.INFO
    assert mended.event
    assert line.tick(later(run("a"), 21)) == []
    (second,) = line.tick(run("a", State.CRASHED))
    assert second.message_key != crash.message_key, "another crash is other news"


def test_a_false_crash_is_corrected_in_a_shared_message():
    line = Ticking("events me/p")
    line.tick(*(run(f"r{i}") for i in range(5)))
    dead = [run(f"r{i}", State.CRASHED) for i in range(5)]
    (crash,) = line.tick(*dead)
    (mended,) = line.tick(*dead[:4], later(run("r4"), 20))
    assert mended.message_key == crash.message_key
    assert mended.title == "4 runs crashed in me/p, 1 did not crash"
    table = block(mended, Table)
    assert isinstance(table, Table)
    assert [row[-1] for row in table.rows][-1] == "is still running; it did not crash"
    (more,) = line.tick(*dead[:3], later(run("r3"), 25), later(run("r4"), 25))
    assert more.title == "3 runs crashed in me/p, 2 did not crash"


def test_a_crashed_run_resumed_by_another_process_did_crash():
    line = Ticking("events me/p")
    line.tick(run("a"))
    line.tick(run("a", State.CRASHED))
    resumed = replace(later(run("a"), 20), runtime=run("a").runtime)
    (told,) = line.tick(resumed)
    assert told.title == "name of a resumed (me/p/a)"
    assert not told.message_key


def test_on_selects_kinds_and_the_others_are_never_reported():
    line = Ticking("events me/p --on failed,idle --settle 1s")
    line.tick(run("a"), run("b"))
    assert line.tick(run("a", State.FINISHED), run("b"), run("c")) == []
    told = line.tick(*(run(i, State.FAILED) for i in "bc"), run("a", State.FINISHED))
    assert titles(told) == ["name of b failed (me/p/b)", "name of c failed (me/p/c)"]


def test_groups_and_projects_are_done_after_the_settle_time():
    line = Ticking("events me/p --on group,sweep,idle --settle 2m")
    runs = [run(i, group="g", sweep="s") for i in "ab"]
    ended = [replace(one, state=State.FINISHED) for one in runs]
    line.tick(*runs)
    assert line.tick(*ended) == []
    third = run("c", group="g", sweep="s")
    assert line.tick(*ended, third, now=NOW + MINUTE) == []
    over = [*ended, replace(third, state=State.FAILED)]
    assert line.tick(*over, now=NOW + 2 * MINUTE) == []
    told = line.tick(*over, now=NOW + 4 * MINUTE)
    assert titles(told) == [
        "group g is done (me/p)",
        "sweep s is done (me/p)",
        "all runs in me/p have ended",
    ]
    fields = block(told[0], Fields)
    assert fields == Fields("ended", (("finished", 2), ("failed", 1)))
    assert line.tick(*over, now=NOW + 9 * MINUTE) == []


def test_a_done_group_does_not_count_ends_of_resumed_runs():
    line = Ticking("events me/p --on group --settle 1s")
    a, b, c = (run(i, group="g") for i in "abc")
    line.tick(a, b, c)
    line.tick(replace(a, state=State.CRASHED), replace(b, state=State.FAILED), c)
    back = replace(later(b, 20), runtime=b.runtime)
    line.tick(later(a, 20), back, c)
    over = [replace(one, state=State.FINISHED) for one in (later(a, 21), back, c)]
    line.tick(*over)
    (told,) = line.tick(*over, now=NOW + MINUTE)
    assert block(told, Fields) == Fields("ended", (("finished", 3),))


def test_a_done_group_is_corrected_when_a_crash_in_it_was_false():
    line = Ticking("events me/p --on group --settle 1s")
    a, b = run("a", group="g"), run("b", group="g")
    line.tick(a, b)
    over = replace(b, state=State.FINISHED)
    line.tick(replace(a, state=State.CRASHED), over)
    (done,) = line.tick(replace(a, state=State.CRASHED), over, now=NOW + MINUTE)
    assert done.title == "group g is done (me/p)"
    back = later(a, 2)
    (corrected,) = line.tick(back, over, now=NOW + 2 * MINUTE)
    assert corrected.message_key == done.message_key
    assert corrected.title == (
        "group g was not done: name of a is still running; it did not crash (me/p)"
    )
    assert block(corrected, Fields) == Fields("ended", (("finished", 1),))
    ended = replace(later(a, 3), state=State.FINISHED)
    line.tick(ended, over, now=NOW + 3 * MINUTE)
    (again,) = line.tick(ended, over, now=NOW + 5 * MINUTE)
    assert block(again, Fields) == Fields("ended", (("finished", 2),))
    assert again.message_key != done.message_key


def test_a_run_without_steps_is_stalled_until_its_next_step():
    line = Ticking("events me/p --stall 10m")
    slow = run("a")
    at = NOW
    for step in range(101, 105):
        line.tick(replace(slow, last_step=step), now=at)
        at += MINUTE
    assert line.tick(replace(slow, last_step=104), now=at + 8 * MINUTE) == []
    (told,) = line.tick(replace(slow, last_step=104), now=at + 11 * MINUTE)
    assert told.title == "name of a is stalled (me/p/a)"
    assert told.level is Level.WARN
    assert notes(told)[0].startswith("no new step for 1")
    assert line.tick(replace(slow, last_step=104), now=at + 90 * MINUTE) == []
    (back,) = line.tick(replace(slow, last_step=105), now=at + 91 * MINUTE)
    assert back.title == "name of a recovered (me/p/a)"
    assert back.headline.startswith("name of a recovered: logging steps again after 1h")
    assert notes(back) == [
        "logging steps again after 1h 32m; a pause this long is usual from now on"
    ]


def test_an_alert_from_code_is_reported_once():
    line = Ticking("events me/p")
    line.raised = (Alert("old"),)
    assert line.tick(run("a")) == []
    line.raised = (Alert("old"), Alert("lr is odd", "it is 7 @everyone", "WARN"))
    (told,) = line.tick(run("a"))
    assert told.title == "name of a alerts: lr is odd (me/p/a)"
    assert notes(told) == ["it is 7 @everyone"]
    assert told.level is Level.WARN
    assert line.tick(run("a")) == []
    line.raised = (*line.raised, Alert("done"))
    ended = line.tick(run("a", State.FINISHED))
    assert titles(ended) == [
        "name of a alerts: done (me/p/a)",
        "name of a finished (me/p/a)",
    ]
    assert titles(line.tick(later(run("a"), 99))) == ["name of a resumed (me/p/a)"]


def test_old_alerts_are_not_reported_when_a_run_is_resumed():
    line = Ticking("events me/p")
    line.raised = (Alert("old"),)
    line.tick(run("a", State.FINISHED))
    assert titles(line.tick(later(run("a"), 99))) == ["name of a resumed (me/p/a)"]
    assert line.tick(later(run("a"), 99)) == []


def test_the_card_of_a_failed_run_shows_why():
    line = Ticking("events me/p")
    line.console = (Printed("step 1"), Printed("CUDA out of memory", error=True))
    stamps = [NOW.timestamp() - 60 * i for i in range(100, 0, -1)]
    loss = [math.nan if i == 95 else 1.0 for i in range(100)]
    line.series = (Series("val/loss", stamps, loss),)
    good = run(
        *("good", State.FINISHED),
        created=NOW - timedelta(days=1),
        config={"lr": 0.1, "seed": 1},
        summary={"val/loss": 0.4},
    )
    line.tick(run("a"), good)
    (told,) = line.tick(
        run("a", State.FAILED, exit_code=1, config={"lr": 0.5, "seed": 1}), good
    )
    fields = dict(block(told, Fields).items)  # type: ignore[attr-defined]
    assert fields["exit code"] == 1
    assert fields["runtime"] == timedelta(hours=2)
    assert block(told, Table, "values") == Table(
        "values",
        ("value", "last", "best", "prev"),
        (("val/loss", 0.5, "+25%▼", "+25%▼"),),
    )
    assert block(told, Table, "configuration") == Table(
        "configuration", ("setting", "here", "last good"), (("lr", 0.5, 0.1),)
    )
    assert told.headline == "name of a failed: CUDA out of memory (step 100, 2h 00m)"
    assert told.blocks[0] == Text("error", "CUDA out of memory")
    assert block(told, Text, "console") == Text("console", "step 1\nCUDA out of memory")
    plot = block(told, Plot)
    assert isinstance(plot, Plot)
    (drawn,) = plot.lines
    assert len(drawn.series.x) == 61, "the last hour"
    assert any(map(math.isnan, drawn.series.y))


def test_the_card_of_a_finished_run_shows_only_values_by_default():
    cases: list[tuple[str, set[type]]] = [
        ("", {Fields, Table, Note}),
        (" --attach log:1", {Fields, Text}),
        (" --attach none", {Fields}),
        (" --attach plot:x,config-diff", {Fields, Plot}),
    ]
    for flag, kinds in cases:
        line = Ticking(f"events me/p{flag}")
        line.console = (Printed("hello"),)
        line.series = (Series("x", [NOW.timestamp()], [1.0]),)
        other = run("b")
        line.tick(run("a"), other)
        (told,) = line.tick(run("a", State.FINISHED), other)
        assert {type(b) for b in told.blocks} <= kinds, flag


def test_the_card_of_an_end_says_why_with_three_requests_more():
    line = Ticking("events me/p --attach why")
    end = NOW.timestamp()
    times = [end - 60 * (39 - n) for n in range(40)]
    loss = [1.0, 1.1, 0.9, 1.05] * 5 + [math.nan] * 20
    line.series = (
        Series("_step", times, [float(n) for n in range(40)]),
        Series("loss", times, loss),
    )
    error = "RuntimeError: CUDA out of memory"
    line.console = (Printed("hello", when=NOW), Printed(error, when=NOW))
    a = run("a", summary={"loss": "NaN"})
    line.tick(a)
    ended = replace(a, state=State.FAILED, exit_code=1, heartbeat=NOW)
    (told,) = line.tick(ended)
    (table,) = [block for block in told.blocks if isinstance(block, Table)]
    assert (table.title, table.columns) == ("causes", ("what", "evidence"))
    kinds = [row[0] for row in table.rows]
    assert kinds == ["NaN", "out of memory", "failed"]
    assert str(table.rows[0][1]).startswith("loss became NaN at step 20 (2026-01-01")
    assert told.headline == "name of a failed: CUDA out of memory (step 100, 2h 00m)"
    assert line.source.asked <= 1 + 3
    (console,) = [b for b in told.blocks if isinstance(b, Text) and b.title != "error"]
    assert console.text == f"hello\n{error}"


class Deaf(FakeSource):
    """A source that lists runs and fails at anything more."""

    def console(self, _run_id: str, _last: int) -> tuple[Printed, ...]:
        raise NetworkError("the server is down")


def test_an_end_is_reported_even_if_parts_cannot_be_read():
    line = Ticking("events me/p")
    line.make = Deaf
    line.tick(run("a"))
    (told,) = line.tick(run("a", State.FAILED))
    assert "could not read the console: the server is down" in notes(told)


def test_a_terminal_shows_how_the_runs_are_now():
    stuck = run(
        "b",
        heartbeat=NOW,
        summary={"_timestamp": (NOW - timedelta(hours=1)).timestamp(), "loss": 1.0},
    )
    source = FakeSource([run("a"), stuck, run("c", State.FINISHED)])
    (told,) = grammar.parse("events me/p", fake_env(source)).reports
    assert told.title == "me/p: 3 runs, 2 running"
    table = block(told, Table, "running")
    assert isinstance(table, Table)
    assert [row[:3] for row in table.rows] == [
        ("running", "name of a", "a"),
        ("stalled", "name of b", "b"),
    ]
    assert not told.event


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--on crash", "'crash'; did you mean 'crashed'"),
        ("--on ,", "name at least one"),
        ("--best loss:low", "not KEY:min or KEY:max"),
        ("--attach log:x", "cannot attach 'log:x'; use summary"),
        ("--attach plots", "cannot attach 'plots'"),
        ("--stall soon", "not a duration such as"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line(words, said):
    with pytest.raises(UsageError, match=said):
        grammar.parse(f"events me/p {words}", fake_env(FakeSource()))


def test_a_best_of_a_key_that_no_run_logs_is_reported_once():
    line = Ticking("events me/p --best accuracy:max,loss:min")
    a = run("a", summary={"loss": 1.0})
    assert line.tick(a) == []
    told = line.tick(replace(a, state=State.FINISHED))
    assert [report.title for report in told] == [
        "name of a finished (me/p/a)",
        "me/p: no run has logged accuracy",
    ]
    assert titles(line.tick(replace(a, state=State.FINISHED))) == []
