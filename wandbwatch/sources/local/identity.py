"""Who a run is: what its run record says."""

from __future__ import annotations

from dataclasses import dataclass, field

from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import (
    ENVIRONMENT,
    RUN,
    fields,
    signed,
    text,
    timestamp,
    varint,
)

_TEXTS = {
    1: "id",
    2: "entity",
    3: "project",
    6: "group",
    7: "job_type",
    8: "name",
    9: "notes",
    12: "sweep",
    13: "host",
}
_CONFIG, _TAGS, _STARTED, _RUNTIME = 4, 10, 17, 20
_ENVIRONMENT_HOST, _ENVIRONMENT_USER = 12, 13
_HEAD = 8 * 32 * 1024


@dataclass
class Identity:
    id: str = ""
    entity: str = ""
    project: str = ""
    group: str = ""
    job_type: str = ""
    name: str = ""
    notes: str = ""
    sweep: str = ""
    host: str = ""
    user: str = ""
    tags: list[str] = field(default_factory=list)
    started: float | None = None
    """POSIX seconds."""
    runtime: int = 0
    """Seconds that it ran before it was resumed here."""


def identity(log: RunLog, *, whole: bool) -> Identity | None:
    """Return what *log*'s last run record says, None as long as it has none.

    A run that is renamed writes another one, mostly at once: without *whole* they are
    looked for in a long file's first part only.
    """
    found = None
    machine = Identity()
    until = None if whole else _HEAD
    for kind, data, at, end in log.forward({RUN, ENVIRONMENT}, until):
        if kind == RUN:
            found = _identity(data, at, end)
        else:
            _note(machine, data, at, end)
    if found:
        found.host = found.host or machine.host
        found.user = machine.user
    return found


def _note(machine: Identity, data: bytes, at: int, end: int) -> None:
    for number, start, stop in fields(data, at, end):
        if number == _ENVIRONMENT_HOST:
            machine.host = text(data, start, stop)
        elif number == _ENVIRONMENT_USER:
            machine.user = text(data, start, stop)


def _identity(data: bytes, at: int, end: int) -> Identity:
    found = Identity()
    for number, start, stop in fields(data, at, end):
        if number in _TEXTS:
            setattr(found, _TEXTS[number], text(data, start, stop))
        elif number == _TAGS:
            found.tags.append(text(data, start, stop))
        elif number == _STARTED:
            found.started = timestamp(data, start, stop)
        elif number == _RUNTIME:
            found.runtime = signed(varint(data, start)[0])
    return found
