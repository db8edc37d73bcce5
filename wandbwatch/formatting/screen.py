"""Console output as a terminal finally shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STEP = (
    r"(?P<return>\r+)"
    r"|(?P<back>\x08)"
    r"|\x1b\[(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]P^_X].*?(?:\x07|\x1b\\|$)"  # titles, links and the like
    r"|\x1b[ -/]*[0-~]?"
)
_LONGEST = 1 << 16
"""The cursor moves at most this far."""
HEIGHT = 50
"""Rows that the cursor can go back to; the SDK's own terminal has about as many."""
_LEAVES = r"\n|\x1b\[(?P<count>\d{0,5})(?P<final>[ABEFJ])"
"""Sequences that move the cursor to another row, or erase other rows."""
_UNFINISHED = r"\x1b(?:\[[0-?]*[ -/]*)?\Z"


def shown(line: str) -> str:
    """Resolve what moves within *line*: carriage returns, erasures, colours.

    A progress bar comes out in its last form. What leads to other lines is left out
    (see `ScreenRows`).
    """
    return _resolved(line)[0]


def rows(text: str) -> list[str]:
    """Return the rows that *text* leaves on a terminal."""
    screen = ScreenRows()
    found = list(screen.write(text))
    return [row.text for row in (*found, *screen.unfinished()) if not row.erased]


def descent(text: str) -> int:
    """Return how many rows the cursor goes down with *text*, at least."""
    ups = 0
    if "\x1b[" in text:
        moves = re.finditer(_LEAVES, text)
        ups = sum(int(m["count"] or 1) for m in moves if m["final"] in ("A", "F"))
    return text.count("\n") - ups


class Row:
    """One row of a terminal, and when it was first written to (POSIX seconds)."""

    def __init__(self) -> None:
        self.when: float | None = None
        self.ended = False
        self.erased = False
        self._written: list[str] = []
        self._revisited = False

    @property
    def text(self) -> str:
        text = _resolved("".join(self._written))[0]
        return text.rstrip(" ") if self._revisited else text

    @property
    def column(self) -> int:
        return _resolved("".join(self._written))[1]

    def write(self, text: str, when: float) -> None:
        if text:
            self._written.append(text)
            self.when = when if self.when is None else self.when

    def enter(self, column: int) -> None:
        """Continue at *column*, over what the row has there."""
        self._written.append(f"\x1b[{column + 1}G")
        self._revisited = True


class ScreenRows:
    """The rows of a terminal whose cursor moves up and down, nested progress bars'."""

    def __init__(self) -> None:
        self._rows = [Row()]
        self._at = 0
        self._held = ""

    def write(self, text: str, when: float = 0.0) -> Iterator[Row]:
        """Write *text* and yield each row when it ends; later text may change it."""
        text, self._held = self._held + text, ""
        if cut := re.search(_UNFINISHED, text[-32:]):
            text, self._held = text.removesuffix(cut[0]), cut[0]
        end = 0
        for step in re.finditer(_LEAVES, text):
            self._rows[self._at].write(text[end : step.start()], when)
            end = step.end()
            if step[0] == "\n":
                if row := self._feed(when):
                    yield row
            else:
                self._move(step["final"], int(step["count"] or 0), when)
        self._rows[self._at].write(text[end:], when)

    def unfinished(self) -> Iterator[Row]:
        """Yield the last row if it has no end yet, but has text."""
        last = self._rows[-1]
        if not last.ended and last.text:
            yield last

    def _feed(self, when: float) -> Row | None:
        """Go to the next row; return the row if this ended it."""
        row = self._rows[self._at]
        self._at += 1
        if self._at < len(self._rows):
            self._rows[self._at].enter(0)
        else:
            self._rows.append(Row())
            del self._rows[:-HEIGHT]
            self._at = len(self._rows) - 1
        if row.ended:
            return None
        row.ended = True
        row.when = when if row.when is None else row.when
        return row

    def _move(self, final: str, count: int, when: float) -> None:
        if final == "J":
            self._rows[self._at].write(f"\x1b[{count}J", when)
            if not count:
                for row in self._rows[self._at + 1 :]:
                    row.erased = True
                del self._rows[self._at + 1 :]
            return
        column = 0 if final in "EF" else self._rows[self._at].column
        rows = count or 1
        target = self._at - rows if final in "AF" else self._at + rows
        self._at = min(max(target, 0), len(self._rows) - 1)
        self._rows[self._at].enter(column)


def _resolved(line: str) -> tuple[str, int]:
    """Return what *line* shows, and the column where it leaves the cursor."""
    if "\r" not in line and "\x1b" not in line and "\x08" not in line:
        return line, len(line)
    line = line.rstrip("\r")
    cells: list[str] = []
    at = end = 0
    for step in re.finditer(_STEP, line):
        at = _write(cells, at, line[end : step.start()])
        end = step.end()
        at = _moved(cells, at, step)
    at = _write(cells, at, line[end:])
    return "".join(cells), at


def _write(cells: list[str], at: int, text: str) -> int:
    if text:
        cells.extend(" " * (at - len(cells)))
        cells[at : at + len(text)] = text
    return at + len(text)


def _moved(cells: list[str], at: int, step: re.Match[str]) -> int:
    """Do what *step* says; return the cursor's new column."""
    if step["return"]:
        return 0
    if step["back"]:
        return max(at - 1, 0)
    count = _count(step["arguments"] or "")
    match step["final"]:
        case "C":
            return min(at + (count or 1), _LONGEST)
        case "D":
            return max(at - (count or 1), 0)
        case "G":
            return max(count - 1, 0)
        case "K" | "J":
            _erase(cells, at, count)
        case _:
            pass
    return at


def _count(arguments: str) -> int:
    first = arguments.partition(";")[0]
    return min(int(first[:9]), _LONGEST) if re.fullmatch("[0-9]+", first) else 0


def _erase(cells: list[str], at: int, which: int) -> None:
    if which == 0:
        del cells[at:]
    else:
        last = len(cells) if which != 1 else min(at + 1, len(cells))
        cells[:last] = " " * last
