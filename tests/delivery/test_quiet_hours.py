from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest
from wandbwatch.delivery.quiet_hours import heading, is_quiet
from wandbwatch.model.channel import QuietHours
from wandbwatch.model.queued_message import MessageKind
from wandbwatch.model.report import Level

from tests.delivery.outbox.letters import NOON, letter

NIGHT = QuietHours(time(22), time(8))
LUNCH = QuietHours(time(12), time(13, 30))


@pytest.mark.parametrize(
    ("quiet", "at", "held"),
    [
        (None, "03:00", False),
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "00:00", True),
        (NIGHT, "07:59", True),
        (NIGHT, "08:00", False),
        (LUNCH, "12:00", True),
        (LUNCH, "13:30", False),
        (QuietHours(time(5), time(5)), "05:00", False),
    ],
)
def test_quiet_hours_have_a_start_and_an_end(quiet, at, held):
    assert is_quiet(quiet, datetime.fromisoformat(f"2026-01-01 {at}+01:00")) is held


def test_posts_are_held_bad_news_pass_and_one_digest_follows(office):
    office.hook("ops", quiet=LUNCH)
    calm = [letter(f"calm {i}", f"s{i}", channel="ops") for i in range(4)]
    bad = letter("bad", "s9", channel="ops", level=Level.BAD)
    more = letter("more of it", "s9", sequence=1, channel="ops")
    office.enqueue(*calm, bad, more)
    office.restart(once=True)
    office.deliver("ops")
    assert office.texts == ["bad", "more of it"]
    office.restart()
    office.deliver("ops")
    assert (office.clock.now() - NOON).total_seconds() >= 90 * 60
    (digest,) = office.texts[2:]
    assert digest.splitlines() == [heading(LUNCH, 4), *(f"calm {i}" for i in range(4))]
    assert office.desk.waiting() == ()


def test_events_that_were_held_are_in_the_digest_as_they_are_at_last(office):
    office.hook("ops", quiet=LUNCH)
    best, late = (
        replace(
            letter(
                text,
                "s",
                hour,
                10_000,
                channel="ops",
                kind=MessageKind.EVENT,
                edit=True,
            ),
            name="best#0",
        )
        for text, hour in (("best: 0.5", 0), ("best: 0.4", 1))
    )
    started = letter(
        "started", "s", sequence=10_001, channel="ops", kind=MessageKind.EVENT
    )
    office.enqueue(best, started)
    office.enqueue(late)
    office.deliver("ops")
    (digest,) = office.texts
    assert digest.splitlines() == [heading(LUNCH, 2), "started", "best: 0.4"]
    assert office.desk.waiting() == ()


def test_the_rest_of_an_event_that_is_bad_news_is_not_held(office):
    office.hook("ops", quiet=LUNCH)
    crashed = letter(
        "crashed", "s", sequence=10_000, channel="ops", level=Level.BAD, edit=True
    )
    more = letter(
        "more", "s", 0, 10_001, channel="ops", kind=MessageKind.EVENT, edit=True
    )
    crashed = replace(crashed, kind=MessageKind.EVENT, name="a#0")
    office.enqueue(crashed, replace(more, name="a#1"))
    office.restart(once=True)
    office.deliver("ops")
    assert office.texts == ["crashed", "more"]


def test_one_post_is_no_digest(office):
    office.hook("ops", quiet=LUNCH)
    office.enqueue(letter("calm", channel="ops"))
    office.deliver("ops")
    assert office.texts == ["calm"]


def test_a_held_report_still_gives_way_to_the_next(office):
    office.hook("ops", quiet=LUNCH)
    office.enqueue(letter("old", channel="ops"))
    office.restart(once=True)
    office.deliver("ops")
    office.enqueue(letter("new", hour=1, channel="ops"))
    office.restart()
    office.deliver("ops")
    assert office.texts == ["new"]


def test_a_live_message_is_kept_fresh_in_quiet_hours(office):
    office.hook("ops")
    office.enqueue(letter("one", channel="ops", edit=True))
    office.deliver("ops")
    office.channels["ops"] = replace(office.channels["ops"], quiet=LUNCH)
    office.enqueue(letter("two", hour=1, channel="ops", edit=True))
    office.restart(once=True)
    office.deliver("ops")
    assert office.texts == ["two"]
    assert (office.clock.now() - NOON).total_seconds() < 60
    assert office.desk.waiting() == ()
