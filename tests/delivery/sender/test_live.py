"""Messages that are edited in place, threads, and senders that die."""

from __future__ import annotations

from dataclasses import replace

from wandbwatch.delivery.outbox import Queue
from wandbwatch.model.queued_message import Message, MessageFile

from tests.delivery.outbox.letters import enqueue, head, letter
from tests.servers.discord import Fault, Hook


def test_an_edit_stays_one_message_with_its_latest_plots(office):
    for round_ in range(3):
        body = Message(
            '{"embeds": [{"image": {"url": "attachment://a.png"}}]}',
            (MessageFile("a.png", b"\x89PNG\r\n\x1a\n%d" % round_),),
        )
        office.enqueue(replace(letter("", hour=round_, edit=True), message=body))
        office.deliver()
    (record,) = office.server.messages
    assert len(record["edits"]) == 2
    (file,) = record["files"]
    assert office.server.board.file(file).endswith(b"2")
    assert office.server.warnings == []


def test_an_edit_of_unknown_fate_is_simply_repeated(office):
    office.enqueue(letter("one", edit=True))
    office.deliver()
    office.server.faults.append(Fault("502_after", method="PATCH", times=5))
    office.enqueue(letter("two", hour=1, edit=True))
    office.deliver()
    assert office.texts == ["two"]


def test_a_list_of_live_messages_that_got_shorter_leaves_none_over(office):
    for hour, count in enumerate((3, 1, 1, 2)):
        texts = [f"{i} at {hour}" for i in range(count)]
        office.enqueue(
            *(letter(t, "gpt", hour, i, edit=True) for i, t in enumerate(texts))
        )
        office.deliver()
        assert sorted(office.texts) == texts
    assert office.desk.failed() == office.desk.waiting() == ()


def test_what_would_be_removed_stays_when_the_list_has_grown_again(office):
    for hour, count in enumerate((2, 1, 2)):
        office.enqueue(
            *(letter(f"{i} at {hour}", "gpt", hour, i, edit=True) for i in range(count))
        )
        if hour != 1:
            office.deliver()
    assert office.texts == ["0 at 2", "1 at 2"]
    assert [r.method for r in office.server.requests] == ["POST"] * 2 + ["PATCH"] * 2


def test_what_somebody_has_removed_before_is_no_failure(office):
    office.enqueue(letter("a", edit=True), letter("b", sequence=1, edit=True))
    office.deliver()
    office.server.board.delete(office.server.messages[1]["id"])
    office.enqueue(letter("c", hour=1, edit=True))
    office.deliver()
    assert office.texts == ["c"]
    assert office.desk.failed() == office.desk.waiting() == ()


def test_an_edited_message_that_somebody_deleted_is_posted_anew(office):
    office.enqueue(letter("one", edit=True))
    office.deliver()
    office.server.board.delete(office.server.messages[0]["id"])
    for hour in (1, 2):
        office.enqueue(letter(f"at {hour}", hour=hour, edit=True))
        office.deliver()
    assert office.texts == ["at 2"]


def test_an_edit_that_came_after_too_many_waits(office):
    office.enqueue(letter("one", edit=True))
    office.deliver()
    office.server.faults.append(Fault("429_old_edit", times=2))
    office.enqueue(letter("two", hour=1, edit=True))
    office.deliver()
    assert office.texts == ["two"]


def test_a_crash_between_claim_and_end_is_a_possible_duplicate(office):
    office.enqueue(letter("one"), letter("two", sequence=1))
    Queue(office.store).claim(head(office.store), "11")
    office.restart()
    office.deliver()
    assert office.texts == ["(possible duplicate) one", "two"]


def test_a_crash_in_an_edit_is_none(office):
    office.enqueue(letter("one", edit=True))
    office.deliver()
    office.enqueue(letter("two", hour=1, edit=True))
    Queue(office.store).claim(head(office.store), "11")
    office.restart()
    office.deliver()
    assert office.texts == ["two"]


def test_a_forum_has_one_thread_for_all_that_is_told(office):
    forum = Hook("50", "token-forum", "60", "forum")
    channel = office.hook("runs", forum)
    office.channels["runs"] = replace(channel, thread_name="runs")
    office.enqueue(letter("one", channel="runs"))
    office.enqueue(letter("live", "live", channel="runs", edit=True))
    office.deliver("runs")
    office.restart()
    office.enqueue(letter("live 2", "live", hour=1, channel="runs", edit=True))
    office.deliver("runs")
    assert office.texts == ["one", "live 2"]
    assert len({m["thread_id"] for m in office.server.messages}) == 1
    # Somebody deletes the thread: the next post opens it anew.
    office.server.url(forum)
    office.enqueue(letter("two", hour=1, channel="runs"))
    office.deliver("runs")
    assert office.texts[-1] == "two"
    assert office.desk.stopped() == ()


def test_a_report_gives_way_to_the_next_while_it_waits(office):
    """The next report comes while the first one backs off."""
    office.server.faults.append(Fault("429_user", seconds=300))
    office.enqueue(letter("old"))
    wait, slept = office.clock.wait, []

    def waiting(seconds: float) -> None:
        wait(seconds)
        slept.append(seconds)
        if len(slept) == 10:
            enqueue(office.store, letter("new", hour=1))

    office.clock.wait = waiting
    office.deliver()
    assert office.texts == ["new"]
