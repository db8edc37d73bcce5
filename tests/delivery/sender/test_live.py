"""Messages that are edited in place, threads, and senders that die."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from wandbwatch.delivery.discord import TIMEOUTS, Discord
from wandbwatch.delivery.outbox import Queue
from wandbwatch.model.delivery import Message, MessageFile, Origin

from tests.delivery.outbox.messages import enqueue, head, queued
from tests.delivery.sender.harness import IMPATIENT
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


RUNS_HOOK = Hook("50", "token-forum", "60", "forum")


def forum(harness) -> None:
    channel = harness.hook("runs", RUNS_HOOK)
    harness.channels["runs"] = replace(
        channel, thread_name="all", thread_per_run=True, tags=("77",)
    )


def about(run: str, text: str, *, name: str = "", hour: int = 0, sequence: int = 0):
    """Return a message on *run*; one with a *name* is edited by the next of it."""
    message = queued(text, f"{run}{sequence}", hour, sequence, channel="runs")
    origin = Origin(text, run=(f"acme/gpt/{run}", f"{run} (id)") if run else ())
    return replace(message, origin=origin, name=name, edit=bool(name))


def in_threads(harness) -> dict[str, list[str]]:
    """Return the texts in each thread of the forum, by the thread's name."""
    names: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    for record in harness.server.messages:
        thread, payload = record["thread_id"], record["payload"]
        names.setdefault(thread, payload.get("thread_name"))
        texts.setdefault(thread, []).append(payload["content"])
    return {names[thread]: found for thread, found in texts.items()}


def test_a_hundred_runs_have_a_thread_each(harness):
    forum(harness)
    for run in range(100):
        harness.enqueue(about(f"r{run}", "card", name="card#0"))
    harness.enqueue(about("", "12 runs crashed"), about("", "digest", sequence=1))
    harness.deliver("runs")
    harness.restart()
    for run in range(100):
        harness.enqueue(about(f"r{run}", "card 2", name="card#0", hour=1))
        harness.enqueue(about(f"r{run}", "failed", hour=1, sequence=1))
    harness.deliver("runs")
    found = in_threads(harness)
    assert found.pop("all") == ["12 runs crashed", "digest"]
    assert found == {f"r{run} (id)": ["card 2", "failed"] for run in range(100)}
    first = [r for r in harness.server.messages if r["id"] == r["thread_id"]]
    assert all(r["payload"]["applied_tags"] == ["77"] for r in first)
    assert harness.server.warnings == []


def test_a_kill_before_the_answer_costs_one_more_thread_that_is_marked(harness):
    forum(harness)
    harness.server.faults.append(Fault("502_after"))
    harness.enqueue(about("a", "card", name="card#0"))
    harness.deliver("runs")
    harness.enqueue(about("a", "card 2", name="card#0", hour=1))
    harness.enqueue(about("a", "failed", hour=1, sequence=1))
    harness.deliver("runs")
    by_thread: dict[str, list[dict[str, Any]]] = {}
    for record in harness.server.messages:
        by_thread.setdefault(record["thread_id"], []).append(record)
    first, second = by_thread.values()
    assert [r["payload"]["content"] for r in first] == ["card"]
    assert [r["payload"]["content"] for r in second] == ["card 2", "failed"]
    (edited,) = (r for r in second if r["edits"])
    assert edited["edits"][0]["payload"]["content"] == "card 2"


def test_a_sender_that_dies_while_it_opens_a_thread_marks_the_next(harness):
    forum(harness)
    harness.enqueue(about("a", "card"))
    Queue(harness.store).claim(head(harness.store, "runs"), "50")
    harness.restart()
    harness.enqueue(about("a", "failed", hour=1))
    harness.deliver("runs")
    assert in_threads(harness) == {"a (id)": ["(possible duplicate) card", "failed"]}


