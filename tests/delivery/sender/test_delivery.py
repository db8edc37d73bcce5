"""From the outbox to the server, through everything that can go wrong."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.model.queued_message import Message, MessageKind, QueuedMessage
from wandbwatch.model.report import Level

from tests.delivery.outbox.letters import NOON, letter
from tests.servers.discord import Fault


def events(count: int, subscription: str = "gpt", hour: int = 0) -> list[QueuedMessage]:
    return [
        letter(f"{subscription} {i}", subscription, hour, i, kind=MessageKind.EVENT)
        for i in range(count)
    ]


def test_a_backlog_goes_out_in_order_at_discords_rate_without_a_429(office):
    office.enqueue(*events(100))
    office.deliver()
    assert office.texts == [f"gpt {i}" for i in range(100)]
    assert set(office.server.statuses) == {200}
    seconds = (office.clock.now() - NOON).total_seconds()
    assert seconds < 3.25 * 60 + 15  # four bursts of thirty, a minute apart


def test_a_restart_knows_what_was_sent_before(office):
    for round_ in range(12):
        office.enqueue(*events(3, hour=round_))
        office.deliver()
        office.restart()
    assert len(office.texts) == 36
    assert set(office.server.statuses) == {200}


def test_two_channels_of_one_webhook_share_its_rate_and_do_not_mix(office):
    office.channels["same"] = replace(office.channels["lab"], name="same")
    office.enqueue(*events(20))
    office.enqueue(*(replace(e, channel="same") for e in events(20, "bert")))
    office.deliver()
    office.deliver("same")
    assert office.texts == [f"{s} {i}" for s in ("gpt", "bert") for i in range(20)]
    assert set(office.server.statuses) == {200}


@pytest.mark.parametrize("kind", ["429_user", "429_shared", "429_global"])
def test_a_429_is_waited_for_and_nothing_is_lost(office, kind):
    office.server.faults.append(Fault(kind, seconds=33.0))
    office.enqueue(*events(2))
    office.deliver()
    assert office.texts == ["gpt 0", "gpt 1"]
    assert (office.clock.now() - NOON).total_seconds() >= 33.0


def test_a_429_without_end_is_asked_about_each_hour(office):
    office.server.faults.append(Fault("429_user", seconds=1e9))
    office.enqueue(letter("x"))
    office.deliver()
    assert office.texts == ["x"]
    assert 3600 <= (office.clock.now() - NOON).total_seconds() < 3700


def test_the_proxys_429s_are_waited_for_in_growing_minutes(office):
    office.server.faults.append(Fault("429_edge_html", times=4))
    office.enqueue(letter("x"))
    office.deliver()
    assert office.texts == ["x"]
    minutes = (office.clock.now() - NOON).total_seconds() / 60
    assert 2 + 4 + 8 + 16 <= minutes < 31


@pytest.mark.parametrize("kind", ["reset_after", "502_after", "close_after"])
def test_what_may_stand_is_sent_again_and_says_so(office, kind):
    office.server.faults.append(Fault(kind, method="POST"))
    office.enqueue(letter("one"), letter("two", sequence=1))
    office.deliver()
    assert office.texts == ["one", "(possible duplicate) one", "two"]


def test_what_may_stand_is_sent_three_times_more_at_most(office):
    office.server.faults.append(Fault("reset_after", method="POST", times=9))
    office.enqueue(letter("one"))
    office.deliver()
    assert office.texts == ["one"] + ["(possible duplicate) one"] * 3
    (failure,) = office.desk.failed()
    assert failure.reason == (
        "it may be posted: sent 4 times, no clear answer; last error: connection reset"
    )


def test_an_outage_uses_no_chances_up(office):
    office.server.faults.append(Fault("502_html", times=15))
    office.enqueue(letter("one"))
    office.deliver()
    assert office.texts == ["(possible duplicate) one"]
    posts = [r for r in office.server.requests if r.method == "POST"]
    assert [r.status for r in posts] == [502, 200]


def test_an_unreachable_server_is_waited_for(office, caplog):
    caplog.set_level(logging.WARNING)
    port = office.server.port
    office.server.stop()
    office.enqueue(letter("one", expires=NOON + timedelta(hours=2)))
    office.deliver()
    assert "connection refused; retrying in 4 s" in caplog.text
    assert len(caplog.records) < 30
    (failure,) = office.desk.failed()
    assert failure.reason == "it waited too long: connection refused"
    office.server = type(office.server)(
        office.store.path.parent.parent / "discord", port=port
    ).start()
    assert office.desk.retry() == 1
    office.deliver()
    assert office.texts == ["one"]


def test_a_refused_message_goes_as_plain_text_then_not_at_all(office):
    bad = replace(letter("x"), message=Message('{"embeds": [{"title": 5}]}'))
    office.enqueue(bad, letter("after", sequence=1))
    office.deliver()
    assert office.texts == ['plain: {"embeds": [{"title": 5}]}', "after"]
    office.server.faults.append(Fault("400_link", times=2))
    office.enqueue(letter("y", hour=1), letter("after y", hour=1, sequence=1))
    office.deliver()
    assert office.texts[2:] == ["after y"]
    (failure,) = office.desk.failed()
    assert failure.reason == (
        "240000 Message blocked by harmful links filter; and as plain text: 240000"
        " Message blocked by harmful links filter"
    )


def test_a_refused_name_is_left_out_of_the_plain_text(office):
    office.channels["lab"] = replace(office.channels["lab"], username="discord bot")
    office.enqueue(letter("x"))
    office.deliver()
    assert office.texts == ['plain: {"content": "x"}']


@pytest.mark.parametrize("kind", ["gone", "401_token", "403_access"])
def test_a_webhook_that_is_gone_is_left_alone_until_it_is_resumed(office, caplog, kind):
    office.server.faults.append(Fault(kind))
    office.enqueue(*events(3))
    for _ in range(3):
        office.deliver()
        office.restart()
    assert len(office.server.requests) == 1
    assert "channel lab is stopped" in caplog.text
    assert "wandbwatch hello lab" in caplog.text
    assert len(office.desk.waiting()) == 3
    if kind == "gone":
        office.hook("lab")
    assert office.desk.resume("lab")
    office.deliver()
    assert office.texts == ["gpt 0", "gpt 1", "gpt 2"]


def test_bad_news_ping(office):
    office.channels["lab"] = replace(office.channels["lab"], mention=("<@5>",))
    office.enqueue(letter("fine"), letter("bad", sequence=1, level=Level.BAD))
    office.deliver()
    assert [m["pings"] for m in office.server.messages] == [[], ["users:5"]]


def test_a_sender_that_is_to_end_soon_leaves_what_must_wait_long(office):
    office.server.faults.append(Fault("429_user", seconds=300))
    office.enqueue(*events(2))
    office.restart(once=True)
    office.deliver()
    assert office.texts == []
    assert (office.clock.now() - NOON).total_seconds() < 60


def test_a_secret_that_is_not_there_is_waited_for(office, monkeypatch):
    channel = office.channels["lab"]
    url = channel.webhook.place
    secret = replace(channel.webhook, kind=type(channel.webhook.kind).ENV, place="HOOK")
    office.channels["lab"] = replace(channel, webhook=secret)
    office.enqueue(letter("x"))
    office.restart(once=True)
    wait = office.clock.wait

    def waiting(seconds: float) -> None:
        wait(seconds)
        monkeypatch.setenv("HOOK", url)

    office.clock.wait = waiting
    office.deliver()
    assert office.texts == ["x"]
