"""A line of console output as a terminal shows it at last."""

from __future__ import annotations

import re

_STEP = re.compile(
    r"(?P<return>\r+)"
    r"|(?P<back>\x08)"
    r"|\x1b\[(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]P^_X].*?(?:\x07|\x1b\\|$)"  # titles, links and the like
    r"|\x1b[ -/]*[0-~]?"
)
_LONGEST = 1 << 16
"""A cursor is moved no further than this."""


def shown(line: str) -> str:
    """Resolve what moves within *line*: carriage returns, erasures, colours.

    A progress bar comes out as it stood at last. Whatever leads to other lines is
    left out.
    """
    if "\r" not in line and "\x1b" not in line and "\x08" not in line:
        return line
    cells: list[str] = []
    at = end = 0
    for step in _STEP.finditer(line.rstrip("\r")):
        at = _write(cells, at, line[end : step.start()])
        end = step.end()
        at = _moved(cells, at, step)
    _write(cells, at, line.rstrip("\r")[end:])
    return "".join(cells)


def _write(cells: list[str], at: int, text: str) -> int:
    if text:
        cells.extend(" " * (at - len(cells)))
        cells[at : at + len(text)] = text
    return at + len(text)


def _moved(cells: list[str], at: int, step: re.Match[str]) -> int:
    """Do what *step* says; return where the cursor is then."""
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
