"""Messages that are edited in place, threads, and senders that die."""

from __future__ import annotations

from dataclasses import replace

from wandbwatch.delivery.outbox import Queue
from wandbwatch.model.queued_message import Message, MessageFile

from tests.delivery.outbox.messages import enqueue, head, queued
from tests.servers.discord import Fault, Hook


def test_an_edit_stays_one_message_with_its_latest_plots(harness):
    for round_ in range(3):
        body = Message(
            '{"embeds": [{"image": {"url": "attachment://a.png"}}]}',
            (MessageFile("a.png", b"\x89PNG\r\n\x1a\n%d" % round_),),
        )
        harness.enqueue(replace(queued("", hour=round_, edit=True), message=body))
        harness.deliver()
    (record,) = harness.server.messages
    assert len(record["edits"]) == 2
    (file,) = record["files"]
    assert harness.server.board.file(file).endswith(b"2")
    assert harness.server.warnings == []


def test_an_edit_of_unknown_fate_is_simply_repeated(harness):
    harness.enqueue(queued("one", edit=True))
    harness.deliver()
    harness.server.faults.append(Fault("502_after", method="PATCH", times=5))
    harness.enqueue(queued("two", hour=1, edit=True))
    harness.deliver()
    assert harness.texts == ["two"]


def test_a_list_of_live_messages_that_got_shorter_leaves_none_over(harness):
    for hour, count in enumerate((3, 1, 1, 2)):
        texts = [f"{i} at {hour}" for i in range(count)]
        harness.enqueue(
            *(queued(t, "gpt", hour, i, edit=True) for i, t in enumerate(texts))
        )
        harness.deliver()
        assert sorted(harness.texts) == texts
    assert harness.admin.failed() == harness.admin.waiting() == ()


def test_what_would_be_removed_stays_when_the_list_has_grown_again(harness):
    for hour, count in enumerate((2, 1, 2)):
        harness.enqueue(
            *(queued(f"{i} at {hour}", "gpt", hour, i, edit=True) for i in range(count))
        )
        if hour != 1:
            harness.deliver()
    assert harness.texts == ["0 at 2", "1 at 2"]
    assert [r.method for r in harness.server.requests] == ["POST"] * 2 + ["PATCH"] * 2


def test_what_somebody_has_removed_before_is_no_failure(harness):
    harness.enqueue(queued("a", edit=True), queued("b", sequence=1, edit=True))
    harness.deliver()
    harness.server.board.delete(harness.server.messages[1]["id"])
    harness.enqueue(queued("c", hour=1, edit=True))
    harness.deliver()
    assert harness.texts == ["c"]
    assert harness.admin.failed() == harness.admin.waiting() == ()


def test_an_edited_message_that_somebody_deleted_is_posted_again(harness):
    harness.enqueue(queued("one", edit=True))
    harness.deliver()
    harness.server.board.delete(harness.server.messages[0]["id"])
    for hour in (1, 2):
        harness.enqueue(queued(f"at {hour}", hour=hour, edit=True))
        harness.deliver()
    assert harness.texts == ["at 2"]


def test_an_edit_that_came_after_too_many_waits(harness):
    harness.enqueue(queued("one", edit=True))
    harness.deliver()
    harness.server.faults.append(Fault("429_old_edit", times=2))
    harness.enqueue(queued("two", hour=1, edit=True))
    harness.deliver()
    assert harness.texts == ["two"]


def test_a_crash_between_claim_and_end_is_a_possible_duplicate(harness):
    harness.enqueue(queued("one"), queued("two", sequence=1))
    Queue(harness.store).claim(head(harness.store), "11")
    harness.restart()
    harness.deliver()
    assert harness.texts == ["(possible duplicate) one", "two"]


def test_a_crash_in_an_edit_is_none(harness):
    harness.enqueue(queued("one", edit=True))
    harness.deliver()
    harness.enqueue(queued("two", hour=1, edit=True))
    Queue(harness.store).claim(head(harness.store), "11")
    harness.restart()
    harness.deliver()
    assert harness.texts == ["two"]


def test_a_forum_has_one_thread_for_all_that_is_reported(harness):
    forum = Hook("50", "token-forum", "60", "forum")
    channel = harness.hook("runs", forum)
    harness.channels["runs"] = replace(channel, thread_name="runs")
    harness.enqueue(queued("one", channel="runs"))
    harness.enqueue(queued("live", "live", channel="runs", edit=True))
    harness.deliver("runs")
    harness.restart()
    harness.enqueue(queued("live 2", "live", hour=1, channel="runs", edit=True))
    harness.deliver("runs")
    assert harness.texts == ["one", "live 2"]
    assert len({m["thread_id"] for m in harness.server.messages}) == 1
    # Somebody deletes the thread: the next post opens it anew.
    harness.server.url(forum)
    harness.enqueue(queued("two", hour=1, channel="runs"))
    harness.deliver("runs")
    assert harness.texts[-1] == "two"
    assert harness.admin.stopped() == ()


def test_a_report_gives_way_to_the_next_while_it_waits(harness):
    """The next report comes while the first one backs off."""
    harness.server.faults.append(Fault("429_user", seconds=300))
    harness.enqueue(queued("old"))
    wait, slept = harness.clock.wait, []

    def waiting(seconds: float) -> None:
        wait(seconds)
        slept.append(seconds)
        if len(slept) == 10:
            enqueue(harness.store, queued("new", hour=1))

    harness.clock.wait = waiting
    harness.deliver()
    assert harness.texts == ["new"]
