"""The texts in state.db keep their form, so that other versions can read them."""

from __future__ import annotations

from datetime import UTC, datetime

from wandbwatch.analysis.delta import SeenValues
from wandbwatch.commands.alert.memory import AlertMemory, HoldState, Watched
from wandbwatch.commands.events.lifecycle.event import (
    EndedRun,
    EventMemory,
    Leader,
    RunningRun,
    ScopeMemory,
)
from wandbwatch.commands.events.reports import CrashCards
from wandbwatch.daemon.jobs.news import LineResult
from wandbwatch.daemon.jobs.previous_round import PreviousRound, kept
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.model.memory import Memory
from wandbwatch.model.run import State

AT = 1_700_000_000.5
ALERTS = AlertMemory(
    AT, {"owl": Watched(AT, {"Ä > 5": HoldState(1.0, 2.0, 3.0, 0.0, 1, 2.0)})}, {"b": 9}
)
ALERTS_TEXT = (
    '[1,1700000000.5,{"owl":[1700000000.5,{"Ä > 5":[1.0,2.0,3.0,0.0,1,2.0]}]},{"b":9}]'
)
EVENTS = EventMemory(
    AT,
    7.0,
    {"owl": RunningRun(1.0, None, 2.0, 1, 0.5, stalled=True, group="Ä", sweep="s")},
    {"elk": EndedRun(State.FAILED, 4.0, 3.5, 12, 0.5)},
    {"group Ä": ScopeMemory(0.0, {"failed": 1})},
    {"loss:min": Leader(0.25, "elk", 2)},
)
EVENTS_TEXTS = (
    (
        '{"shape":1,"at":1700000000.5,"horizon":7.0,'
        '"going":{"owl":[1.0,null,2.0,1,0.5,true,"Ä","s",0.0]},'
        '"scopes":{"group Ä":[0.0,{"failed":1}]},"best":{"loss:min":[0.25,"elk",2]}}'
    ),
    '{"elk":["failed",4.0,3.5,12,0.5]}',
)
CRASHES = CrashCards({"crashed 1": {"owl": False, "Ä": True}}, 1)
CRASHES_TEXT = '[{"crashed 1":{"owl":false,"\\u00c4":true}},1]'
SEEN = SeenValues({"owl": {"loss": 0.25, "Ä": None}, "elk": {}})
SEEN_TEXT = '{"runs": {"elk": {}, "owl": {"loss": 0.25, "\\u00c4": null}}}'
ROUND = PreviousRound(datetime(2026, 1, 2, tzinfo=UTC), {"content": "Ä"}, {})
ROUND_TEXT = '["2026-01-02T00:00:00+00:00", {"content": "\\u00c4"}, {}]'


def test_alerts_are_stored_as_before():
    assert ALERTS.written() == ALERTS_TEXT
    assert AlertMemory.read(ALERTS_TEXT) == ALERTS


def test_events_stored_before_pauses_were_learned_are_read():
    assert EventMemory.read(*EVENTS_TEXTS) == EVENTS
    assert EventMemory.read(*EVENTS.written()) == EVENTS
    running, ended = EVENTS.written()
    assert running.replace(",0.0,[]]},", ",0.0]},") == EVENTS_TEXTS[0].replace(
        "]}}", ']},"pauses":{},"done":{}}'
    )
    assert ended == EVENTS_TEXTS[1]


def test_crash_messages_are_stored_as_before():
    assert CRASHES.written() == CRASHES_TEXT
    assert CrashCards.read(CRASHES_TEXT) == CRASHES


def test_values_of_a_report_are_stored_as_before():
    assert SEEN.written() == SEEN_TEXT
    assert SeenValues.read(SEEN_TEXT) == SEEN


def test_the_previous_round_is_stored_as_before(opened, tmp_path):
    outbox = Outbox(opened(tmp_path))
    with outbox.round() as round_:
        ROUND.write(round_, "list")
    assert outbox.recall("list", "") == {"last": ROUND_TEXT}
    assert PreviousRound.read(outbox, "list") == ROUND


def test_a_lines_kept_values_keep_their_stored_names():
    answer = LineResult("project ./Ä", memory=Memory(on_delivery={"seen": "x"}))
    found = kept([answer], {}, posted=True)
    assert found == {'kept ["project ./\\u00c4", "seen"]': "x"}


def test_a_text_of_another_shape_is_not_read():
    assert AlertMemory.read('[2,"new"]') is None
    assert EventMemory.read('{"shape":2,"new":1}', "{}") is None


def test_without_a_text_nothing_is_remembered(opened, tmp_path):
    assert AlertMemory.read(None) is None
    assert EventMemory.read(None, None) is None
    assert SeenValues.read(None) is None
    assert CrashCards.read(None) == CrashCards()
    assert PreviousRound.read(Outbox(opened(tmp_path)), "list") == PreviousRound()
