"""What a live message keeps of its lines is JSON, and has an end."""

from __future__ import annotations

import base64
import pickle
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from wandbwatch.daemon.jobs import previous_round
from wandbwatch.daemon.jobs.news import LineResult
from wandbwatch.daemon.jobs.previous_round import OLDEST, SHOWN, SINCE
from wandbwatch.formatting.numbers import moment
from wandbwatch.model.cell import MISSING, Bytes, Changed
from wandbwatch.model.media import Attachment
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Fields, Note, Report
from wandbwatch.model.report import Table as Rows
from wandbwatch.renderers.json import plugin as as_json

from tests.renderers.strategies import reports

SLOT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def kept(report: Report) -> dict[str, str]:
    """Return what a line remembers after it showed *report*."""
    results = [LineResult("line", (report,))]
    changes = previous_round.content_changes(results, SLOT, lambda _: {})
    return {key: value for _, key, value in changes if value is not None}


def shown(known: dict[str, str], since: datetime, at: datetime) -> tuple[Report, ...]:
    """Return what the line shows that fails *since* then, beside one that works."""
    failed = LineResult("line", error="no such run")
    results = [failed, LineResult("other", (Report("x", "other"),))]
    memory = {**known, SINCE: since.isoformat()}
    return previous_round.completed(results, at, lambda _: memory)[0].reports


def note(since: datetime) -> str:
    return f"not readable since {moment(since)}: no such run"


def test_a_line_that_never_worked_stays_in_the_message():
    [new] = previous_round.completed(
        [LineResult("line", error="no such run")], SLOT, lambda _: {}
    )
    assert new.reports == (), "its failure is reported as news"
    [report] = shown({}, SLOT, SLOT + OLDEST * 2)
    assert report.blocks == (Note(note(SLOT)),)


@given(reports)
@example(Report("diff", "a", (Fields("b", (("c", Changed(0.25, MISSING)),)),)))
def test_kept_content_is_what_was_shown(report):
    report = replace(report, event=False, message_key="")
    known = kept(report)
    if any(isinstance(block, Attachment) for block in report.blocks):
        assert not known
        return
    [back] = shown(known, SLOT, SLOT)
    assert isinstance(back.blocks[0], Note)
    back = replace(back, blocks=back.blocks[1:])
    assert "".join(as_json([back], Screen())) == "".join(as_json([report], Screen()))


def test_all_kinds_of_values_come_back():
    items = (("a", Bytes(5)), ("b", (1, [2], {"c": None})), ("d", timedelta(0, 1, 2)))
    report = Report(
        "x",
        "t",
        (Fields("f", items), Rows("r", ("a",), ((SLOT,),), repeated=frozenset({0}))),
        out=Path("/srv/x"),
    )
    [back] = shown(kept(report), SLOT, SLOT)
    _, first, second = back.blocks
    assert isinstance(first, Fields)
    assert isinstance(second, Rows)
    assert (first, second) == report.blocks
    assert type(first.items[0][1]) is Bytes
    assert (back.out, second.repeated) == (report.out, frozenset({0}))


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a text of state.db was run",))


@pytest.mark.parametrize(
    "text",
    [
        "x",
        base64.b64encode(zlib.compress(pickle.dumps([Trap()]))).decode(),
        *(
            base64.b64encode(zlib.compress(text)).decode()
            for text in (
                b"5",
                b"{}",
                b'[{"Path": 3}]',
                b'[{"system": ["x"]}]',
                b"[" * 9999,
            )
        ),
    ],
)
def test_another_text_in_its_place_shows_and_runs_nothing(text):
    [report] = shown({SHOWN: text}, SLOT, SLOT)
    assert report.blocks == (Note(note(SLOT)),)


def test_kept_content_ends_after_a_week():
    known = kept(Report("x", "t"))
    assert shown(known, SLOT, SLOT + OLDEST)
    later = SLOT + OLDEST + timedelta(hours=1)
    [report] = shown(known, SLOT, later)
    assert (report.title, report.blocks) == ("line", (Note(note(SLOT)),))
    memory = {**known, SINCE: SLOT.isoformat()}
    failed = [LineResult("line", error="no such run")]
    changes = previous_round.content_changes(failed, later, lambda _: memory)
    assert list(changes) == [("line", SHOWN, None)]
