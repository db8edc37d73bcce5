"""Shell completion of values, without any network request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_RUNS = ("latest", "previous", "best", "last-good")


def values(param: Any, command: str, incomplete: str) -> list[str]:
    """Return the completions of *incomplete*, a parameter's value so far."""
    if command in ("run", "unsubscribe") and param.param_type_name == "argument":
        return _starting(_named("subscriptions"), incomplete)
    complete = _BY_NAME.get(param.name)
    return complete(incomplete) if complete else []


def _starting(known: Iterable[str], incomplete: str) -> list[str]:
    return [one for one in known if one.startswith(incomplete)]


def _channels(incomplete: str) -> list[str]:
    return _starting(_named("channels"), incomplete)


def _run(incomplete: str) -> list[str]:
    """Complete the word after ``ENTITY/PROJECT/``."""
    project, slash, start = incomplete.rpartition("/")
    if not slash or "/" not in project or project[:1] in (".", "/", "~"):
        return []
    return [f"{project}/{word}" for word in _starting(_RUNS, start)]


def _named(table: str) -> list[str]:
    """Return the names in a table of watch.toml; none if the file can't be read."""
    import tomli  # noqa: PLC0415 -- not for --help

    from wandbwatch.config.paths import config_file  # noqa: PLC0415 -- not for --help
    from wandbwatch.model.errors import ConfigError  # noqa: PLC0415 -- not for --help

    try:
        text = config_file(None, os.environ).read_text("utf-8")
        found = tomli.loads(text).get(table, {})
    except (ConfigError, OSError, ValueError):
        return []
    if isinstance(found, dict):
        return sorted(found)
    return sorted(str(one["name"]) for one in found if "name" in one)


_BY_NAME: Mapping[str, Callable[[str], list[str]]] = {
    "to": _channels,
    "channel": _channels,
    "channels": _channels,
    "level": lambda incomplete: _starting(("info", "warn", "bad"), incomplete),
    "address": _run,
    "other": lambda incomplete: _starting(_RUNS[1:], incomplete),
}
