"""Read watch.toml's settings, accounts, channels, subscriptions and limits on data."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from wandbwatch.config import values
from wandbwatch.config import webhook as webhooks
from wandbwatch.config.values import TomlTable, below
from wandbwatch.formatting.numbers import parse_duration, parse_positive_duration
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import ConfigError, WandbwatchError
from wandbwatch.model.settings import (
    AccountConfig,
    Catchup,
    Channel,
    Interval,
    Keep,
    Mode,
    Secret,
    SecretKind,
    Subscription,
    When,
)

_LONGEST_THREAD_NAME = 100
_MOST_TAGS = 5
_DEFAULT_THREAD = "wandbwatch"
"""What is not about one run goes there, where each run has a thread of its own."""


class _Threads(Enum):
    RUN = "run"


_PER_RUN = values.one_of(_Threads)


def channel(table: TomlTable, name: str, base: Path) -> Channel | None:
    """Read one channel; None, with a complaint, if it has no webhook."""
    table.required("webhook")
    any_host = table.flag("any_host")
    webhook = table.secret("webhook", base)
    _check_webhook(table, webhook, any_host=any_host)
    found = {
        **_thread(table),
        "tags": _tags(table),
        "username": table.read("username", values.username),
        "avatar_url": table.read("avatar_url", values.web_address),
    }
    mention, silent = _mention(table), table.flag("silent")
    quiet = table.read("quiet", values.quiet_hours)
    ping = table.read("ping", values.ping)
    if webhook is None:
        return None
    return Channel(
        name,
        webhook,
        **found,
        mention=mention,
        ping=ping or Level.WARN,
        silent=silent,
        quiet=quiet,
        any_host=any_host,
    )


def _check_webhook(table: TomlTable, webhook: Secret | None, *, any_host: bool) -> None:
    if webhook is None or webhook.kind is not SecretKind.PLAIN:
        return
    try:
        webhooks.read(webhook.place, any_host=any_host)
    except ConfigError as e:
        table.complain("webhook", e.complaints[0])


def _thread(table: TomlTable) -> dict[str, Any]:
    number = table.value("thread_id")
    if type(number) is int and number > 0:
        thread_id: str | None = str(number)
    else:
        thread_id = table.read("thread_id", _digits)
    name = table.read("thread_name", _thread_name)
    if thread_id and name:
        table.complain("thread_name", "thread_id is set too; keep one of them")
    per_run = table.read("thread", _PER_RUN) is not None
    if per_run and thread_id:
        table.complain("thread", "thread_id is set too; keep one of them")
    name = name or (_DEFAULT_THREAD if per_run else None)
    return {"thread_id": thread_id, "thread_name": name, "thread_per_run": per_run}


def _tags(table: TomlTable) -> tuple[str, ...]:
    found = table.texts("tags")
    if len(found) > _MOST_TAGS:
        table.complain("tags", f"a thread has at most {_MOST_TAGS} tags")
    if not all(tag.isascii() and tag.isdigit() for tag in found):
        table.complain("tags", "must be the tags' IDs, as Discord's Copy ID gives them")
    return found


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):  # noqa: PLR2004 (64 bits)
        raise ValueError("must be the thread's ID, as Discord's Copy ID gives it")
    return text


def _thread_name(text: str) -> str:
    if not 1 <= len(text.strip()) <= _LONGEST_THREAD_NAME:
        raise ValueError(f"must have 1 to {_LONGEST_THREAD_NAME} characters")
    return text.strip()


def _mention(table: TomlTable) -> tuple[str, ...]:
    good = []
    several = isinstance(table.value("mention"), list)
    for index, text in enumerate(table.texts("mention")):
        try:
            good.append(values.mention(text))
        except ValueError as e:
            table.complain("mention", str(e), *([index] if several else []))
    return tuple(good)


_MOST_JOBS = 64


class Settings(NamedTuple):
    """``[daemon]``."""

    state: Path | None = None
    """None is `places.state_directory`'s choice."""
    jobs: int = 2
    """How many jobs run at once; the rest wait in order."""
    dead_man: Secret | None = None
    """A URL that is asked for while all is well; somebody there misses it."""


def account(table: TomlTable, name: str, base: Path) -> AccountConfig:
    table.required("api_key")
    key = table.secret("api_key", base)
    if key and key.kind is SecretKind.PLAIN:
        table.read("api_key", api_key)
    return AccountConfig(name, key, table.read("base_url", values.web_address))


def api_key(text: str) -> str:
    if not text.isprintable() or " " in text:
        raise ValueError("is not an API key")
    return text


def settings(table: TomlTable, base: Path) -> Settings:
    state = table.read("state", _place)
    jobs = table.of(int, "jobs")
    if jobs is not None and not 1 <= jobs <= _MOST_JOBS:
        table.complain("jobs", f"must be from 1 to {_MOST_JOBS}, not {jobs}")
    dead_man = table.secret("dead_man", base)
    if dead_man and dead_man.kind is SecretKind.PLAIN:
        table.read("dead_man", values.web_address)
    where = below(base, state) if state else None
    return Settings(where, jobs or Settings().jobs, dead_man)


def _place(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("must be the path of a directory")
    return text


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


_DURATIONS = ("delivered", "failed", "pictures", "history", "events", "logs")
_SIZES = ("log_size", "free")
_SIZE = r"(\d{1,9})\s*([kKMGT]?)(i?)B"
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LEAST = 100_000
"""Bytes: less of a log would not hold a traceback."""


def keep(table: TomlTable) -> Keep:
    found: dict[str, float | int] = {}
    for key in _DURATIONS:
        span = table.read(key, parse_positive_duration)
        if span is not None:
            found[key] = span.total_seconds()
    for key in _SIZES:
        size = table.read(key, byte_count)
        if size is not None:
            found[key] = size
    return Keep(**found)  # type: ignore[arg-type]


def byte_count(text: str) -> int:
    """Read ``500kB``, ``16MB`` or ``1GiB``."""
    found = re.fullmatch(_SIZE, text.strip())
    if not found:
        raise ValueError(f"{text[:80]!r} is not a size such as 16MB or 1GiB")
    number, prefix, binary = found.groups()
    size: int = int(number) * (1024 if binary else 1000) ** _POWERS[prefix.lower()]
    if size < _LEAST:
        raise ValueError(f"{text[:80]!r} is less than 100kB")
    return size
