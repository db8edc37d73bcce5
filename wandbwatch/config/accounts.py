"""``[accounts.NAME]`` and ``[daemon]``: who asks W&B, and where the daemon lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wandbwatch.config import values
from wandbwatch.config.table import TomlTable, below
from wandbwatch.model.channel import Secret, SecretKind
from wandbwatch.model.subscription import AccountConfig

_MOST_JOBS = 64


@dataclass(frozen=True)
class Settings:
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
    if key and key.kind is SecretKind.PLAIN and not key.place.isprintable():
        table.complain("api_key", "is no API key")
    return AccountConfig(name, key, table.read("base_url", values.web_address))


def settings(table: TomlTable, base: Path) -> Settings:
    state = table.read("state", _place)
    jobs = table.of(int, "jobs")
    if jobs is not None and not 1 <= jobs <= _MOST_JOBS:
        table.complain("jobs", f"must be from 1 to {_MOST_JOBS}, not {jobs}")
    dead_man = table.secret("dead_man", base)
    if dead_man and dead_man.kind is SecretKind.PLAIN:
        table.read("dead_man", values.web_address)
    where = below(base, state) if state else None
    return Settings(where, jobs or Settings.jobs, dead_man)


def _place(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("must be a directory's path")
    return text
