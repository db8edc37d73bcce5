"""What a run printed: its console, put together of what was written at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wandbwatch.formatting import shown
from wandbwatch.model.run_details import Printed
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import OUTPUT_RAW, fields, text, timestamp, varint

_STREAM, _TIMESTAMP, _LINE = 1, 2, 3
_BEYOND = 4000
"""So many pieces more are read to find where a line of the newest began."""


@dataclass(frozen=True)
class ConsolePiece:
    """What was written at once: of a line, or of several."""

    text: str
    error: bool
    when: float
    """POSIX seconds."""


def console(logs: Sequence[RunLog], last: int = 0) -> tuple[Printed, ...]:
    """Return the newest *last* lines of one run's logs, or all of them.

    Each stream may have one that is still without its end.
    """
    pieces = _newest(logs, last) if last else _pieces(logs)
    found = [_printed(line) for line in lines(pieces)]
    return tuple(found[-last:] if last else found)


def lines(pieces: Iterable[ConsolePiece]) -> list[ConsolePiece]:
    """Put lines together: what one stream wrote is not parted by the other.

    One without its end stands where its stream last wrote to it.
    """
    found: list[ConsolePiece] = []
    begun: dict[bool, list[str]] = {}
    began: dict[bool, float] = {}
    place: dict[bool, int] = {}
    for piece in pieces:
        *ended, rest = piece.text.split("\n")
        when = began.pop(piece.error, piece.when)
        for line in ended:
            whole = "".join((*begun.pop(piece.error, ()), line))
            found.append(ConsolePiece(whole, piece.error, when))
            when = piece.when
        if rest:
            begun.setdefault(piece.error, []).append(rest)
            place[piece.error] = len(found)
        if piece.error in begun:
            began[piece.error] = when
    for error in sorted(begun, key=lambda stream: place[stream], reverse=True):
        whole = "".join(begun[error])
        found.insert(place[error], ConsolePiece(whole, error, began[error]))
    return found


def _printed(line: ConsolePiece) -> Printed:
    try:
        when = datetime.fromtimestamp(line.when, UTC) if line.when else None
    except (ValueError, OverflowError, OSError):  # a broken record
        when = None
    return Printed(shown(line.text), line.error, when)


def _pieces(logs: Iterable[RunLog]) -> Iterator[ConsolePiece]:
    for log in logs:
        for _, data, at, end in log.forward({OUTPUT_RAW}):
            yield _piece(data, at, end)


def _newest(logs: Sequence[RunLog], last: int) -> list[ConsolePiece]:
    """Return the pieces of the newest *last* lines, and some before them."""
    found: list[ConsolePiece] = []
    ends = 0
    enough: int | None = None
    for log in reversed(logs):
        for _, data, at, end in log.backward({OUTPUT_RAW}):
            piece = _piece(data, at, end)
            found.append(piece)
            ends += piece.text.count("\n")
            if enough is None and ends > last + 1:
                enough = len(found)
            if enough is not None and _complete(found, enough):
                return found[::-1]
    return found[::-1]


def _complete(found: Sequence[ConsolePiece], enough: int) -> bool:
    """Whether the lines of the newest *enough* pieces have their beginnings."""
    beyond = found[enough:]
    streams = {piece.error for piece in found[:enough]}
    known = {piece.error for piece in beyond if "\n" in piece.text}
    return streams <= known or len(beyond) > _BEYOND


def _piece(data: bytes, at: int, end: int) -> ConsolePiece:
    line, error, when = "", True, 0.0  # stderr is 0, which the format leaves out
    for number, start, stop in fields(data, at, end):
        if number == _STREAM:
            error = varint(data, start)[0] == 0
        elif number == _TIMESTAMP:
            when = timestamp(data, start, stop)
        elif number == _LINE:
            line = text(data, start, stop)
    return ConsolePiece(line, error, when)
