from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from wandbwatch.config.schedule import LONGEST, CronTimes, fault

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


@settings(deadline=None)
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


@settings(deadline=None)
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
