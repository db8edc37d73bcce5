from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest
from wandbwatch.delivery.digests import heading, is_quiet
from wandbwatch.model.delivery import MessageKind
from wandbwatch.model.report import Level
from wandbwatch.model.settings import QuietHours

from tests.delivery.outbox.messages import NOON, queued

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


def test_posts_are_held_bad_news_pass_and_one_digest_follows(harness):
    harness.hook("ops", quiet=LUNCH)
    calm = [queued(f"calm {i}", f"s{i}", channel="ops") for i in range(4)]
    bad = queued("bad", "s9", channel="ops", level=Level.BAD)
    more = queued("more of it", "s9", sequence=1, channel="ops")
    harness.enqueue(*calm, bad, more)
    harness.restart(once=True)
    harness.deliver("ops")
    assert harness.texts == ["bad", "more of it"]
    harness.restart()
    harness.deliver("ops")
    assert (harness.clock.now() - NOON).total_seconds() >= 90 * 60
    (digest,) = harness.texts[2:]
    assert digest.splitlines() == [heading(LUNCH, 4), *(f"calm {i}" for i in range(4))]
    assert harness.admin.waiting() == ()


def test_events_that_were_held_are_in_the_digest_as_they_are_at_last(harness):
    harness.hook("ops", quiet=LUNCH)
    best, late = (
        replace(
            queued(
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
    started = queued(
        "started", "s", sequence=10_001, channel="ops", kind=MessageKind.EVENT
    )
    harness.enqueue(best, started)
    harness.enqueue(late)
    harness.deliver("ops")
    (digest,) = harness.texts
    assert digest.splitlines() == [heading(LUNCH, 2), "started", "best: 0.4"]
    assert harness.admin.waiting() == ()


def test_the_rest_of_an_event_that_is_bad_news_is_not_held(harness):
    harness.hook("ops", quiet=LUNCH)
    crashed = queued(
        "crashed", "s", sequence=10_000, channel="ops", level=Level.BAD, edit=True
    )
    more = queued(
        "more", "s", 0, 10_001, channel="ops", kind=MessageKind.EVENT, edit=True
    )
    crashed = replace(crashed, kind=MessageKind.EVENT, name="a#0")
    harness.enqueue(crashed, replace(more, name="a#1"))
    harness.restart(once=True)
    harness.deliver("ops")
    assert harness.texts == ["crashed", "more"]


def test_one_post_is_no_digest(harness):
    harness.hook("ops", quiet=LUNCH)
    harness.enqueue(queued("calm", channel="ops"))
    harness.deliver("ops")
    assert harness.texts == ["calm"]


def test_a_held_report_still_gives_way_to_the_next(harness):
    harness.hook("ops", quiet=LUNCH)
    harness.enqueue(queued("old", channel="ops"))
    harness.restart(once=True)
    harness.deliver("ops")
    harness.enqueue(queued("new", hour=1, channel="ops"))
    harness.restart()
    harness.deliver("ops")
    assert harness.texts == ["new"]


def test_a_live_message_is_kept_fresh_in_quiet_hours(harness):
    harness.hook("ops")
    harness.enqueue(queued("one", channel="ops", edit=True))
    harness.deliver("ops")
    harness.channels["ops"] = replace(harness.channels["ops"], quiet=LUNCH)
    harness.enqueue(queued("two", hour=1, channel="ops", edit=True))
    harness.restart(once=True)
    harness.deliver("ops")
    assert harness.texts == ["two"]
    assert (harness.clock.now() - NOON).total_seconds() < 60
    assert harness.admin.waiting() == ()
