"""A job's messages, memory and slot are written in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.daemon.jobs.job import JobContext, give_up, run_job
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Queue, SendResults, Store
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message
from wandbwatch.model.errors import NetworkError, StateError
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Fields, Report, Subject
from wandbwatch.model.settings import Cron, Mode, Subscription

SLOT = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class World:
    """A real outbox, and lines whose answers the test sets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outbox = Outbox(self.store)
        self.queue = Queue(self.store)
        self.says: dict[str, Report | Exception] = {}

    def ask(self, line: str, _memory: Memory) -> Iterator[Report]:
        answer = self.says[line]
        if isinstance(answer, Exception):
            raise answer
        yield answer

    @property
    def context(self) -> JobContext:
        return JobContext(self.ask, render, content, self.outbox)

    def bodies(self) -> list[str]:
        """Deliver all that waits, and return it."""
        sent = []
        while waiting := self.queue.head("lab"):
            self.queue.claim(waiting, "bucket")
            SendResults(self.store).delivered(waiting, "1", None)
            sent.append(waiting.queued.message.body)
        return sent


def render(reports: Sequence[Report]) -> tuple[Message, ...]:
    return tuple(Message(report.title) for report in reports)


def content(reports: Sequence[Report]) -> str:
    return repr(reports)


@pytest.fixture
def world(tmp_path, opened):
    return World(opened(tmp_path, lambda: SLOT))


def subscription(*commands: str, mode=Mode.POST, skip_unchanged=False) -> Subscription:
    return Subscription(
        "hourly",
        "lab",
        Cron("@hourly"),
        commands,
        mode=mode,
        skip_unchanged=skip_unchanged,
    )


def test_every_line_is_reported_in_order_and_the_slot_is_done(world):
    world.says = {"one": Report("x", "1"), "two": Report("x", "2")}
    result = run_job(subscription("one", "two"), SLOT, world.context)
    assert (result.errors, result.messages) == ((), 2)
    assert world.outbox.slot("hourly") == SLOT
    assert world.bodies() == ["1", "2"]


def test_messages_on_different_runs_are_apart_in_a_forum_of_runs(world):
    one, two = Subject("acme/gpt/a", "a"), Subject("acme/gpt/b", "b")
    world.says = {
        "alert": Report("x", "alert", level=Level.BAD, event=True, subject=one),
        "two": Report("x", "failed", event=True, subject=two),
        "card": Report(
            "x",
            "card",
            level=Level.BAD,
            event=True,
            message_key="card a",
            subject=one,
            card=True,
        ),
        "all": Report("x", "digest"),
    }
    context = replace(world.context, threaded={"lab"})
    run_job(subscription("alert", "two", "card", "all"), SLOT, context)
    waiting = []
    while found := world.queue.head("lab"):
        waiting.append(found.queued)
        SendResults(world.store).delivered(found, "1", None)
    assert [(q.message.body, q.origin.run[:1], q.level) for q in waiting] == [
        ("card", ("acme/gpt/a",), Level.INFO),
        ("alert", ("acme/gpt/a",), Level.BAD),
        ("failed", ("acme/gpt/b",), Level.INFO),
        ("digest", (), Level.INFO),
    ]


def test_one_failing_line_ends_neither_the_list_nor_the_subscription(world):
    world.says = {"one": NetworkError("down"), "two": Report("x", "2")}
    result = run_job(subscription("one", "two"), SLOT, world.context)
    assert result.errors == ("down",)
    assert world.bodies() == ["one", "2"]
    run_job(subscription("one", "two"), SLOT + HOUR, world.context)
    assert world.bodies() == ["2"]


def test_a_bug_is_reported_as_one_and_its_traceback_is_in_the_log(world, caplog):
    world.says = {"one": ZeroDivisionError("secret"), "two": Report("x", "2")}
    result = run_job(subscription("one", "two"), SLOT, world.context)
    assert "ZeroDivisionError" in result.errors[0]
    assert "Traceback" in caplog.text
    assert world.bodies() == ["one", "2"]


def test_a_failure_that_was_superseded_is_reported_by_the_next_round(world):
    world.says = {"one": NetworkError("down"), "two": Report("x", "2")}
    run_job(subscription("one", "two"), SLOT, world.context)
    run_job(subscription("one", "two"), SLOT + HOUR, world.context)
    assert world.bodies() == ["one", "2"]


def test_unchanged_compares_with_the_last_delivered_content(world):
    quiet = subscription("one", skip_unchanged=True)
    world.says = {"one": Report("x", "1", (Fields("", (("loss", 0.5),)),))}
    run_job(quiet, SLOT, world.context)
    run_job(quiet, SLOT + HOUR, world.context)
    assert world.bodies() == ["1"], "the first was superseded, so the second is posted"
    assert run_job(quiet, SLOT + 2 * HOUR, world.context).messages == 0
    world.says = {"one": Report("x", "1", (Fields("", (("loss", 0.4),)),))}
    assert run_job(quiet, SLOT + 3 * HOUR, world.context).messages == 1


def test_only_the_first_message_of_new_bad_news_pings(world):
    world.says = {"one": Report("x", "1", level=Level.BAD), "two": Report("x", "2")}
    run_job(subscription("one", "two"), SLOT, world.context)
    head = world.queue.head("lab")
    assert head.queued.level is Level.BAD
    world.bodies()
    run_job(subscription("one", "two"), SLOT + HOUR, world.context)
    assert world.queue.head("lab").queued.level is Level.INFO


def test_a_warning_that_happened_has_its_level_each_time_and_bad_news_come_first(world):
    stalled = Report("x", "1", level=Level.WARN, event=True)
    failed = Report("x", "2", level=Level.BAD, event=True, message_key="f")
    world.says = {"one": stalled, "two": failed}
    for hour in range(2):
        run_job(subscription("one"), SLOT + hour * HOUR, world.context)
        assert world.queue.head("lab").queued.level is Level.WARN
        world.bodies()
    run_job(subscription("one", "two"), SLOT + 2 * HOUR, world.context)
    first, second = world.store.read(
        "SELECT level FROM message WHERE state = 'waiting' ORDER BY id"
    )
    assert (first, second) == (("info",), ("bad",))


def test_a_job_that_could_not_be_done_is_reported_and_so_is_its_end(world):
    world.says = {"one": Report("x", "1")}
    give_up(
        subscription("one"), SLOT, "the job timed out and was stopped", world.context
    )
    assert world.bodies() == ["hourly"]
    run_job(subscription("one"), SLOT + HOUR, world.context)
    assert world.bodies() == ["hourly", "1"]


def test_a_live_message_is_asked_for(world):
    world.says = {"one": Report("x", "1")}
    run_job(subscription("one", mode=Mode.EDIT), SLOT, world.context)
    assert world.queue.head("lab").queued.edit


def test_nothing_is_half_written(world):
    world.says = {"one": Report("x", "1")}

    def broken(_reports: Sequence[Report]) -> tuple[Message, ...]:
        return (Message("1"), Message(object()))  # type: ignore[arg-type]

    context = JobContext(world.ask, broken, content, world.outbox)
    with pytest.raises(StateError):
        run_job(subscription("one"), SLOT, context)
    assert world.outbox.slot("hourly") is None
    assert OutboxAdmin(world.store).waiting() == ()
