"""A line's memory is written with the messages of its job."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.daemon.jobs.job import JobContext, run_job
from wandbwatch.delivery.outbox import (
    Outbox,
    Queue,
    SendResults,
    Store,
    Waiting,
    copy_memory,
)
from wandbwatch.formatting.numbers import moment
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageKind
from wandbwatch.model.errors import NetworkError, NotFoundError, StateError
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Line, Note, Plot, Report
from wandbwatch.model.run import Series
from wandbwatch.model.settings import Cron, Mode, Subscription

SLOT = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class World:
    """A real outbox, and a line that counts its rounds and says what a test sets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.slot = SLOT
        self.reports: list[Report] = []
        self.error: Exception | None = None
        self.found: list[tuple[str | None, str | None]] = []
        self.mode = Mode.POST
        self.parts = 1

    def ask(self, _line: str, memory: Memory) -> Iterator[Report]:
        self.found.append((memory.recall("round"), memory.seen("round")))
        number = str(len(self.found))
        memory.remember("round", number)
        memory.once_delivered("round", number)
        yield from self.reports
        if self.error:
            raise self.error

    def render(self, reports: Sequence[Report]) -> tuple[Message, ...]:
        return (Message("+".join(report.title for report in reports)),) * self.parts

    def tick(self) -> None:
        context = JobContext(self.ask, self.render, repr, Outbox(self.store))
        list_ = Subscription("s", "lab", Cron("@hourly"), ("x",), mode=self.mode)
        run_job(list_, self.slot, context)
        self.slot += HOUR

    def deliver(self) -> list[Waiting]:
        sent, queue = [], Queue(self.store)
        while waiting := queue.head("lab"):
            queue.claim(waiting, "bucket")
            SendResults(self.store).delivered(waiting, f"id {waiting.id}", None)
            sent.append(waiting)
        return sent


@pytest.fixture
def world(tmp_path, opened):
    return World(opened(tmp_path, lambda: SLOT))


def test_memory_is_written_with_the_job_and_compared_with_what_was_delivered(
    world,
):
    world.reports = [Report("x", "told")]
    world.tick()
    world.tick()
    assert world.deliver()
    world.tick()
    assert world.found == [(None, None), ("1", None), ("2", "2")]


def test_a_line_that_failed_remembers_what_it_reported_before(world):
    world.reports, world.error = [Report("x", "a", event=True)], NetworkError("down")
    world.tick()
    world.tick()
    assert world.found == [(None, None), ("1", None)]


def test_a_round_that_was_not_written_leaves_the_memory_as_it_was(world):
    world.reports = [Report("x", "a" * 100_000)]
    pages = world.store.read("PRAGMA page_count")[0][0]
    world.store.read(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError, match="full"):
        world.tick()
    world.store.read(f"PRAGMA max_page_count = {pages + 1000}")
    world.tick()
    assert world.found == [(None, None), (None, None)]


def test_events_are_reported_however_late_and_each_by_itself(world):
    world.reports = [
        Report("x", "crashed", event=True, message_key="a", level=Level.BAD),
        Report("x", "done", event=True, message_key="b"),
        Report("x", "list"),
    ]
    world.tick()
    world.reports = [Report("x", "list 2")]
    world.tick()
    sent = world.deliver()
    bodies = [w.queued.message.body for w in sent]
    assert bodies == ["crashed", "done", "list 2"]
    kinds = [w.queued.kind for w in sent]
    assert kinds == [MessageKind.EVENT, MessageKind.EVENT, MessageKind.REPORT]
    assert [w.queued.level for w in sent] == [Level.BAD, Level.INFO, Level.INFO]


def test_a_named_message_is_corrected_wherever_it_is_in_its_list(world):
    world.reports = [Report("x", "first"), Report("x", "crashed", message_key="a")]
    world.tick()
    _, crashed = world.deliver()
    world.reports = [Report("x", "it goes on", message_key="a")]
    world.tick()
    (mended,) = world.deliver()
    live = Queue(world.store).live(mended.queued)
    assert crashed.queued.place == mended.queued.place
    assert crashed.queued.place.endswith(" a#0")
    assert live == f"id {mended.id}", "the edit was delivered under its own id here"


def test_the_same_bad_event_twice_pings_twice(world):
    world.reports = [Report("x", "crashed", event=True, level=Level.BAD)]
    levels = []
    for _ in range(2):
        world.tick()
        levels += [w.queued.level for w in world.deliver()]
    assert levels == [Level.BAD, Level.BAD]


def test_a_corrected_message_that_needs_less_room_leaves_no_part_behind(world):
    world.reports = [Report("x", "crashed", message_key="a_b")]
    world.parts = 3
    world.tick()
    assert [w.queued.message.body for w in world.deliver()] == ["crashed"] * 3
    world.parts = 1
    world.tick()
    sent = world.deliver()
    assert [(w.queued.message.body, w.removal) for w in sent] == [
        ("crashed", False),
        ("", True),
        ("", True),
    ]
    live = world.store.read("SELECT place FROM live")
    assert [place[-2:] for (place,) in live] == ["#0"]


