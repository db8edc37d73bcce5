"""Styled words, and lines no wider than they may be, in cells: a CJK letter takes two.

Nothing depends on colour alone.
"""

from __future__ import annotations

import re
from datetime import datetime

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.style import Style
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.cell import Cell, Missing, Plain, latest
from wandbwatch.model.experiment import Phase
from wandbwatch.model.run import State

PLAIN = Style()
HEADING = Style(bold=True)
QUIET = Style(dim=True)
CHOSEN = Style(reverse=True)
_RED, _YELLOW = Style(color="red"), Style(color="yellow")

_STATES = {
    State.PENDING: QUIET,
    State.RUNNING: Style(color="cyan"),
    State.FINISHED: Style(color="green"),
    State.FAILED: _RED,
    State.CRASHED: _RED,
    State.KILLED: _YELLOW,
    State.PREEMPTING: _YELLOW,
    State.PREEMPTED: _YELLOW,
    State.UNKNOWN: QUIET,
}

_PHASES = {
    Phase.WAITING: QUIET,
    Phase.PENDING: QUIET,
    Phase.RUNNING: _STATES[State.RUNNING],
    Phase.FINISHED: _STATES[State.FINISHED],
    Phase.FAILED: _RED,
    Phase.STOPPED: _YELLOW,
    Phase.TIMED_OUT: _RED,
    Phase.LOST: _RED,
    Phase.HELD: _YELLOW,
}


def styled(cell: Cell, now: datetime | None) -> Text:
    """Return *cell* as one line, styled by its type."""
    return Text(formatting.cell(cell, now), _style(latest(cell)))


def is_number(cell: Cell) -> bool:
    value = latest(cell)
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_nothing(cell: Cell) -> bool:
    return formatting.cell(cell) in ("", formatting.NOTHING)


def linked(url: str | None) -> Style:
    """Return a link style for a web URL, where the terminal supports links."""
    url = formatting.clean(url or "")
    harmless = url.startswith(("https://", "http://")) and url.isprintable()
    return Style(link=url) if harmless and " " not in url else PLAIN


def _style(cell: Plain) -> Style:
    if isinstance(cell, State):
        return _STATES[cell]
    if isinstance(cell, Phase):
        return _PHASES[cell]
    if isinstance(cell, Missing) or cell is None:
        return QUIET
    # NaN or infinity, without importing math
    if isinstance(cell, float) and (cell != cell or abs(cell) == float("inf")):  # noqa: PLR0124
        return _RED
    return PLAIN


_BREAKS = re.compile(
    r"(?<= )(?! )|(?<=[/_\-,])(?<! -)(?<!\de-)(?! )|(?<=\.)(?=[^\W\d])"
)
"""Where a line may break: after spaces and inside names, not inside numbers."""


def folded(text: str, width: int) -> str:
    """Break one line of *text* into lines of at most *width* cells, losing nothing."""
    if cell_len(text) <= width:
        return text
    lines: list[str] = []
    line = ""
    for piece in _BREAKS.split(text):
        if cell_len((line + piece).rstrip()) <= width:
            line += piece
            continue
        chopped = _chopped(piece, width)
        lines += [line, *chopped[:-1]] if line else chopped[:-1]
        line = chopped[-1]
    return "\n".join(line.rstrip() for line in [*lines, line])


def refolded(text: Text, width: int) -> Text:
    """Fold a styled line of one style."""
    if text.cell_len <= width:
        return text
    lines = Text(folded(text.plain, width), text.style)
    for span in text.spans:
        lines.stylize(span.style)
    return lines


def shortened(text: Text, width: int, *, middle: bool = True) -> Text:
    """Cut a styled line: in its *middle*, where names of a family differ least, or at
    its end."""
    if text.cell_len <= width:
        return text
    kept = (width - 1) // 2 if middle else width - 1
    head, tail = set_cell_size(text.plain, kept), text.plain if middle else ""
    while cell_len(tail) > width - 1 - cell_len(head):
        tail = tail[1:]
    cut = Text(f"{head.rstrip()}…{tail.lstrip()}", text.style)
    for span in text.spans:
        cut.stylize(span.style)
    return cut


def least(text: str) -> int:
    """Return the width of the widest piece without a break."""
    return max(cell_len(piece.rstrip()) for piece in _BREAKS.split(text))


def _chopped(piece: str, width: int) -> list[str]:
    if cell_len(piece.rstrip()) <= width:
        return [piece]
    return chop_cells(piece, width)
