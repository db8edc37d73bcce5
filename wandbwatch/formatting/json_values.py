"""Values as programs read them: JSON that every parser takes, CSV after RFC 4180.

Nothing is rounded.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from wandbwatch import formatting
from wandbwatch.model.cell import MISSING, Cell, Changed, Missing, latest
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.report import Line, Mark, Table
from wandbwatch.model.run import Json, State

SCHEMA = 1
"""The schema version: it goes up when existing names or kinds change."""

DEEPEST = 64
"""The most levels written; hostile values nest deeper than Python can recurse."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def value(cell: Cell) -> Json:
    """Return *cell* as JSON's own types.

    NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity", times
    are ISO 8601 in UTC, spans seconds, states their names, a missing value null.
    A value that has changed is ``{"value": …, "before": …}``.
    """
    match cell:
        case Missing():
            return None
        case State():
            return cell.value
        case datetime():
            return time(cell)
        case timedelta():
            return cell.total_seconds()
        case Changed():
            return {"value": value(cell.value), "before": value(cell.before)}
        case _:
            return _json(cell, DEEPEST)


def time(when: datetime) -> str:
    """Write ``2026-01-01T12:00:00Z``."""
    return f"{formatting.utc(when).replace(tzinfo=None).isoformat()}Z"


def number(given: float) -> float | str:
    if math.isfinite(given):
        return given
    return "NaN" if math.isnan(given) else "Infinity" if given > 0 else "-Infinity"


def string(text: str) -> str:
    """Replace lone surrogates, which no encoding holds, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def named(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object that keeps every pair: a second ``loss`` is ``loss (2)``."""
    found: dict[str, Json] = {}
    for name, inner in pairs:
        key, count = string(name), 1
        while key in found:
            count += 1
            key = f"{string(name)} ({count})"
        found[key] = inner
    return found


def columns(table: Table) -> list[str]:
    """Name the table's columns, each in its own way."""
    return list(named((name, None) for name in table.columns))


def rows(table: Table) -> Iterator[dict[str, Json]]:
    """Make each row an object: a missing value's key is absent, a link is ``url``."""
    names = columns(table)
    for row, link in zip_longest(table.rows, table.links[: len(table.rows)]):
        cells = zip(names, row, strict=True)
        pairs = [(n, value(c)) for n, c in cells if c is not MISSING]
        yield named([*pairs, ("url", string(link))] if link else pairs)


def drawn(line: Line) -> dict[str, Json]:
    """Make a plot's line an object, its x and y arrays of one length."""
    series = line.series
    edges = zip(("low", "high"), line.band or (), strict=False)
    return {
        "run": string(line.run),
        "name": string(line.name),
        "sampled": series.sampled,
        "x": [number(x) for x in series.x],
        "y": [number(y) for y in series.y],
        **{edge: [number(y) for y in beside.y] for edge, beside in edges},
    }


def marked(mark: Mark) -> dict[str, Json]:
    """Make a plot's reference line an object."""
    axis = "x" if mark.upright else "y"
    return {"name": string(mark.name), axis: number(mark.at)}


FILE = ("key", "kind", "path", "size", "mime", "caption", "url", "file", "trouble")
"""The columns of `files`."""


def files(attachment: Attachment) -> Iterator[tuple[Cell, ...]]:
    """Describe each file of an attachment in one row."""
    for piece in attachment.pieces:
        values = (MISSING if v is None else v for v in attached(piece).values())
        yield (attachment.title, attachment.kind, *values)


def attached(piece: Piece) -> dict[str, Json]:
    """Make an object of one file: its size in bytes, null if unknown."""
    texts = (piece.mime, piece.caption, piece.url, piece.file, piece.trouble)
    texts_ = (string(text) if text else None for text in texts)
    return dict(zip(FILE[2:], (string(piece.path), piece.size, *texts_), strict=True))


def written(document: Json) -> str:
    """Write one JSON line; what could steer a terminal is escaped in its strings."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if formatting.steers(c) else c for c in text)


def _json(given: Json, depth: int) -> Json:
    if given is None or isinstance(given, bool | int):
        return given
    if isinstance(given, float):
        return number(given)
    if isinstance(given, str):
        return string(given)
    if not depth:
        return formatting.TOO_DEEP
    if isinstance(given, Mapping):
        return named((k, _json(v, depth - 1)) for k, v in given.items())
    return [_json(inner, depth - 1) for inner in given]


_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""Characters that start a spreadsheet formula, full-width ones too."""


def line(cells: Sequence[Cell]) -> str:
    import csv  # noqa: PLC0415 -- `summary` does not need it

    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(map(_csv_cell, cells))
    return written.getvalue().removesuffix("\n")


def _csv_cell(cell: Cell) -> str:
    cell = latest(cell)
    if isinstance(cell, Missing):
        return ""
    if isinstance(cell, str) and not isinstance(cell, State):
        return harmless(formatting.clean(cell, lines=True))
    known = value(cell)
    return known if isinstance(known, str) else written(known)


def harmless(text: str) -> str:
    """Stop a spreadsheet from running a name as a formula: ``'=HYPERLINK(…)``."""
    return f"'{text}" if _FORMULA.match(text.lstrip()) else text