def test_a_correction_before_delivery_posts_one_message(world):
    for title in ("crashed", "it goes on"):
        world.reports = [Report("x", title, event=True, message_key="a")]
        world.tick()
    assert [w.queued.message.body for w in world.deliver()] == ["it goes on"]


def test_in_an_outage_a_live_message_keeps_its_content(world):
    world.mode = Mode.EDIT
    world.reports, world.parts = [Report("x", "list")], 2
    world.tick()
    world.deliver()
    world.reports, world.error = [], NetworkError("no answer from w&b")
    world.error.server = "w&b"
    world.tick()
    sent = [w for w in world.deliver() if w.queued.subscription == "s"]
    since = f"<t:{(SLOT + HOUR).timestamp():.0f}:t>"
    (note,) = [json.loads(w.queued.message.body) for w in sent]
    assert note["content"] == f"-# not readable since {since}: no answer from w&b"
    assert note["kept"], "embeds and files stay"
    assert Queue(world.store).live(sent[0].queued)
    world.tick()
    assert world.deliver() == []
    world.reports, world.error = [Report("x", "list")], None
    world.tick()
    bodies = [w.queued.message.body for w in world.deliver()]
    assert bodies.count("list") == 2


@pytest.mark.parametrize("error", [NetworkError("no answer"), NotFoundError("gone")])
def test_a_failing_line_of_a_live_message_keeps_its_content(world, error):
    error.server = "w&b" if isinstance(error, NetworkError) else ""
    failing: set[str] = set()
    shown: list[list[tuple[str, list[str]]]] = []

    def ask(line: str, _memory: Memory) -> Iterator[Report]:
        if line in failing:
            raise error
        series = Series("loss", array("d", [0, 1]), array("d", [2, 1]))
        plot = Plot("loss", "step", (Line("r", "owl", series),))
        yield Report(
            "image", f"{line} {world.slot:%H}", (plot,), fingerprint=lambda: ""
        )

    def render(reports: Sequence[Report]) -> tuple[Message, ...]:
        shown.append(
            [
                (r.title, [b.text for b in r.blocks if isinstance(b, Note)])
                for r in reports
                if r.kind == "image"
            ]
        )
        return (Message(json.dumps({"content": repr(shown[-1])})),)

    def tick(*lines: str) -> list[tuple[str, list[str]]]:
        failing.clear()
        failing.update(lines)
        context = JobContext(ask, render, repr, Outbox(world.store))
        list_ = Subscription("s", "lab", Cron("@hourly"), ("a", "b"), mode=Mode.EDIT)
        run_job(list_, world.slot, context)
        world.slot += HOUR
        before, shown[:] = list(shown), []
        world.deliver()
        return next((one for one in before if one), [])

    hours = [f"{SLOT + HOUR * n:%H}" for n in range(6)]
    note = [f"not readable since {moment(SLOT + HOUR)}: {error}"]
    assert tick() == [(f"a {hours[0]}", []), (f"b {hours[0]}", [])]
    for hour in hours[1:3]:
        assert tick("b") == [(f"a {hour}", []), (f"b {hours[0]}", note)]
    tick("a", "b")
    assert tick("b")[-1] == (f"b {hours[0]}", note)
    back = tick()
    assert [title for title, _ in back] == [f"a {hours[5]}", f"b {hours[5]}"]
    assert note[0] not in back[1][1]


def test_an_edited_message_says_of_when_it_is(world):
    seen: list[datetime | None] = []

    def render(reports: Sequence[Report]) -> tuple[Message, ...]:
        seen.extend(report.edited for report in reports)
        return (Message("x"),)

    world.render = render
    world.reports = [Report("x", "a"), Report("x", "b", event=True, message_key="k")]
    world.tick()
    world.mode = Mode.EDIT
    world.tick()
    assert seen == [None, SLOT, SLOT + HOUR, SLOT + HOUR]


def test_events_move_no_live_message(world):
    world.mode = Mode.EDIT
    world.reports = [Report("x", "list")]
    world.tick()
    (first,) = world.deliver()
    world.reports = [Report("x", "started", event=True), Report("x", "list 2")]
    world.tick()
    sent = world.deliver()
    assert [w.queued.edit for w in sent] == [False, True]
    assert sent[1].queued.place == first.queued.place


def test_a_state_that_is_only_tried_recalls_and_leaves_the_real_one_alone(
    world, tmp_path, opened
):
    world.tick()
    tried = opened(tmp_path / "tried", lambda: SLOT)
    copy_memory(tried, tmp_path)
    World.tick(other := World(tried))
    assert other.found == [("1", "1")]
    world.tick()
    assert world.found[-1] == ("1", "1")
    copy_memory(tried, tmp_path / "nowhere")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "state.db").write_text("no database")
    copy_memory(tried, tmp_path / "broken")
