"""The columns of runs that filters and orders name, as W&B's server names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from wandbwatch.model.errors import UsageError
from wandbwatch.model.report import MISSING, Missing
from wandbwatch.model.run import Json, Run

Value: TypeAlias = Json | datetime | Missing

_COLUMNS: dict[str, Callable[[Run], Value]] = {
    "state": lambda run: run.state.value,
    "group": lambda run: run.group or None,
    "job_type": lambda run: run.job_type or None,
    "tags": lambda run: run.tags,
    "display_name": lambda run: run.name,
    "name": lambda run: run.id,
    "created_at": lambda run: run.created,
    "heartbeat_at": lambda run: run.heartbeat,
    "username": lambda run: run.user or None,
    "sweep": lambda run: run.sweep or None,
    "host": lambda run: run.host or None,
    "notes": lambda run: run.notes or None,
}
_ALSO = {
    "jobType": "job_type",
    "displayName": "display_name",
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "user": "username",
}
_CONFIG, _SUMMARY = "config.", "summary_metrics."


@dataclass(frozen=True)
class RunField:
    read: Callable[[Run], Value]
    config: tuple[str, ...] = ()
    """The config keys that a run must have been read with."""
    summary: tuple[str, ...] = ()


def column(name: str) -> RunField:
    """Find a column; UsageError says which there are."""
    if name.startswith(_CONFIG):
        keys = _config_keys(name.removeprefix(_CONFIG))
        return RunField(lambda run: _first(run.config, keys), config=keys)
    if name.startswith(_SUMMARY):
        key = name.removeprefix(_SUMMARY)
        return RunField(lambda run: _below(run.summary, key), summary=(key,))
    if read := _COLUMNS.get(_ALSO.get(name, name)):
        return RunField(read)
    known = ", ".join([*_COLUMNS, "config.KEY", "summary_metrics.KEY"])
    raise UsageError(f"runs have no {name!r}; they have {known}")


def _config_keys(name: str) -> tuple[str, ...]:
    """Return the keys that *name* may mean: the server keeps a's value in a.value."""
    ways = [name, name.removesuffix(".value"), name.replace(".value.", ".", 1)]
    return tuple(dict.fromkeys(ways))


def _first(table: Mapping[str, Json], keys: tuple[str, ...]) -> Value:
    found = (_below(table, key) for key in keys)
    return next((value for value in found if value is not MISSING), MISSING)


def _below(table: Mapping[str, Json], key: str) -> Value:
    """Return the value of *key*, or the table of what lies below it."""
    if key in table:
        return table[key]
    prefix = f"{key}."
    below = {
        k.removeprefix(prefix): v for k, v in table.items() if k.startswith(prefix)
    }
    return below or MISSING
