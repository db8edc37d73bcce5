"""A run's summary: what its summary records say, merged by last write.

Read from the newest record to the oldest, so that a value is decoded once: when it is
the one that stays. A run whose SDK left the summary to the server, or that has none for
another reason, gets it from its history (see `derived`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from wandbwatch.model.run import Json
from wandbwatch.sources.local.history import tallied
from wandbwatch.sources.local.items import (
    REMOVE,
    UPDATE,
    KeyScanner,
    ValueTree,
    item,
    label,
    value,
)
from wandbwatch.sources.local.log import RunLog, until_exit
from wandbwatch.sources.local.wire import CONTINUES, HISTORY, SUMMARY, fields

_STEP = KeyScanner("_step")
_UPDATE_TAG, _NESTED_TAG = 0x0A, 0x12
_FEW = 64
"""Labels of which a pattern is worth to be made."""


def summary(logs: Sequence[RunLog], keys: Sequence[str] | None) -> dict[str, Json]:
    """Return the flat summary of one run's logs; of it *keys*, or all with None."""
    tree = ValueTree()
    sought = None if keys is None else {key: KeyScanner(key) for key in keys}
    for log in reversed(logs):
        if sought is not None and not sought:
            break
        if _has_own(log):
            _gather(log, tree, sought)
        else:
            _derive(log, tree)
    whole = dict(sorted(tree.flat().items()))
    if keys is None:
        return whole
    return {k: v for k, v in whole.items() if any(covers(key, k) for key in keys)}


def covers(asked: str, key: str) -> bool:
    """Return whether *key* is the asked one or below it."""
    return key == asked or key.startswith(f"{asked}.")


def _has_own(log: RunLog) -> bool:
    """Return whether the run wrote its own summary, with ``_step`` at each row."""
    rows = 0
    for kind, data, at, end in log.backward({SUMMARY, HISTORY}):
        if kind == SUMMARY:
            if _STEP.value(data, at, end) is not None:
                return True
        else:
            rows += 1
            if rows > 1:
                return False
    return not rows


def _gather(log: RunLog, tree: ValueTree, sought: dict[str, KeyScanner] | None) -> None:
    """Add *log*'s values to *tree* until all that are sought were found."""
    seen: set[bytes] = set()
    old = re.compile(b"(?!)")
    """Matches records of which each item has a newer value, as nearly all are."""
    known = 0
    for data, at, end in _records(log):
        if sought is None:
            if known == len(seen) and old.fullmatch(data, at, end):
                continue
            before = len(seen)
            _take(data, at, end, tree, seen)
            if known < before == len(seen) <= _FEW:
                old, known = _numbers(frozenset(seen)), before
        elif any(scanner.touches(data, at, end) for scanner in sought.values()):
            _take(data, at, end, tree, seen)
            found = tree.flat()
            for key in [k for k in sought if any(covers(k, f) for f in found)]:
                del sought[key]
            if not sought:
                return


def _derive(log: RunLog, tree: ValueTree) -> None:
    """Add the last values of *log*'s history, and what it set explicitly."""
    seen: set[bytes] = set()
    for path, value_ in tallied(log):
        if value_ is None:
            tree.remove(path)
        else:
            tree.add(path, value_)
    newest = log.newest({SUMMARY, HISTORY})
    for kind, data, at, end in until_exit(log, {SUMMARY, HISTORY}, newest):
        _take(data, at, end, tree, seen, removes=kind == SUMMARY)


def _records(log: RunLog) -> Iterator[tuple[bytes, int, int]]:
    """Yield the summary records, the newest first.

    SDKs before wandb-core write their only one after the exit; what any other has
    there does not count.
    """
    late = True
    newest = log.newest({SUMMARY})
    for _, data, at, end in until_exit(log, {SUMMARY}, newest):
        late = False
        yield data, at, end
    if late:
        for _, data, at, end in log.backward({SUMMARY}, newest):
            yield data, at, end


def _take(
    data: bytes,
    at: int,
    end: int,
    tree: ValueTree,
    seen: set[bytes],
    *,
    removes: bool = True,
) -> None:
    """Add a record's values; *seen* has the labels of all that need no more look."""
    updates = []
    while (at := _passing(data, at, end, seen)) < end:
        number, start, stop = next(fields(data, at, end), (0, end, end))
        at = stop
        if number == REMOVE and removes:
            tree.remove(item(data, start, stop)[0])
        elif number == UPDATE and (name := label(data, start, stop)) not in seen:
            seen.add(name)
            updates.append((start, stop))
    for start, stop in reversed(updates):
        path, place = item(data, start, stop)
        tree.add(path, value(data, place))


@lru_cache(maxsize=8)
def _numbers(labels: frozenset[bytes]) -> re.Pattern[bytes]:
    """Match short items with these labels that are numbers."""
    names = b"|".join(map(re.escape, sorted(labels, key=len, reverse=True)))
    item = rb"\n[\x00-\x7f](?:%b)\x82\x01[\x00-\x7f][-+.0-9eE]+" % names
    return re.compile(rb"(?:%b)+" % item, re.DOTALL)


def _passing(data: bytes, at: int, end: int, seen: set[bytes]) -> int:
    """Skip short items that were seen, as nearly all of a record's items were."""
    while at + 4 < end and data[at] == _UPDATE_TAG:
        after = at + 2 + data[at + 1]
        labels_end = at + 4 + data[at + 3]
        while labels_end + 1 < after and data[labels_end] == _NESTED_TAG:
            labels_end += 2 + data[labels_end + 1]
        if after > end or data[at + 1] >= CONTINUES:
            break
        if data[at + 2 : labels_end] not in seen:
            break
        if labels_end + 2 >= after or labels_end + 3 + data[labels_end + 2] != after:
            break
        at = after
    return at
