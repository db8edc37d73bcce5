"""What a run's records say but its history: who it is, its configuration (the run
record's, then every change, in their order), its alerts and its system metrics."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Json, Series, flat
from wandbwatch.sources.local import history
from wandbwatch.sources.local.items import REMOVE, UPDATE, Path, item, items, value
from wandbwatch.sources.local.known import Measures, sample
from wandbwatch.sources.local.log import RunLog, until_exit
from wandbwatch.sources.local.wire import (
    ALERT,
    BLOCK,
    CONFIG,
    ENVIRONMENT,
    HEADER,
    RUN,
    STATS,
    fields,
    integer,
    signed,
    text,
    timestamp,
    walk,
)

if TYPE_CHECKING:
    from wandbwatch.model.run_details import Alert


_OWN = "_wandb"  # what W&B itself keeps in there
_CONFIG_OF_RUN = 4


def config(logs: Sequence[RunLog]) -> dict[str, Json]:
    """Return the flat configuration of one run's logs."""
    tree = _tree(logs)
    tree.pop(_OWN, None)
    return dict(sorted(flat(tree).items()))


def charts(logs: Sequence[RunLog]) -> Mapping[str, Json]:
    """Return W&B's ``visualize`` by key: a later ``_wandb`` does not take it back."""
    found: dict[str, Json] = {}
    for log in logs:
        for _, data, at, end in log.forward({CONFIG}):
            for path, chart in items(data, at, end):
                if path[:2] == (_OWN, "visualize") and len(path) > 2:  # noqa: PLR2004
                    found[".".join(path[2:])] = chart
    return found


def _tree(logs: Sequence[RunLog]) -> dict[str, Json]:
    tree: dict[str, Json] = {}
    for log in logs:
        for kind, data, at, end in log.forward({RUN, CONFIG}):
            if kind == CONFIG:
                _apply(tree, data, at, end)
                continue
            for number, start, stop in fields(data, at, end):
                if number == _CONFIG_OF_RUN:
                    _apply(tree, data, start, stop)
    return tree


def _apply(tree: dict[str, Json], data: bytes, at: int, end: int) -> None:
    for number, start, stop in fields(data, at, end):
        path, place = item(data, start, stop)
        if number == UPDATE:
            _set(tree, path, value(data, place))
        elif number == REMOVE:
            _remove(tree, path)


def _set(tree: dict[str, Json], path: Path, found: Json) -> None:
    for label in path[:-1]:
        inner = tree.get(label)
        if not isinstance(inner, dict):
            inner = tree[label] = {}
        tree = inner
    tree[path[-1]] = found


def _remove(tree: dict[str, Json], path: Path) -> None:
    for label in path[:-1]:
        inner = tree.get(label)
        if not isinstance(inner, dict):
            return
        tree = inner
    tree.pop(path[-1], None)


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
_BEGINNING, _HEAD = BLOCK // 4, 8 * BLOCK


@dataclass
class Identity:
    """Who a run is, as its records say."""

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
    """Seconds that it had run before it was resumed here."""


def identity(log: RunLog, *, whole: bool) -> Identity | None:
    """Return what *log*'s run records say, None as long as it has none.

    A run that is renamed writes another one, mostly at once: without *whole* they are
    looked for in a long file's first part only.
    """
    found: list[Identity] = []
    machine = Identity()
    until = None if whole else _HEAD
    for kind, data, at, end in log.forward({RUN, ENVIRONMENT}, until):
        if kind == RUN:
            found.append(_identity(data, at, end))
        else:
            _note(machine, data, at, end)
    return merged([machine, *found]) if found else None


def start(log: RunLog) -> float | None:
    """Return when a run started (POSIX seconds) by its first record, which stands at
    the very beginning; None where it can't be read there."""
    head = log.read(0, _BEGINNING)
    lost: list[int] = []
    found = walk(head, HEADER, BLOCK, len(head), wanted={RUN}, parts=[], lost=lost)
    for _, data, at, end in found:
        for number, start, stop in fields(data, at, end):
            if number == _STARTED and not lost:
                return timestamp(data, start, stop)
        break
    return None


