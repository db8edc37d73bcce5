"""What is another one than in the last report, by value."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from wandbwatch.analysis.delta import NAME, SeenValues, Since, remember, timeless
from wandbwatch.commands.image.plotting import View, answer
from wandbwatch.commands.image.select import SelectedCurves
from wandbwatch.commands.project import report as project
from wandbwatch.commands.summary import report as summary
from wandbwatch.model.address import Cloud
from wandbwatch.model.cell import MISSING, Changed
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Curves, Listing, Query
from wandbwatch.model.report import Fields, Note, Report, Table
from wandbwatch.model.run import Run, Series, State

from tests.fakes import NOW

RUN = Run(
    "a",
    "calm-sea",
    State.RUNNING,
    created=NOW,
    heartbeat=NOW,
    runtime=60.0,
    last_step=100,
    summary={"loss": 0.5, "odd": math.nan},
    system={"gpu.0.temp": 50.0},
)
LATER = replace(
    RUN,
    state=State.FINISHED,
    heartbeat=NOW + timedelta(hours=1),
    runtime=3660.0,
    last_step=150,
    summary={"loss": 0.4, "odd": math.nan, "more": 1},
)
ADDRESS = Cloud("acme", "gpt")


def after(report: Report) -> Since:
    """What the next report is compared with once *report* is delivered."""
    memory = Memory()
    remember(memory, report)
    return Since.last(Memory(delivered=memory.on_delivery))


def projected(*runs: Run, since: Since | None = None) -> Report:
    found = project.Found(Listing(runs, len(runs)), ("loss",))
    return project.report(ADDRESS, found, Query(), since)


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


def test_a_row_shows_what_has_changed_and_notes_what_is_new_and_what_ended():
    new = Run("b", "@everyone", State.RUNNING, summary={"loss": 2.0})
    told = projected(new, LATER, since=after(projected(RUN)))
    table = told.blocks[0]
    assert isinstance(table, Table)
    fresh, known = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert known["state"] == Changed(State.FINISHED, State.RUNNING)
    assert known["last step"] == Changed(150, 100)
    assert known["loss"] == Changed(0.4, 0.5)
    assert known["runtime"] == timedelta(seconds=3660), "which passes by itself"
    assert fresh["loss"] == 2.0, "a new run has no change"
    assert notes(told) == [
        "new since the last report: @everyone (b, running)",
        "ended since the last report: calm-sea (a, finished)",
    ]


def test_many_are_counted():
    runs = [Run(f"r{i}", f"r{i}", State.RUNNING) for i in range(7)]
    (note, *_) = notes(projected(*runs, since=after(projected(RUN))))
    assert note.endswith("r4 (r4, running) and 2 more")


def test_nothing_to_say_is_said():
    first = projected(RUN, since=Since())
    (note,) = notes(first)
    assert note == "nothing to compare with yet; the next report shows changes"
    same = projected(RUN, since=after(first))
    assert notes(same) == ["no changes since the last report"]
    assert same.blocks[0] == first.blocks[0]
    (alone,) = notes(projected(RUN, since=Since.last(None)))
    assert "a terminal has none" in alone


def test_time_that_passes_is_no_change():
    later = replace(RUN, heartbeat=LATER.heartbeat, runtime=LATER.runtime)
    assert fingerprint(projected(later)) == fingerprint(projected(RUN))
    assert fingerprint(summary.report(later)) == fingerprint(summary.report(RUN))
    assert fingerprint(projected(LATER)) != fingerprint(projected(RUN))


def test_system_metrics_are_a_change_where_they_are_asked_for():
    warmer = replace(RUN, system={"gpu.0.temp": 51.0})
    assert fingerprint(summary.report(warmer)) == fingerprint(summary.report(RUN))
    plain = summary.report(warmer, since=after(summary.report(RUN)))
    assert not any(isinstance(c, Changed) for c in cells(plain))
    asked = summary.report(RUN, ["system"])
    told = summary.report(warmer, ["system"], since=after(asked))
    assert fingerprint(told) != fingerprint(asked)
    assert Changed(51.0, 50.0) in cells(told)


def cells(report: Report) -> list[object]:
    fields = [block for block in report.blocks if isinstance(block, Fields)]
    return [cell for block in fields for _, cell in block.items]


def test_a_summary_shows_what_has_changed_and_what_is_new():
    told = summary.report(LATER, since=after(summary.report(RUN)))
    changed = [cell for cell in cells(told) if isinstance(cell, Changed)]
    assert changed == [
        Changed(State.FINISHED, State.RUNNING),
        Changed(150, 100),
        Changed(State.FINISHED, State.RUNNING),
        Changed(0.4, 0.5),
        Changed(1, MISSING),
    ]
    assert notes(told) == ["ended since the last report: calm-sea (a, finished)"]


def curves(*ys: float, sampled: bool = False) -> SelectedCurves:
    series = Series("loss", range(len(ys)), ys, sampled=sampled)
    return SelectedCurves((Curves(RUN, {"loss": series}),), ("loss",))


def test_a_picture_has_a_table_of_its_ends():
    view = View()
    before = answer.report(ADDRESS, curves(3.0, 2.0), view)
    told = answer.report(ADDRESS, curves(3.0, 2.0, 1.0), view, after(before))
    assert told.blocks[1] == Table(
        "last values",
        ("state", "name", "id", "loss"),
        ((State.RUNNING, "calm-sea", "a", Changed(1.0, 2.0)),),
        (None,),
    )
    first = answer.report(ADDRESS, curves(3.0, 2.0), view, Since())
    assert [type(block).__name__ for block in first.blocks] == ["Plot", "Note"]


def test_another_sample_of_the_same_curve_is_no_change():
    one = answer.report(ADDRESS, curves(3.0, 9.0, 1.0, sampled=True), View())
    other = answer.report(ADDRESS, curves(3.0, 7.0, 1.0, sampled=True), View())
    assert fingerprint(one) == fingerprint(other)
    longer = answer.report(ADDRESS, curves(3.0, 7.0, 1.0, 1.0), View())
    assert fingerprint(longer) != fingerprint(one)


def test_what_is_remembered_reads_back():
    seen = SeenValues.of({"a": {"x": math.inf, "y": MISSING, "z": NOW}})
    assert SeenValues.read(seen.written()) == SeenValues({"a": {"x": "Infinity"}})
    since = Since(SeenValues.read(seen.written()))
    assert since.cell("a", "x", 1.0) == Changed(1.0, math.inf)
    assert since.cell("a", "x", math.inf) == math.inf
    assert since.cell("a", "y", 1) == Changed(1, MISSING)
    assert since.cell("a", "y", MISSING) is MISSING
    assert since.cell("b", "x", 1) == 1
    assert NAME not in Memory().on_delivery


def test_other_reports_are_news_by_their_values_but_not_by_times():
    fields = Fields("f", (("when", NOW), ("for", timedelta(1)), ("v", Changed(1, 2))))
    table = Table("t", ("when", "v"), ((NOW, 1),))
    assert timeless(Report("x", "x", (fields, table, Note("n")))).blocks == (
        Fields("f", (("when", MISSING), ("for", MISSING), ("v", 1))),
        Table("t", ("when", "v"), ((MISSING, 1),)),
        Note("n"),
    )


def test_a_run_that_is_unreadable_has_not_ended():
    lost = replace(RUN, state=State.UNKNOWN)
    assert notes(projected(lost, since=after(projected(RUN)))) == []


def fingerprint(report: Report) -> str:
    assert report.fingerprint
    return report.fingerprint()
