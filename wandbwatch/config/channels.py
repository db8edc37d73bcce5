"""``[channels.NAME]``: a Discord webhook and the look of its posts."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from wandbwatch.config import values
from wandbwatch.config import webhook as webhooks
from wandbwatch.config.table import TomlTable, below
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.report import Level
from wandbwatch.model.settings import AccountConfig, Channel, Secret, SecretKind

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
