"""The exact ends of long histories.

W&B answers a key with more rows than asked for by a random sample, another one at each
request, in which the last row need not be. A spec with ``minStep`` and ``maxStep``
(inclusive) has every row as long as it covers no more steps than samples.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

from wandbwatch.model.query import Reach
from wandbwatch.sources.cloud import graphql, public_api, reading
from wandbwatch.sources.cloud.query import Node, Project
from wandbwatch.sources.cloud.transport import Connection

SAMPLES = 1000
"""Rows asked for of each key; of a longer history W&B picks as many at random."""
_TAIL = 200
"""Rows before the last sampled one that are asked for in any case."""
_AT_ONCE = 60
"""Specs in one request."""
_ROUNDS = 8
_MOST_RANGES = 1200
"""Ranges of one question at most, of a thousand rows or so each."""

Row: TypeAlias = Mapping[str, Any]
Range: TypeAlias = tuple[int, int | None]
"""From a step to another, both included; None is the end."""


@dataclass
class Tail:
    """The end of one key of one run, as far as it is read."""

    run: str
    keys: Sequence[str]
    rows: dict[int, Row]
    """By step: the sample, and what was found since."""
    lowest: int
    """The step from which every row is wanted."""
    pending: list[Range] = field(default_factory=list)
    """What is still to be asked, the newest last."""

    @property
    def exact(self) -> float:
        """The step from which every row is there."""
        if any(end is None for _, end in self.pending):
            return math.inf
        ends = (end for _, end in self.pending if end is not None)
        missing = max(ends, default=self.lowest - 1)
        return -math.inf if missing < 0 else missing + 1

    def take(self, asked: Range, rows: Sequence[Row]) -> None:
        """Keep *rows*, all of them or a sample; split the range where it is that."""
        first, last = asked
        steps = [step for row in rows if (step := step_of(row)) is not None]
        self.rows.update(zip(steps, rows, strict=False))
        short = last is not None and last - first < SAMPLES
        if short or len(rows) < SAMPLES:
            return
        highest = max(steps, default=first) if last is None else last
        width = max((highest - first + 1) // 4, SAMPLES)
        self.pending += _ranges(first, highest, width)
        if last is None:
            self.pending.append((highest + 1, None))


def complete(
    at: Connection,
    project: Project,
    nodes: Sequence[Node],
    specs: Sequence[str],
    reach: Reach,
) -> list[Node]:
    """Put the exact ends into the sampled histories of *nodes*.

    ``exact`` then has for each spec the step from which ``sampledHistory`` has every
    row, -inf where that is all of it.
    """
    keys = [json.loads(spec)["keys"] for spec in specs]
    tails = [_tails(node, keys, reach) for node in nodes]
    _read(at, project, [tail for found in tails for tail in found if tail])
    return [_merged(node, found) for node, found in zip(nodes, tails, strict=True)]


def step_of(row: Row) -> int | None:
    step = reading.number(row.get("_step"))
    return None if step is None or not math.isfinite(step) else int(step)


def _tails(
    node: Node, keys: Sequence[Sequence[str]], reach: Reach
) -> list[Tail | None]:
    listed = list(node.get("sampledHistory") or ())
    listed += [()] * (len(keys) - len(listed))
    run = reading.text(node.get("name"))
    return [
        _tail(run, wanted, rows, reach) if len(rows or ()) >= SAMPLES else None
        for wanted, rows in zip(keys, listed, strict=False)
    ]


def _tail(run: str, keys: Sequence[str], sample: Any, reach: Reach) -> Tail | None:
    rows = {
        step: row
        for row in sample
        if isinstance(row, Mapping) and (step := step_of(row)) is not None
    }
    steps = sorted(rows)
    if not steps:
        return None
    last = steps[-1]
    gap = min((b - a for a, b in pairwise(steps)), default=1)
    lowest = last - max(_TAIL, reach.count) * gap
    if "_timestamp" in keys and math.isfinite(reach.since):
        times = [reading.number(rows[step].get("_timestamp")) or 0.0 for step in steps]
        before = bisect_left(times, reach.since) - 1
        lowest = min(lowest, steps[before] if before >= 0 else 0)
    lowest = max(lowest, last - reach.most * gap, 0)
    lowest = 0 if lowest <= steps[0] else lowest
    found = Tail(run, keys, rows, lowest)
    ranges = list(_ranges(lowest, last, SAMPLES * gap))
    found.pending = [*ranges[:-1], (ranges[-1][0], None)]
    return found


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
        for first in range(0, len(asked), _AT_ONCE):
            some = asked[first : first + _AT_ONCE]
            for (tail, bounds), rows in zip(
                some, _asked(at, project, some), strict=True
            ):
                tail.take(bounds, rows)
        if not any(tail.pending for tail in tails):
            return


def _asked(
    at: Connection, project: Project, some: Sequence[tuple[Tail, Range]]
) -> list[list[Row]]:
    """Ask for one range of one tail each."""
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
            first, _ = some[number][1]
            rows[number] = [
                row
                for row in listed
                if isinstance(row, Mapping) and (step_of(row) or 0) >= first
            ]
    return rows


def _spec(tail: Tail, bounds: Range) -> str:
    first, last = bounds
    spec: dict[str, Any] = {"keys": tail.keys, "samples": SAMPLES, "minStep": first}
    if last is not None:
        spec["maxStep"] = last
    return json.dumps(spec)


def _merged(node: Node, tails: Sequence[Tail | None]) -> Node:
    if not any(tails):
        return node
    listed = list(node.get("sampledHistory") or ())
    merged = [
        [tail.rows[step] for step in sorted(tail.rows)] if tail else rows
        for tail, rows in zip(tails, listed, strict=True)
    ]
    exact = [tail.exact if tail else -math.inf for tail in tails]
    return {**node, "sampledHistory": merged, "exact": exact}
