"""``[[subscriptions]]``: command lines with a schedule and a channel."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from wandbwatch.config import values
from wandbwatch.config.table import TomlTable
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.formatting.times import parse_duration, parse_positive_duration
from wandbwatch.model.errors import WandbwatchError
from wandbwatch.model.settings import Catchup, Interval, Mode, Subscription, When

Check = Callable[[str], object]

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_LOOKED_AT = 8


class Around(NamedTuple):
    """The names in the rest of the file that a subscription may use."""

    channels: Collection[str]
    accounts: Collection[str]
    zone: str
    check: Check | None
    """Raises WandbwatchError, in one line, when a command line is wrong."""


def subscription(table: TomlTable, around: Around) -> Subscription | None:
    """Read one subscription; None if required settings are missing."""
    table.required("name", "channel", "commands")
    name = table.read("name", values.name)
    channel = _known(table, "channel", around.channels)
    account = _known(table, "account", around.accounts)
    when, zone = _when(table), table.read("timezone", values.zone) or around.zone
    catchup, grace = _catchup(table)
    jitter, timeout = (
        table.read("jitter", parse_duration),
        table.read("timeout", parse_positive_duration),
    )
    found = Subscription(
        name or "?",
        channel or "?",
        when or Interval(timedelta(hours=1)),
        _commands(table, around.check),
        zone=zone,
        mode=table.read("mode", values.one_of(Mode)) or Mode.POST,
        skip_unchanged=table.flag("skip_unchanged"),
        catchup=catchup,
        grace=grace,
        jitter=jitter or Subscription.jitter,
        timeout=timeout or Subscription.timeout,
        overlap=table.flag("overlap"),
        account=account,
    )
    if name is None or when is None:
        return None
    _check_jitter(table, found)
    return found


def _known(table: TomlTable, key: str, known: Collection[str]) -> str | None:
    name = table.of(str, key)
    if name is not None and name not in known:
        there = f"[{key}s.{name[:80]}]"
        table.complain(key, f"no {there}{did_you_mean(name, known)}")
    return name


def _when(table: TomlTable) -> When | None:
    both = [key for key in ("cron", "interval") if table.value(key) is not None]
    cron, interval = (
        table.read("cron", values.cron),
        table.read("interval", parse_positive_duration),
    )
    if len(both) > 1:
        table.complain("interval", "cron is set too; keep one of them")
    elif not both:
        table.complain(None, "needs cron or interval")
    return cron or (Interval(interval) if interval else None)


def _commands(table: TomlTable, check: Check | None) -> tuple[str, ...]:
    lines = table.of(list, "commands")
    if lines == []:
        table.complain("commands", "needs at least one line")
    for index, line in enumerate(lines or []):
        if not isinstance(line, str):
            table.complain("commands", "must be a string", index)
        elif not line.strip():
            table.complain("commands", "is empty", index)
        elif check is not None:
            _check_line(table, index, line, check)
    return tuple(str(line) for line in lines or [])


def _check_line(table: TomlTable, index: int, line: str, check: Check) -> None:
    try:
        check(line)
    except WandbwatchError as e:
        table.complain("commands", str(e), index)


def _catchup(table: TomlTable) -> tuple[Catchup, timedelta | None]:
    catchup = table.read("catchup", values.one_of(Catchup)) or Catchup.ONCE
    grace = table.read("grace", parse_positive_duration)
    if grace and catchup is Catchup.NONE:
        table.complain("grace", 'has no effect with catchup = "none"')
    return catchup, grace


def _check_jitter(table: TomlTable, found: Subscription) -> None:
    """Complain if a jitter can delay a slot past the next one: it would be lost."""
    if not found.jitter:
        return
    from wandbwatch.config import schedule  # noqa: PLC0415 -- few lists have a jitter

    times, slot = schedule.times(found), _SOME_DAY
    for _ in range(_LOOKED_AT):
        following = times.after(slot)
        if following is None:
            return
        if slot != _SOME_DAY and following - slot <= found.jitter:
            between = f"the {following - slot} between two of its slots"
            table.complain("jitter", f"must be shorter than {between}")
            return
        slot = following
