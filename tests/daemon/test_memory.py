"""What a line remembers goes with what its round tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.daemon.job import Crew, perform
from wandbwatch.model.errors import NetworkError, StateError
from wandbwatch.model.letter import Kind
from wandbwatch.model.memory import Memory
from wandbwatch.model.message import Message
from wandbwatch.model.report import Level, Report
from wandbwatch.model.subscription import Cron, Subscription
from wandbwatch.outbox import Endings, Outbox, Queue, Store, Waiting

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

    def ask(self, _line: str, memory: Memory) -> Iterator[Report]:
        self.found.append((memory.recall("round"), memory.seen("round")))
        number = str(len(self.found))
        memory.remember("round", number)
        memory.once_delivered("round", number)
        yield from self.reports
        if self.error:
            raise self.error

    def tick(self) -> None:
        crew = Crew(self.ask, render, repr, Outbox(self.store))
        perform(Subscription("s", "lab", Cron("@hourly"), ("x",)), self.slot, crew)
        self.slot += HOUR

    def deliver(self) -> list[Waiting]:
        told, queue = [], Queue(self.store)
        while waiting := queue.head("lab"):
            queue.claim(waiting, "lane")
            Endings(self.store).delivered(waiting, f"id {waiting.id}", None)
            told.append(waiting)
        return told


def render(reports: Sequence[Report]) -> tuple[Message, ...]:
    return (Message("+".join(report.title for report in reports)),)


@pytest.fixture
def world(tmp_path, opened):
    return World(opened(tmp_path, lambda: SLOT))


def test_what_is_remembered_goes_with_the_round_and_a_comparison_with_its_readers(
    world,
):
    world.reports = [Report("x", "told")]
    world.tick()
    world.tick()
    assert world.deliver()
    world.tick()
    assert world.found == [(None, None), ("1", None), ("2", "2")]


def test_a_line_that_failed_remembers_what_it_had_told_by_then(world):
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


def test_events_are_told_however_late_and_each_by_itself(world):
    world.reports = [
        Report("x", "crashed", event=True, standing="a", level=Level.BAD),
        Report("x", "done", event=True, standing="b"),
        Report("x", "list"),
    ]
    world.tick()
    world.reports = [Report("x", "list 2")]
    world.tick()
    told = world.deliver()
    bodies = [w.letter.message.body for w in told]
    assert bodies == ["crashed", "done", "list 2"]
    kinds = [w.letter.kind for w in told]
    assert kinds == [Kind.EVENT, Kind.EVENT, Kind.REPORT]
    assert [w.letter.level for w in told] == [Level.BAD, Level.INFO, Level.INFO]


def test_what_stands_under_a_name_is_corrected_wherever_it_is_in_its_list(world):
    world.reports = [Report("x", "first"), Report("x", "crashed", standing="a")]
    world.tick()
    _, crashed = world.deliver()
    world.reports = [Report("x", "it goes on", standing="a")]
    world.tick()
    (mended,) = world.deliver()
    live = Queue(world.store).live(mended.letter)
    assert crashed.letter.place == mended.letter.place
    assert crashed.letter.place.endswith(" a#0")
    assert live == f"id {mended.id}", "the edit was delivered under its own id here"


def test_the_same_bad_event_twice_pings_twice(world):
    world.reports = [Report("x", "crashed", event=True, level=Level.BAD)]
    levels = []
    for _ in range(2):
        world.tick()
        levels += [w.letter.level for w in world.deliver()]
    assert levels == [Level.BAD, Level.BAD]
