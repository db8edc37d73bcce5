"""Tables that a run logged: W&B keeps them as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

from wandbwatch.formatting import json_values
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.media import RunFile
from wandbwatch.model.run import Json

MOST = 32 << 20
"""Bytes of a file that is read to show what is in it."""


@dataclass(frozen=True)
class LoggedTable:
    columns: tuple[str, ...]
    rows: tuple[tuple[Json, ...], ...]

    def column(self, name: Json) -> tuple[Json, ...]:
        """Return a column's values, none if there is no such column."""
        if not isinstance(name, str) or name not in self.columns:
            return ()
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


def read(file: RunFile | None) -> Json:
    """Read a JSON file; ValueError when it is too large or no JSON.

    Raises SourceError when it can't be fetched.
    """
    if file is None:
        raise ValueError("its file is missing")
    if file.size is not None and file.size > MOST:
        raise ValueError("too large to show")
    content = bytearray()
    for piece in file.content():
        content += piece
        if len(content) > MOST:
            raise ValueError("too large to show")
    try:
        found: Json = json.loads(content)
    except (ValueError, RecursionError) as e:
        raise ValueError("its file is damaged") from e
    return found


def sheet(document: Json) -> LoggedTable:
    """Take a table out of what its file holds; ValueError if there is none."""
    columns, data = (_part(document, name) for name in ("columns", "data"))
    names = tuple(str(name) for name in columns)
    rows = (row if isinstance(row, list) else [row] for row in data)
    width = len(names)
    filled = ((*row[:width], *[None] * (width - len(row))) for row in rows)
    return LoggedTable(names, tuple(filled))


def _part(document: Json, name: str) -> list[Json]:
    found = document.get(name) if isinstance(document, dict) else None
    if isinstance(found, list):
        return found
    raise ValueError("its file holds no table")


def cells(row: tuple[Json, ...]) -> tuple[Cell, ...]:
    return tuple(MISSING if value is None else value for value in row)


def as_csv(table: LoggedTable) -> Iterator[bytes]:
    """Write a whole table as CSV, each value with all its digits."""
    for row in (table.columns, *table.rows):
        line = io.StringIO()
        csv.writer(line).writerow(map(_written, row))
        yield line.getvalue().encode("utf-8", "replace")


def _written(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return json_values.harmless(value)
    return json_values.written(json_values.value(value))