def test_a_deleted_thread_of_a_run_is_opened_again_and_no_other(harness):
    forum(harness)
    harness.enqueue(*(about(run, "card", name="card#0") for run in "ab"))
    harness.deliver("runs")
    hook = harness.server.board.hooks["50"]
    harness.server.board.put(replace(hook, threads=hook.threads[1:]))
    harness.enqueue(
        *(about(run, "card 2", name="card#0", hour=1) for run in "ab"),
        about("a", "failed", hour=1, sequence=1),
    )
    harness.deliver("runs")
    assert [r["payload"]["content"] for r in harness.server.messages] == [
        "card",
        "card 2",
        "card 2",
        "failed",
    ]
    assert harness.admin.stopped() == harness.admin.failed() == ()


def test_an_edit_in_an_archived_thread_is_posted_there_which_opens_it(harness):
    forum(harness)
    harness.enqueue(about("a", "card", name="card#0"))
    harness.deliver("runs")
    harness.server.faults.append(Fault("archived", method="PATCH"))
    harness.enqueue(about("a", "card 2", name="card#0", hour=1))
    harness.deliver("runs")
    assert in_threads(harness) == {"a (id)": ["card", "card 2"]}


def authors(harness) -> list[str | None]:
    return [record["payload"].get("username") for record in harness.server.messages]


def test_a_webhook_that_nobody_has_named_posts_as_wandbwatch(harness):
    for hour in range(3):
        harness.enqueue(queued("x", hour=hour))
        harness.deliver()
        harness.restart()
    assert authors(harness) == [None, "wandbwatch", "wandbwatch"]


@pytest.mark.parametrize(
    ("name", "fault", "author"),
    [
        ("Captain Hook", None, "wandbwatch"),
        ("Lab", None, None),
        ("Captain Hook", "502_html", None),
        ("Captain Hook", "401_token", None),
        ("Captain Hook", "404_webhook", None),
        ("Captain Hook", "429_user", None),
        ("Captain Hook", "reset_before", None),
        ("Captain Hook", "hang", None),
        ("Captain Hook", "drip_after", None),
        ("Captain Hook", "html_after", None),
    ],
)
def test_the_first_message_has_our_name_if_nobody_has_named_its_webhook(
    harness, caplog, name, fault, author
):
    """Whatever becomes of the question, the message is posted, at once and once."""
    board = harness.server.board
    board.put(replace(board.hooks["11"], name=name))
    if fault:
        harness.server.faults.append(Fault(fault, method="GET"))
    soon = Discord(IMPATIENT if fault in {"hang", "drip_after"} else TIMEOUTS)
    harness.context = replace(harness.context, webhook_name=soon.name)
    before = harness.clock.now()
    for hour, text in enumerate("xy"):  # later it is not asked again
        harness.enqueue(queued(text, hour=hour))
        harness.deliver()
    assert harness.texts == ["x", "y"]
    assert authors(harness)[0] == author
    assert [r.method for r in harness.server.requests] == ["GET", "POST", "POST"]
    assert harness.clock.now() == before
    assert caplog.text == ""


def test_a_webhook_keeps_the_name_that_somebody_gives_it(harness):
    harness.enqueue(queued("x"))
    harness.deliver()
    hook = harness.server.board.hooks["11"]
    harness.server.board.put(replace(hook, name="Lab"))
    harness.clock.wait(90_000)
    for hour in (30, 31):
        harness.enqueue(queued("x", hour=hour))
        harness.deliver()
    assert authors(harness) == [None, "wandbwatch", None]


def test_a_button_is_asked_to_be_respected(harness):
    button = {"type": 2, "style": 5, "label": "Open", "url": "https://example.org"}
    row = [{"type": 1, "components": [button]}]
    shown = []
    for hour, components in enumerate((row, [])):
        body = json.dumps({"content": "x", "components": components})
        live = replace(queued("", hour=hour, edit=True), message=Message(body))
        harness.enqueue(live)
        harness.deliver()
        (record,) = harness.server.messages
        shown.append(record["payload"]["components"])
    assert shown == [row, []]
