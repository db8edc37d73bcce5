"""What a run printed: its console, put together from the pieces in its records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wandbwatch.formatting.screen import HEIGHT, Row, ScreenRows, descent, rows
from wandbwatch.model.run_details import Printed
from wandbwatch.sources.local.beside import open_own
from wandbwatch.sources.local.log import RunLog, log_end
from wandbwatch.sources.local.wire import (
    OUTPUT,
    OUTPUT_RAW,
    fields,
    integer,
    text,
    timestamp,
)

_KINDS = frozenset({OUTPUT, OUTPUT_RAW})
_STREAM, _TIMESTAMP, _LINE = 1, 2, 3
_BEYOND = 4000
"""How many more pieces are read to find where the newest lines start."""
_FILE = Path("files", "output.log")
_PIECE = 1 << 16
_COMPARED = 20
"""Lines that tell where those of the records end in the file."""


@dataclass(frozen=True)
class ConsolePiece:
    """What was written at once: part of a line, or several lines."""

    text: str
    error: bool
    when: float
    """POSIX seconds."""


def console(logs: Sequence[RunLog], last: int = 0) -> tuple[Printed, ...]:
    """Return the newest *last* lines of one run's logs, or all of them.

    Each stream may have a last line without its end. ``files/output.log`` has the lines
    of a run without such records, and those after a log that was cut short.
    """
    found = _recorded(logs, last)
    if not found:
        found = [line for log in logs for line in _filed(log, last)]
    elif log_end(logs[-1]).exit_code is None:
        found = _continued(logs, found, _filed(logs[-1], last))
    return tuple(found[-last:] if last else found)


def _recorded(logs: Sequence[RunLog], last: int) -> list[Printed]:
    pieces = _newest(logs, last) if last else _pieces(logs)
    return lines(pieces)


def lines(pieces: Iterable[ConsolePiece]) -> list[Printed]:
    """Put lines together: each stream is a terminal of its own.

    A line is placed where it ended, an unfinished one where its stream last wrote.
    """
    found: list[tuple[Row, bool]] = []
    streams: dict[bool, ScreenRows] = {}
    places: dict[bool, int] = {}
    for piece in pieces:
        stream = streams.setdefault(piece.error, ScreenRows())
        found += ((row, piece.error) for row in stream.write(piece.text, piece.when))
        if piece.text and piece.text[-1] != "\n":
            places[piece.error] = len(found)
    for error in sorted(places, key=lambda stream: places[stream], reverse=True):
        found[places[error] : places[error]] = (
            (row, error) for row in streams[error].unfinished()
        )
    return [_printed(row, error) for row, error in found if not row.erased]


def _printed(row: Row, error: bool) -> Printed:  # noqa: FBT001 -- a stream's name
    try:
        when = datetime.fromtimestamp(row.when, UTC) if row.when else None
    except (ValueError, OverflowError, OSError):  # a broken record
        when = None
    return Printed(row.text, error, when)


def _pieces(logs: Iterable[RunLog]) -> list[ConsolePiece]:
    return [_piece(*record) for log in logs for record in log.forward(_KINDS)]


def _newest(logs: Sequence[RunLog], last: int) -> list[ConsolePiece]:
    """Return the pieces of the newest *last* lines, and some before them.

    Lines that the cursor can still go back to are not counted.
    """
    found: list[ConsolePiece] = []
    ends = 0
    enough: int | None = None
    for log in reversed(logs):
        for record in log.backward(_KINDS):
            piece = _piece(*record)
            found.append(piece)
            ends += descent(piece.text)
            if enough is None and ends > last + HEIGHT:
                enough = len(found)
            if enough is not None and _complete(found, enough):
                return found[::-1]
    return found[::-1]


def _complete(found: Sequence[ConsolePiece], enough: int) -> bool:
    """Whether the lines of the newest *enough* pieces are complete at their start."""
    beyond = found[enough:]
    streams = {piece.error for piece in found[:enough]}
    known = {piece.error for piece in beyond if "\n" in piece.text}
    return streams <= known or len(beyond) > _BEYOND


def _piece(kind: int, data: bytes, at: int, end: int) -> ConsolePiece:
    line, error, when = "", True, 0.0  # stderr is 0, which the format leaves out
    for number, start, stop in fields(data, at, end):
        if number == _STREAM:
            error = integer(data, start) == 0
        elif number == _TIMESTAMP:
            when = timestamp(data, start, stop)
        elif number == _LINE:
            line = text(data, start, stop)
    if kind == OUTPUT and line[:1] == "\r" and line[-1:] == "\n":
        # The SDK's terminal, which writes whole lines, replaces the one before so.
        line = f"\x1b[A\r\x1b[K{line[1:]}"
    return ConsolePiece(line, error, when)


def _filed(log: RunLog, last: int) -> list[Printed]:
    """Return the newest *last* lines of ``output.log``, or all; they have no times."""
    try:
        with open_own(log.path.parent / _FILE, log.path.parent) as file:
            at = file.seek(0, os.SEEK_END)
            raw = b""
            while at and not (last and raw.count(b"\n") > last + HEIGHT):
                size = min(_PIECE, at)
                at = file.seek(at - size)
                raw = file.read(size) + raw
    except OSError:
        return []
    found = [Printed(line) for line in rows(raw.decode("utf-8", "replace"))]
    return found[-last:] if last else found


def _continued(
    logs: Sequence[RunLog], recorded: list[Printed], filed: list[Printed]
) -> list[Printed]:
    """Return the *recorded* lines, and what the file has after them."""
    for known in (recorded, recorded[:-1]):  # the last one may be without its end
        if known and (end := _overlap_end(known, filed)):
            return [*known, *filed[end:]] if end < len(filed) else recorded
    if not filed or filed[-1].text in {line.text for line in _recorded(logs, 0)}:
        return recorded
    return filed  # so far ahead that the two do not overlap


def _overlap_end(known: Sequence[Printed], filed: Sequence[Printed]) -> int:
    """Return where in the file the *known* lines end, 0 if they are not there."""
    mine = [line.text.rstrip() for line in known[-_COMPARED:]][::-1]
    theirs = [line.text.rstrip() for line in filed]
    best = end = 0
    for place, line in enumerate(theirs, 1):
        if line == mine[0]:
            before = theirs[max(0, place - len(mine)) : place][::-1]
            both = enumerate(zip(mine, before, strict=False))
            same = next((n for n, (a, b) in both if a != b), len(before))
            if same >= best:
                best, end = same, place
    return end
