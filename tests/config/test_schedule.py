from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from wandbwatch.config import schedule
from wandbwatch.config.schedule import (
    COUNTED,
    LONGEST,
    CronTimes,
    Due,
    SlotDecision,
    due,
    fault,
    next_slot,
    start,
)
from wandbwatch.model.settings import Catchup, Cron, Interval, Subscription

from tests.config import brute_cron

FIRST = datetime(2006, 1, 1, tzinfo=UTC)
UNTIL = datetime(2016, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
RARE = [
    "30 2 * * *",
    "0 2 * * *",
    "15 1 * * *",
    "45 1,2,3 * * sun",
    "0 */6 * * *",
    "0 0 L * *",
    "30 23 1,15 * 5",
    "0 9 * * mon-fri",
    "10 12 29 2 *",
    "0 0 * * fri#3",
    "5 * 30 12 *",
    "0 0 30 12 *",
]
FREQUENT = [
    "0 * * * *",
    "30 * * * *",
    "*/20 * * * *",
    "*/15 1-3 * * *",
    "7-9 0-23 * * *",
]


def local(zone: str, when: str) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_ones(expression: str, zone: str, after: datetime, count: int) -> list[str]:
    times, shown = CronTimes(expression, ZoneInfo(zone)), []
    for _ in range(count):
        found = times.after(after)
        assert found is not None
        after = found
        shown.append(f"{after.astimezone(ZoneInfo(zone)):%d %H:%M:%S %z}")
    return shown


def all_fires(
    expression: str, zone: str, first: datetime, until: datetime
) -> list[datetime]:
    times, found = CronTimes(expression, ZoneInfo(zone)), []
    moment = times.after(first - timedelta(seconds=1))
    while moment is not None and moment < until:
        found.append(moment)
        moment = times.after(moment)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_are_those_of_a_cron_that_looks_at_all_that_passes(zone):
    clock = brute_cron.Clock(zone, FIRST, UNTIL)
    for expression in RARE:
        expected = brute_cron.fires(expression, clock)
        assert expected
        assert all_fires(expression, zone, FIRST, UNTIL) == expected, expression


def around_changes(zone: str) -> list[datetime]:
    """List the days of the ten years after which the clock shows another offset."""
    there, days = ZoneInfo(zone), []
    for n in range((UNTIL - FIRST).days):
        day = FIRST + timedelta(days=n)
        offsets = {
            (day + timedelta(days=k)).astimezone(there).utcoffset() for k in (0, 1)
        }
        if len(offsets) == 2:
            days.append(day)
    return days


@pytest.mark.parametrize("zone", ZONES)
def test_frequent_ones_are_so_too_around_every_change_of_the_clock(zone):
    changes = around_changes(zone)
    assert len(changes) >= 10
    for day in changes:
        first, until = day - timedelta(days=1), day + timedelta(days=2)
        clock = brute_cron.Clock(zone, first, until)
        for expression in FREQUENT:
            expected = brute_cron.fires(expression, clock)
            assert all_fires(expression, zone, first, until) == expected, expression


def test_a_fixed_time_that_is_skipped_fires_where_the_gap_ends():
    after = local("Europe/Berlin", "2026-03-28 12:00")
    assert next_ones("30 2 * * *", "Europe/Berlin", after, 2) == [
        "29 03:00:00 +0200",
        "30 02:30:00 +0200",
    ]


def test_a_fixed_time_that_is_shown_twice_fires_the_first_time():
    after = local("Europe/Berlin", "2026-10-24 12:00")
    assert next_ones("30 2 * * *", "Europe/Berlin", after, 2) == [
        "25 02:30:00 +0200",
        "26 02:30:00 +0100",
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_an_hourly_one_fires_each_hour_that_passes(zone):
    for day in around_changes(zone):
        fires = all_fires("0 * * * *", zone, day, day + timedelta(days=2))
        assert {b - a for a, b in pairwise(fires)} == {timedelta(hours=1)}


def test_half_an_hour_of_lord_howe_moves_the_minute_hand_alone():
    zone = "Australia/Lord_Howe"
    assert next_ones("*/30 * * * *", zone, local(zone, "2026-10-04 01:20"), 3) == [
        "04 01:30:00 +1030",
        "04 02:30:00 +1100",
        "04 03:00:00 +1100",
    ]
    assert next_ones("10 2 * * *", zone, local(zone, "2026-10-04"), 2) == [
        "04 02:30:00 +1100",
        "05 02:10:00 +1100",
    ]


def test_a_day_that_apia_never_had_has_no_fires():
    zone = "Pacific/Apia"
    assert next_ones("0 9 * * *", zone, local(zone, "2011-12-29"), 2) == [
        "29 09:00:00 -1000",
        "31 09:00:00 +1400",
    ]


def test_an_evening_that_nuuk_skips_still_has_its_fire():
    zone = "America/Nuuk"
    assert next_ones("30 23 * * *", zone, local(zone, "2026-03-28 12:00"), 2) == [
        "29 00:00:00 -0100",
        "29 23:30:00 -0100",
    ]


def test_an_evening_that_nuuk_has_twice_counts_twice_for_an_hourly_one():
    zone = "America/Nuuk"
    assert next_ones("15 * 26 10 *", zone, local(zone, "2024-10-26 22:50"), 2) == [
        "26 23:15:00 -0100",
        "26 23:15:00 -0200",
    ]


def test_with_six_fields_the_seconds_are_last():
    after = local("UTC", "2026-01-01")
    assert next_ones("5 9 * * * 30", "UTC", after, 1) == ["01 09:05:30 +0000"]
    assert next_ones("* * * * * */20", "UTC", after, 2) == [
        "01 00:00:20 +0000",
        "01 00:00:40 +0000",
    ]


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("0 25 * * *", "hour '25'"),
        ("61 * * * *", "minute '61'"),
        ("0 9 * * mon-mon", "is a range of one value"),
        ("5-5 9 * * *", "is a range of one value"),
        ("0 9 * * 9", "day of the week '9'"),
        ("0 9 30 2 *", "never fires"),
        ("0 9 * *", "4 fields"),
        ("", "0 fields"),
        ("* * * * * * 2030", "7 fields"),
        ("@reboot", "not one of @hourly"),
        ("R * * * *", "minute 'R'"),
        ("0 H * * *", "hour 'H'"),
        ("0 9 * * Monday", "day of the week 'Monday'"),
        ("*/0 * * * *", "minute '*/0'"),
        ("\u0661 * * * *", "minute"),
        ("* * * * * 60", "second '60'"),
        ("0 0 * * " + ",".join("12345" * 50), f"longer than {LONGEST}"),
    ],
)
def test_a_wrong_expression_is_reported_by_its_field(expression, complaint):
    assert complaint in (fault(expression) or "fine")


