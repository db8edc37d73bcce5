"""What a run printed: its console, line by line, as it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wandbwatch.sources.local.log import Log
from wandbwatch.sources.local.tags import OUTPUT_RAW
from wandbwatch.sources.local.wire import fields, text, timestamp, varint

_STREAM, _TIMESTAMP, _LINE = 1, 2, 3


@dataclass(frozen=True)
class Printed:
    """A line, its escape sequences and all: whoever shows it makes it harmless."""

    text: str
    error: bool
    """Whether it went to stderr."""
    when: float
    """POSIX seconds."""


def lines(logs: Sequence[Log]) -> Iterator[Printed]:
    """Yield the lines of one run's logs; the last one may still be without its end.

    The SDK sends whatever was written in one go, so lines are put together here.
    """
    open_lines: dict[bool, Printed] = {}
    for log in logs:
        for _, data, at, end in log.forward({OUTPUT_RAW}):
            piece = _piece(data, at, end)
            began = open_lines.pop(piece.error, None)
            whole = (began.text if began else "") + piece.text
            *ended, rest = whole.split("\n")
            when = began.when if began else piece.when
            for line in ended:
                yield Printed(line, piece.error, when)
                when = piece.when
            if rest:
                open_lines[piece.error] = Printed(rest, piece.error, when)
    yield from open_lines.values()


def _piece(data: bytes, at: int, end: int) -> Printed:
    line, error, when = "", True, 0.0  # stderr is 0, which the format leaves out
    for number, start, stop in fields(data, at, end):
        if number == _STREAM:
            error = varint(data, start)[0] == 0
        elif number == _TIMESTAMP:
            when = timestamp(data, start, stop)
        elif number == _LINE:
            line = text(data, start, stop)
    return Printed(line, error, when)
