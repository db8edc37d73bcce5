from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wandbwatch.config import schedule
from wandbwatch.config.schedule import COUNTED, Due, SlotDecision, due, next_slot, start
from wandbwatch.model.settings import Catchup, Cron, Interval, Subscription

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAILY = Subscription("daily", "c", Cron("0 9 * * *"), ("project a/b",))
MINUTELY = replace(DAILY, when=Cron("* * * * *"))
HOURLY = replace(DAILY, when=Interval(timedelta(minutes=60)))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = timedelta(days=1)


def test_a_slot_is_due_from_its_second_on_and_once():
    before = NINE - timedelta(microseconds=1)
    assert due(DAILY, NINE - DAY, before) is None
    assert due(DAILY, NINE - DAY, NINE) == Due(NINE, SlotDecision.RUN, 0)
    assert due(DAILY, NINE, NINE + MINUTE) is None


def test_a_new_subscription_has_no_past():
    assert due(DAILY, None, NINE) is None


def test_after_an_outage_the_latest_slot_runs_once_and_the_others_are_counted():
    now = NINE + 5 * HOUR + timedelta(seconds=30)
    assert due(HOURLY, NINE, now) == Due(NINE + 5 * HOUR, SlotDecision.RUN, 4)
    assert due(HOURLY, NINE + 5 * HOUR, now) is None


def test_the_grace_is_measured_from_the_latest_slot_not_the_oldest():
    now = NINE + 3 * DAY + HOUR
    weeks_ago = NINE - 20 * DAY
    short = replace(DAILY, grace=2 * HOUR)
    assert due(short, weeks_ago, now) == Due(NINE + 3 * DAY, SlotDecision.RUN, 22)
    later = now + 2 * HOUR
    assert due(short, weeks_ago, later) == Due(
        NINE + 3 * DAY, SlotDecision.TOO_LATE, 22
    )


def test_by_default_the_grace_is_a_period_and_a_day_at_most():
    assert schedule.grace(HOURLY, NINE) == HOUR
    assert schedule.grace(replace(DAILY, when=Cron("0 9 1 * *")), NINE) == DAY


def test_without_catching_up_a_late_slot_is_left_out_but_a_slow_tick_is_not():
    never = replace(DAILY, catchup=Catchup.NONE)
    late = due(never, NINE - DAY, NINE + 2 * MINUTE)
    assert late == Due(NINE, SlotDecision.TOO_LATE, 0)
    tick = due(never, NINE - DAY, NINE + timedelta(seconds=5))
    assert tick == Due(NINE, SlotDecision.RUN, 0)


def test_months_of_missed_minutes_are_counted_up_to_a_bound():
    now = NINE + 200 * DAY
    assert due(MINUTELY, NINE, now) == Due(now, SlotDecision.RUN, COUNTED)


def test_each_second_of_a_six_field_schedule_is_found():
    secondly = replace(DAILY, when=Cron("* * * * * *"))
    for second in range(1, 5):
        now = NINE + timedelta(seconds=second)
        last = now - timedelta(seconds=1)
        assert due(secondly, last, now) == Due(now, SlotDecision.RUN, 0)


@pytest.mark.parametrize("second", range(60))
def test_the_latest_of_a_burst_of_seconds_is_found(second):
    burst = replace(DAILY, when=Cron("* * * * * 0-3"))
    now = NINE + timedelta(seconds=second)
    latest = NINE + timedelta(seconds=min(second, 3))
    found = due(burst, NINE - HOUR, now)
    assert found is not None
    assert found.slot == latest


def test_a_clock_that_goes_back_a_little_runs_nothing_twice():
    assert due(HOURLY, NINE, NINE - 2 * MINUTE) is None
    assert due(HOURLY, NINE, NINE + MINUTE) is None


def test_a_clock_that_was_years_ahead_does_not_silence_a_subscription():
    ahead = NINE + 1000 * DAY
    found = due(HOURLY, ahead, NINE + MINUTE)
    assert found == Due(NINE, SlotDecision.CLOCK_WENT_BACK, 0)
    assert due(HOURLY, found.slot, NINE + HOUR) == Due(NINE + HOUR, SlotDecision.RUN, 0)


def test_interval_slots_depend_on_the_clock_alone():
    half_past = NINE + 30 * MINUTE
    assert next_slot(HOURLY, half_past) == NINE + HOUR
    assert next_slot(HOURLY, half_past + MINUTE) == NINE + HOUR
    assert next_slot(HOURLY, NINE) == NINE + HOUR


def test_jitter_delays_each_slot_by_its_own_part_the_same_each_time():
    spread = replace(DAILY, jitter=10 * MINUTE)
    delays = {start(spread, NINE + n * DAY) - (NINE + n * DAY) for n in range(50)}
    assert len(delays) == 50
    assert all(timedelta(0) <= d < 10 * MINUTE for d in delays)
    assert start(spread, NINE) != start(replace(spread, name="other"), NINE)
    assert start(replace(spread), NINE) == start(spread, NINE)


def test_a_slot_with_jitter_is_due_when_it_starts_and_keeps_its_name():
    spread = replace(DAILY, jitter=10 * MINUTE)
    begins = start(spread, NINE)
    assert due(spread, NINE - DAY, begins - timedelta(seconds=1)) is None
    assert due(spread, NINE - DAY, begins) == Due(NINE, SlotDecision.RUN, 0)
    assert schedule.next_start(spread, NINE - DAY) == begins


def test_the_zone_is_the_subscription_s():
    berlin = replace(DAILY, zone="Europe/Berlin")
    assert next_slot(berlin, NINE) == NINE + 23 * HOUR


INSTANTS = st.integers(0, 7 * 10**9).map(lambda s: datetime.fromtimestamp(s, UTC))
SCHEDULES = st.one_of(
    st.integers(1, 10**7).map(lambda s: Interval(timedelta(seconds=s))),
    st.sampled_from(["* * * * * *", "30 2 * * *", "0 */5 * * 1", "0 0 29 2 *"]).map(
        Cron
    ),
)


@settings(deadline=None)
@given(SCHEDULES, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_due_slot_is_the_latest_one(when, last, passed):
    subscription = replace(DAILY, when=when, zone="Europe/Berlin")
    now = last + passed
    found = due(subscription, last, now)
    following = next_slot(subscription, last)
    assert following is not None
    assert following > last
    if found is None:
        assert following > now
    else:
        assert last < found.slot <= now
        after = next_slot(subscription, found.slot)
        assert after is not None
        assert after > now


@pytest.mark.parametrize("when", [Cron("* * * * *"), Interval(HOUR)])
def test_the_end_of_all_years_is_an_end(when):
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert next_slot(replace(DAILY, when=when), last) is None