@pytest.mark.parametrize(
    "expression", ["@hourly", " @daily ", "@annually", "\t0 9 * * *"]
)
def test_common_cron_expressions_are_accepted(expression):
    assert fault(expression) is None
    assert next_ones(expression, "UTC", FIRST, 1)


WORDS = st.text(alphabet="0123456789*/,-#?LWRHlwadefjmnostu ", max_size=24)
INSTANTS = st.floats(0, 7e9).map(lambda s: datetime.fromtimestamp(s, UTC))


PARTS = st.from_regex(
    r"(\*|[0-9]{1,2}|sun|Mon|sat)(-([0-9]|[12][0-9]|fri))?(/[0-9])?", fullmatch=True
)
FIELDS = st.one_of(st.just("*"), st.lists(PARTS, min_size=1, max_size=2).map(",".join))


@given(
    st.one_of(
        WORDS,
        st.text(max_size=20),
        st.lists(FIELDS, min_size=5, max_size=5).map(" ".join),
    )
)
def test_any_text_has_a_fault_or_fires(expression):
    wrong = fault(expression)
    assert wrong or CronTimes(expression, ZoneInfo("UTC")).after(FIRST)


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    return st.one_of(
        st.just("*"),
        st.integers(low, high).map(str),
        st.integers(2, 9).map("*/{}".format),
        st.tuples(st.integers(low, high), st.integers(low, high)).map(
            lambda pair: "{}-{}".format(*sorted(pair))
        ),
    )


EXPRESSIONS = st.tuples(
    numbers(0, 59), numbers(0, 23), numbers(1, 31), numbers(1, 12), numbers(0, 6)
).map(" ".join)


@given(
    EXPRESSIONS, INSTANTS, st.sampled_from([*ZONES, "America/Nuuk", "Asia/Kathmandu"])
)
def test_the_next_fire_is_always_after_and_nothing_is_between(expression, after, zone):
    assume(fault(expression) is None)
    times = CronTimes(expression, ZoneInfo(zone))
    found = times.after(after)
    assert found is not None
    assert found > after
    assert times.after(found - timedelta(seconds=1)) == found
    assert times.after(after + (found - after) / 2) == found


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


WHOLE_SECONDS = st.integers(0, 7 * 10**9).map(lambda s: datetime.fromtimestamp(s, UTC))
SCHEDULES = st.one_of(
    st.integers(1, 10**7).map(lambda s: Interval(timedelta(seconds=s))),
    st.sampled_from(["* * * * * *", "30 2 * * *", "0 */5 * * 1", "0 0 29 2 *"]).map(
        Cron
    ),
)


@given(SCHEDULES, WHOLE_SECONDS, st.timedeltas(timedelta(0), timedelta(days=400)))
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