def merged(records: Sequence[Identity]) -> Identity:
    """Return what *records*, the oldest first, say together.

    The SDK writes all fields each time, and those that it was not given empty: an
    empty one takes nothing back. Times are those of the last record.
    """
    found = Identity()
    for record in records:
        for name, given in vars(record).items():
            if given:
                setattr(found, name, given)
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
            found.runtime = signed(integer(data, start))
    return found


_TITLE, _TEXT, _LEVEL = 1, 2, 3


def alerts(logs: Sequence[RunLog]) -> tuple[Alert, ...]:
    """Return the alerts of one run's logs, the oldest first."""
    return tuple(
        _alert(data, at, end)
        for log in logs
        for _, data, at, end in log.forward({ALERT})
    )


def _alert(data: bytes, at: int, end: int) -> Alert:
    from wandbwatch.model.run_details import Alert  # noqa: PLC0415 -- few runs raise any

    found = {
        n: text(data, start, stop)
        for n, start, stop in fields(data, at, end)
        if n in (_TITLE, _TEXT, _LEVEL)
    }
    return Alert(found.get(_TITLE, ""), found.get(_TEXT, ""), found.get(_LEVEL, ""))


_TIMESTAMP, _ITEM = 2, 3
_KEY, _VALUE_JSON = 1, 16


def last_measured(logs: Sequence[RunLog]) -> dict[str, float]:
    """Return the last value of each system metric of one run's logs."""
    found: dict[str, float] = {}
    for log in reversed(logs):
        for _, data, at, end in until_exit(log, {STATS}, log.newest({STATS})):
            for key, one in sample(data, at, end)[1].items():
                found.setdefault(key, one)
    return dict(sorted(found.items()))


def measured(
    logs: Sequence[RunLog], keys: Sequence[str], axis: Axis
) -> dict[str, Series]:
    """Read system metrics over *axis*; a glob among *keys* stands for all that fit.

    They have a time but no step. Over steps or another key, each is placed at the last
    row logged before it (or the first row); if nothing was logged, at its seconds since
    the start.
    """
    xs: dict[str, array[float]] = defaultdict(lambda: array("d"))
    ys: dict[str, array[float]] = defaultdict(lambda: array("d"))
    rows = _rows(logs, axis)
    for log in logs:
        start = _start(log)
        place = cache(lambda when, start=start: _place(when, start, axis, rows))
        for key, (times, numbers) in _measures(log, keys).points.items():
            xs[key].extend(map(place, times))
            ys[key].extend(numbers)
    return {key: Series(key, xs[key], ys[key]) for key in sorted(ys)}


def _measures(log: RunLog, keys: Sequence[str]) -> Measures:
    if not log.index:
        found = Measures(keys)
        found.add(log.forward(found.wanted))
        return found
    found = log.index.measures(keys).copy()
    log.damaged |= found.damaged
    found.add(log.after(found.upto, found.wanted))
    return found


def _place(when: float, start: float, axis: Axis, rows: Series | None) -> float:
    if axis.kind is AxisKind.WALL:
        return when
    if rows is None:
        return when - start
    return rows.y[max(bisect_right(rows.x, when) - 1, 0)]


def _rows(logs: Sequence[RunLog], axis: Axis) -> Series | None:
    """Return the values of *axis* over time; None for an axis of time."""
    if axis.kind in {AxisKind.RUNTIME, AxisKind.WALL}:
        return None
    key = axis.key or "_step"
    return history.series(logs, [key], Axis(AxisKind.WALL)).get(key)


def _start(log: RunLog) -> float:
    """Return when the run would have started without its interruptions."""
    found = identity(log, whole=False)
    return (found.started or 0.0) - found.runtime if found else 0.0
