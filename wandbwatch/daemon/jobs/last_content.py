"""What a line of a live message showed last, while the line fails and others work."""

from __future__ import annotations

import base64
import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from wandbwatch.daemon.jobs.news import LineResult
from wandbwatch.formatting import times
from wandbwatch.model.report import Note, Report

SHOWN, SINCE = "(live) shown", "(live) not readable since"
"""The keys of a line's memory: its last reports, and when it began to fail."""
_MOST = 1 << 20
"""Characters of the reports that are kept of a line."""

Recall = Callable[[str], Mapping[str, str]]
"""What a line remembers, by its text."""


def completed(
    results: Sequence[LineResult], slot: datetime, recall: Recall
) -> list[LineResult]:
    """Give the lines that fail what they showed last.

    Not where servers fail all of them: then the whole message stays as it is.
    """
    edited = any(r.error and not r.server for r in results)
    edited |= any(r.reports and not r.error for r in results)
    return [_completed(r, slot, recall) if edited and r.error else r for r in results]


def changes(
    results: Sequence[LineResult], slot: datetime, recall: Recall
) -> Iterator[tuple[str, str, str | None]]:
    """Yield what the lines remember for the next rounds: line, key and value."""
    for result in results:
        known = recall(result.line)
        if result.error and SINCE not in known:
            yield result.line, SINCE, slot.isoformat()
        if result.error:
            continue
        shown = _packed(_lasting(result.reports))
        for key, value in ((SINCE, None), (SHOWN, shown)):
            if value is not None or key in known:
                yield result.line, key, value


def _completed(result: LineResult, slot: datetime, recall: Recall) -> LineResult:
    known = recall(result.line)
    reports = _unpacked(known.get(SHOWN, ""))
    if not reports or _lasting(result.reports):
        return result
    since = datetime.fromisoformat(known.get(SINCE, slot.isoformat()))
    note = Note(f"not readable since {times.moment(since)}: {result.error}")
    first, *rest = reports
    first = replace(first, blocks=(note, *first.blocks))
    return replace(result, reports=(*result.reports, first, *rest))


def _lasting(reports: Sequence[Report]) -> list[Report]:
    return [r for r in reports if not r.event and not r.message_key]


def _packed(reports: Sequence[Report]) -> str | None:
    """Return *reports* as a text; None if there are none, or what can't be kept."""
    if not reports:
        return None
    plain = [replace(report, fingerprint=None) for report in reports]
    try:
        packed = zlib.compress(pickle.dumps(plain))
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    text = base64.b64encode(packed).decode()
    return text if len(text) <= _MOST else None


def _unpacked(text: str) -> list[Report]:
    """Return what `_packed` wrote; nothing of what another version wrote otherwise."""
    try:
        found = pickle.loads(zlib.decompress(base64.b64decode(text)))  # noqa: S301 -- our own state.db
        return [replace(report) for report in found]
    except Exception:  # noqa: BLE001 -- whatever a class of another version raises
        return []
