"""From the outbox to the server, through everything that can go wrong."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageKind, QueuedMessage

from tests.delivery.outbox.messages import NOON, queued
from tests.servers.discord import Fault


def events(count: int, subscription: str = "gpt", hour: int = 0) -> list[QueuedMessage]:
    return [
        queued(f"{subscription} {i}", subscription, hour, i, kind=MessageKind.EVENT)
        for i in range(count)
    ]


def test_a_backlog_goes_out_in_order_at_discords_rate_without_a_429(harness):
    harness.enqueue(*events(100))
    harness.deliver()
    assert harness.texts == [f"gpt {i}" for i in range(100)]
    assert set(harness.server.statuses) == {200}
    seconds = (harness.clock.now() - NOON).total_seconds()
    assert seconds < 3.25 * 60 + 15  # four bursts of thirty, a minute apart


def test_a_restarted_sender_counts_earlier_sends(harness):
    for round_ in range(12):
        harness.enqueue(*events(3, hour=round_))
        harness.deliver()
        harness.restart()
    assert len(harness.texts) == 36
    assert set(harness.server.statuses) == {200}


def test_two_channels_of_one_webhook_share_its_rate_and_do_not_mix(harness):
    harness.channels["same"] = replace(harness.channels["lab"], name="same")
    harness.enqueue(*events(20))
    harness.enqueue(*(replace(e, channel="same") for e in events(20, "bert")))
    harness.deliver()
    harness.deliver("same")
    assert harness.texts == [f"{s} {i}" for s in ("gpt", "bert") for i in range(20)]
    assert set(harness.server.statuses) == {200}


@pytest.mark.parametrize("kind", ["429_user", "429_shared", "429_global"])
def test_a_429_is_waited_for_and_nothing_is_lost(harness, kind):
    harness.server.faults.append(Fault(kind, seconds=33.0))
    harness.enqueue(*events(2))
    harness.deliver()
    assert harness.texts == ["gpt 0", "gpt 1"]
    assert (harness.clock.now() - NOON).total_seconds() >= 33.0


def test_a_429_without_end_is_asked_about_each_hour(harness):
    harness.server.faults.append(Fault("429_user", seconds=1e9))
    harness.enqueue(queued("x"))
    harness.deliver()
    assert harness.texts == ["x"]
    assert 3600 <= (harness.clock.now() - NOON).total_seconds() < 3700


def test_the_proxys_429s_are_waited_for_in_growing_minutes(harness):
    harness.server.faults.append(Fault("429_edge_html", times=4))
    harness.enqueue(queued("x"))
    harness.deliver()
    assert harness.texts == ["x"]
    minutes = (harness.clock.now() - NOON).total_seconds() / 60
    assert 2 + 4 + 8 + 16 <= minutes < 31


@pytest.mark.parametrize("kind", ["reset_after", "502_after", "close_after"])
def test_a_possible_duplicate_is_sent_again_and_marked(harness, kind):
    harness.server.faults.append(Fault(kind, method="POST"))
    harness.enqueue(queued("one"), queued("two", sequence=1))
    harness.deliver()
    assert harness.texts == ["one", "(possible duplicate) one", "two"]


def test_a_possible_duplicate_is_sent_three_times_more_at_most(harness):
    harness.server.faults.append(Fault("reset_after", method="POST", times=9))
    harness.enqueue(queued("one"))
    harness.deliver()
    assert harness.texts == ["one"] + ["(possible duplicate) one"] * 3
    (failure,) = harness.admin.failed()
    assert failure.reason == (
        "it may be posted: sent 4 times, no clear answer; last error: connection reset"
    )


def test_an_outage_uses_no_chances_up(harness):
    harness.server.faults.append(Fault("502_html", times=15))
    harness.enqueue(queued("one"))
    harness.deliver()
    assert harness.texts == ["(possible duplicate) one"]
    posts = [r for r in harness.server.requests if r.method == "POST"]
    assert [r.status for r in posts] == [502, 200]


def test_an_unreachable_server_is_waited_for(harness, caplog):
    caplog.set_level(logging.WARNING)
    port = harness.server.port
    harness.server.stop()
    harness.enqueue(queued("one", expires=NOON + timedelta(hours=2)))
    harness.deliver()
    assert "connection refused; retrying in 4 s" in caplog.text
    assert len(caplog.records) < 30
    (failure,) = harness.admin.failed()
    assert failure.reason == "it waited too long: connection refused"
    harness.server = type(harness.server)(
        harness.store.path.parent.parent / "discord", port=port
    ).start()
    assert harness.admin.retry() == 1
    harness.deliver()
    assert harness.texts == ["one"]


def test_a_refused_message_goes_as_plain_text_then_not_at_all(harness):
    bad = replace(queued("x"), message=Message('{"embeds": [{"title": 5}]}'))
    harness.enqueue(bad, queued("after", sequence=1))
    harness.deliver()
    assert harness.texts == ['plain: {"embeds": [{"title": 5}]}', "after"]
    harness.server.faults.append(Fault("400_link", times=2))
    harness.enqueue(queued("y", hour=1), queued("after y", hour=1, sequence=1))
    harness.deliver()
    assert harness.texts[2:] == ["after y"]
    (failure,) = harness.admin.failed()
    assert failure.reason == (
        "240000 Message blocked by harmful links filter; and as plain text: 240000"
        " Message blocked by harmful links filter"
    )


def test_a_refused_name_is_left_out_of_the_plain_text(harness):
    harness.channels["lab"] = replace(harness.channels["lab"], username="discord bot")
    harness.enqueue(queued("x"))
    harness.deliver()
    assert harness.texts == ['plain: {"content": "x"}']


@pytest.mark.parametrize("kind", ["gone", "401_token", "403_access"])
def test_a_webhook_that_is_gone_is_left_alone_until_it_is_resumed(
    harness, caplog, kind
):
    harness.server.faults.append(Fault(kind))
    harness.enqueue(*events(3))
    for _ in range(3):
        harness.deliver()
        harness.restart()
    assert len(harness.server.requests) == 1
    assert "channel lab is stopped" in caplog.text
    assert "wandbwatch hello lab" in caplog.text
    assert len(harness.admin.waiting()) == 3
    if kind == "gone":
        harness.hook("lab")
    assert harness.admin.resume("lab")
    harness.deliver()
    assert harness.texts == ["gpt 0", "gpt 1", "gpt 2"]


def test_bad_news_ping(harness):
    harness.channels["lab"] = replace(harness.channels["lab"], mention=("<@5>",))
    harness.enqueue(queued("fine"), queued("bad", sequence=1, level=Level.BAD))
    harness.deliver()
    assert [m["pings"] for m in harness.server.messages] == [[], ["users:5"]]


@pytest.mark.parametrize(
    ("ping", "pings"), [(Level.WARN, ["users:5"]), (Level.BAD, [])]
)
def test_a_warning_pings_where_the_channel_says_so(harness, ping, pings):
    lab = replace(harness.channels["lab"], mention=("<@5>",), ping=ping)
    harness.channels["lab"] = lab
    harness.enqueue(queued("stalled", level=Level.WARN))
    harness.deliver()
    assert [m["pings"] for m in harness.server.messages] == [pings]


def test_a_sender_with_once_leaves_messages_with_long_waits(harness):
    harness.server.faults.append(Fault("429_user", seconds=300))
    harness.enqueue(*events(2))
    harness.restart(once=True)
    harness.deliver()
    assert harness.texts == []
    assert (harness.clock.now() - NOON).total_seconds() < 60


def test_a_secret_that_is_missing_is_waited_for(harness, monkeypatch):
    channel = harness.channels["lab"]
    url = channel.webhook.place
    secret = replace(channel.webhook, kind=type(channel.webhook.kind).ENV, place="HOOK")
    harness.channels["lab"] = replace(channel, webhook=secret)
    harness.enqueue(queued("x"))
    harness.restart(once=True)
    wait = harness.clock.wait

    def waiting(seconds: float) -> None:
        wait(seconds)
        monkeypatch.setenv("HOOK", url)

    harness.clock.wait = waiting
    harness.deliver()
    assert harness.texts == ["x"]
