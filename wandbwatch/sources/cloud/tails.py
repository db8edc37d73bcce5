"""The exact ends of long histories.

If a key has more rows than requested, W&B returns a random sample, a new one for each
request, which may lack the last row. A spec with ``minStep`` and ``maxStep``
(inclusive) returns every row as long as it covers no more steps than samples.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

from wandbwatch.model.query import Query, Reach
from wandbwatch.sources.cloud import graphql, public_api, reading
from wandbwatch.sources.cloud.query import Node, Project
from wandbwatch.sources.cloud.transport import Connection

SAMPLES = 1000
"""Rows asked for of each key; of a longer history W&B picks as many at random."""
_TAIL = 200
"""Rows before the last sampled one that are asked for in any case."""
_AT_ONCE, _ENDS_AT_ONCE = 60, 300
"""Specs in one request, and those of a few rows each."""
_WIDER = 100
"""Steps back to look for a last row, before all of them."""
_FIRST, _WINDOWS_AT_ONCE = 20, 100
"""Steps back to look at first for the pace of a run's rows, and specs in one request.
"""
_ROUNDS = 8
_MOST_RANGES = 1200
"""Ranges of one question at most, of a thousand rows or so each."""

Row: TypeAlias = Mapping[str, Any]
Range: TypeAlias = tuple[int, int | None]
"""From a step to another, both included; None is the end."""


@dataclass
class Tail:
    """The end of one key's history in one run, as far as it has been read."""

    run: str
    keys: Sequence[str]
    rows: dict[int, Row]
    """By step: the sample, and what was found since."""
    lowest: int
    """The step from which every row is wanted."""
    pending: list[Range] = field(default_factory=list)
    """What is still to be asked, the newest last."""

    samples: ClassVar[int] = SAMPLES
    """The rows to ask for of a range."""

    @property
    def exact(self) -> float:
        """The step from which every row has been read."""
        if any(end is None for _, end in self.pending):
            return math.inf
        ends = (end for _, end in self.pending if end is not None)
        missing = max(ends, default=self.lowest - 1)
        return -math.inf if missing < 0 else missing + 1

    @property
    def next(self) -> int:
        """The step from which to request rows next time."""
        return self.lowest

    def take(self, asked: Range, rows: Sequence[Row]) -> None:
        """Keep *rows*, complete or sampled; split the range if sampled."""
        first, last = asked
        steps = self._keep(rows)
        short = last is not None and last - first < SAMPLES
        if short or len(rows) < SAMPLES:
            return
        highest = max(steps, default=first) if last is None else last
        width = max((highest - first + 1) // 4, SAMPLES)
        self.pending += _ranges(first, highest, width)
        if last is None:
            self.pending.append((highest + 1, None))

    def _keep(self, rows: Sequence[Row]) -> list[int]:
        steps = [step for row in rows if (step := step_of(row)) is not None]
        self.rows.update(zip(steps, rows, strict=False))
        return steps


@dataclass
class LastRows(Tail):
    """Reads only the last rows, by looking further and further back."""

    samples: ClassVar[int] = 10

    wider: list[int] = field(default_factory=lambda: [0, _WIDER])
    """How many steps back to look, the next one last; 0 is all."""
    count: int = 1
    end: int = 0
    """The last step of the run that is known."""
    found: int | None = None
    """The step of the first of the rows."""

    @property
    def exact(self) -> float:
        if self.found is None or self.pending:
            return math.inf
        return -math.inf if self.lowest <= 0 else self.lowest

    @property
    def next(self) -> int:
        if self.found is None:
            return self.end + 1
        return self.found if len(self.rows) >= self.count else 0

    def take(self, asked: Range, rows: Sequence[Row]) -> None:
        steps = sorted(self._keep(rows))
        self.lowest = asked[0]
        self.end = max(self.end, *steps, 0)
        self.found = steps[-self.count :][0] if steps else None
        if len(rows) >= self.samples and self.found != asked[0]:
            self.pending.append((self.found or 0, None))
        elif len(steps) < self.count and self.wider and self.lowest > 0:
            back = self.wider.pop()
            self.pending.append((max(self.end - back, 0) if back else 0, None))


@dataclass
class WindowRows(Tail):
    """Reads the last *count* rows, and those since a time, by looking back from the
    end as far as the pace of the rows tells."""

    count: int = 1
    since: float = math.inf
    """POSIX seconds."""
    most: int = 0
    """How many rows back to look at most."""
    end: int = 0
    """The last step of the run that is known."""
    wider: list[int] = field(default_factory=lambda: [0, SAMPLES])
    """How many steps back to look for a first row, the next one last; 0 is all."""

    @property
    def next(self) -> int:
        steps = sorted(self.rows)
        if not steps:
            return self.end + 1
        before = bisect_left(steps, self.since, key=lambda s: _time(self.rows[s])) - 1
        first = min(before, len(steps) - self.count)
        return steps[first] if first >= 0 else self.lowest

    def take(self, asked: Range, rows: Sequence[Row]) -> None:
        super().take(asked, rows)
        if not self.pending and self.lowest > 0 and (back := self._back()):
            first = max(self.lowest - back, 0)
            self.pending.append((first, self.lowest - 1))
            self.lowest = first

    def _back(self) -> int:
        """Return how many steps further back to look; 0 if that is not needed."""
        steps = sorted(self.rows)
        if not steps:
            return (self.wider.pop() if self.wider else 0) or self.lowest
        first, last = steps[0], steps[-1]
        seconds = max(_time(self.rows[first]) - self.since, 0.0)
        missing = max(self.count - len(steps), 0)
        if not (seconds or missing) or len(steps) >= self.most:
            return 0
        if len(steps) == 1:
            return 2 * max(last - self.lowest, _WIDER)
        lasted = max(_time(self.rows[last]) - _time(self.rows[first]), 1e-3)
        rows = max(seconds / lasted * len(steps), missing)
        rows = min(rows, self.most)
        return int(1.2 * rows * (last - first) / (len(steps) - 1)) + 2


def windowed(query: Query) -> bool:
    """Whether more than the last few rows of each curve are needed."""
    return query.rows >= LastRows.samples or math.isfinite(query.reach.since)


def ahead(
    at: Connection, project: Project, query: Query, specs: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return specs for the ends of histories known to be long, by run."""
    known = dict(at.ends.get((str(project), specs), {}))
    if not query.rows:
        back = max(_TAIL, query.reach.count)
        for run in query.ids:
            if (step := at.steps.get((str(project), run), 0)) >= SAMPLES:
                known.setdefault(run, [max(step - back, 0)] * len(specs))
    most = (_ENDS_AT_ONCE if query.points or query.rows else _AT_ONCE) // max(
        len(specs), 1
    )
    return tuple(
        (run, tuple(map(_from, specs, starts)))
        for run, starts in list(known.items())[:most]
    )


def complete(
    at: Connection,
    project: Project,
    nodes: Sequence[Node],
    specs: tuple[str, ...],
    query: Query,
) -> list[Node]:
    """Insert the exact ends into the sampled histories of *nodes*.

    ``exact`` then has, for each spec, the step from which ``sampledHistory`` has every
    row; -inf if it is complete.
    """
    tails = [[_tail(read, query) for read in _reads(node, specs)] for node in nodes]
    _read(at, project, [tail for found in tails for tail in found if tail])
    at.ends[str(project), specs] = {
        reading.text(node.get("name")): [tail.next if tail else 0 for tail in found]
        for node, found in zip(nodes, tails, strict=True)
        if any(found)
    }
    return [_merged(node, found) for node, found in zip(nodes, tails, strict=True)]


def step_of(row: Row) -> int | None:
    step = reading.number(row.get("_step"))
    return None if step is None or not math.isfinite(step) else int(step)


def _from(spec: str, first: int) -> str:
    read = json.loads(spec)
    samples = SAMPLES if read["samples"] == SAMPLES else LastRows.samples
    return json.dumps(read | {"samples": samples, "minStep": first})


@dataclass(frozen=True)
class _Read:
    """The first answer for one key of one run."""

    run: str
    keys: Sequence[str]
    sample: dict[int, Row]
    end: tuple[int, list[Row]] | None = None
    """Rows near the end and the step from which they are."""
    last: int = 0
    """The last step of the run."""


def _reads(node: Node, specs: Sequence[str]) -> Iterator[_Read]:
    run = reading.text(node.get("name"))
    step = step_of(reading.table(node.get("summaryMetrics"))) or 0
    ends = dict(enumerate(node.get("ends") or ()))
    samples = dict(enumerate(node.get("sampledHistory") or ()))
    for number, spec in enumerate(specs):
        rows = _tables(samples.get(number))
        sample = {s: row for row in rows if (s := step_of(row)) is not None}
        end = None
        if number in ends:
            first = json.loads(ends[number][0])["minStep"]
            end = first, _late(ends[number][1], first)
        keys = json.loads(spec)["keys"]
        yield _Read(run, keys, sample, end, max(step, *sample, 0))


def _tail(read: _Read, query: Query) -> Tail | None:
    """Return the end to read; None if the sample is complete."""
    if query.rows:
        return (_window if windowed(query) else _last_rows)(read, query.rows, query)
    if query.points:
        return _last_rows(read, 1, query) if len(read.sample) >= query.points else None
    return _long(read, query.reach) if len(read.sample) >= SAMPLES else None


def _window(read: _Read, count: int, query: Query) -> WindowRows:
    reach = query.reach
    found = WindowRows(read.run, read.keys, {}, 0, [], count, reach.since, reach.most)
    found.end = read.last
    if read.end is None:
        found.lowest = max(read.last - max(count, _FIRST) + 1, 0)
        found.pending.append((found.lowest, None))
    elif read.end[1] or read.end[0] > read.last + 1:  # the run was rewound
        found.lowest = read.end[0] if read.end[1] else 0
        found.take((found.lowest, None), read.end[1])
    return found


def _last_rows(read: _Read, count: int, _query: Query) -> LastRows:
    found = LastRows(read.run, read.keys, read.sample, 0, end=read.last, count=count)
    if read.end is None:
        found.pending.append((max(read.last - count + 1, 0), None))
    elif read.end[1] or read.end[0] > read.last + 1:  # the run was rewound
        found.take((read.end[0], None), read.end[1])
    return found


def _long(read: _Read, reach: Reach) -> Tail:
    steps = sorted(read.sample)
    last = steps[-1]
    gap = min((b - a for a, b in pairwise(steps)), default=1)
    lowest = last - max(_TAIL, reach.count) * gap
    timed = "_timestamp" in read.keys and math.isfinite(reach.since)
    if timed:
        before = bisect_left(steps, reach.since, key=lambda s: _time(read.sample[s]))
        lowest = min(lowest, steps[before - 1] if before else 0)
    lowest = max(lowest, last - reach.most * gap, 0)
    lowest = 0 if lowest <= steps[0] else lowest
    found = Tail(read.run, read.keys, read.sample, lowest)
    first, rows = read.end or (0, [])
    if 0 < len(rows) < SAMPLES:
        enough = len(rows) >= reach.count and not (
            timed and _time(rows[0]) > reach.since
        )
        found.take((first, None), rows)
        found.lowest = first if enough else min(first, lowest)
        found.pending = list(_ranges(found.lowest, first - 1, SAMPLES * gap))
        return found
    ranges = list(_ranges(lowest, last, SAMPLES * gap))
    found.pending = [*ranges[:-1], (ranges[-1][0], None)]
    return found


def _time(row: Row) -> float:
    return reading.number(row.get("_timestamp")) or 0.0


def _tables(rows: Any) -> list[Row]:
    listed = rows if isinstance(rows, list | tuple) else ()
    return [row for row in listed if isinstance(row, Mapping)]


def _late(rows: Any, first: int) -> list[Row]:
    """Return the *rows* from the step *first* on: a server may send others too."""
    return [row for row in _tables(rows) if (step_of(row) or 0) >= first]


def _ranges(first: int, last: int, width: int) -> Iterator[Range]:
    for start in range(first, last + 1, width):
        yield start, min(start + width - 1, last)


def _read(at: Connection, project: Project, tails: Sequence[Tail]) -> None:
    left = _MOST_RANGES
    for _ in range(_ROUNDS):
        asked: list[tuple[Tail, Range]] = []
        for tail in tails:
            while tail.pending and len(asked) < left:
                asked.append((tail, tail.pending.pop()))
        left -= len(asked)
        many = min((_many(tail) for tail, _ in asked), default=1)
        for first in range(0, len(asked), many):
            some = asked[first : first + many]
            for (tail, bounds), rows in zip(
                some, _asked(at, project, some), strict=True
            ):
                tail.take(bounds, rows)
        if not any(tail.pending for tail in tails):
            return


def _many(tail: Tail) -> int:
    """Return how many specs of its kind are asked for in one request."""
    if isinstance(tail, LastRows):
        return _ENDS_AT_ONCE
    return _WINDOWS_AT_ONCE if isinstance(tail, WindowRows) else _AT_ONCE


def _asked(
    at: Connection, project: Project, some: Sequence[tuple[Tail, Range]]
) -> list[list[Row]]:
    """Request one range for each tail."""
    runs: dict[str, list[int]] = {}
    for number, (tail, _) in enumerate(some):
        runs.setdefault(tail.run, []).append(number)
    wanted = [(run, [_spec(*some[n]) for n in places]) for run, places in runs.items()]

    def exported() -> list[list[Any]]:
        return [public_api.rows(at.own, project, run, specs) for run, specs in wanted]

    found = graphql.asked(
        at, "rows", lambda: graphql.rows(at, project, wanted), exported
    )
    rows: list[list[Row]] = [[] for _ in some]
    for places, lists in zip(runs.values(), found, strict=True):
        for number, listed in zip(places, lists, strict=False):
            rows[number] = _late(listed, some[number][1][0])
    return rows


def _spec(tail: Tail, bounds: Range) -> str:
    first, last = bounds
    spec: dict[str, Any] = {"keys": tail.keys, "samples": tail.samples}
    spec["minStep"] = first
    if last is not None:
        spec["maxStep"] = last
    return json.dumps(spec)


def _merged(node: Node, tails: Sequence[Tail | None]) -> Node:
    if not any(tails):
        return node
    listed = dict(enumerate(node.get("sampledHistory") or ()))
    merged = [
        [tail.rows[s] for s in sorted(tail.rows)] if tail else listed.get(number, [])
        for number, tail in enumerate(tails)
    ]
    exact = [tail.exact if tail else -math.inf for tail in tails]
    return {**node, "sampledHistory": merged, "exact": exact}
