"""What the colours mean; nothing is said by colour alone."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.report import Cell, Missing, Plain, latest
from wandbwatch.model.run import State

PLAIN = Style()
HEADING = Style(bold=True)
QUIET = Style(dim=True)
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


def styled(cell: Cell, now: datetime | None) -> Text:
    """Word *cell* in one line, in the colour of what it is."""
    return Text(formatting.cell(cell, now), _style(latest(cell)))


def is_number(cell: Cell) -> bool:
    value = latest(cell)
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_nothing(cell: Cell) -> bool:
    return formatting.cell(cell) in ("", formatting.NOTHING)


def linked(url: str | None) -> Style:
    """Make the text a link where the terminal knows them; only to the web."""
    url = formatting.clean(url or "")
    harmless = url.startswith(("https://", "http://")) and url.isprintable()
    return Style(link=url) if harmless and " " not in url else PLAIN


def _style(cell: Plain) -> Style:
    if isinstance(cell, State):
        return _STATES[cell]
    if isinstance(cell, Missing) or cell is None:
        return QUIET
    # NaN is unlike itself, and infinity the only one beyond all others
    if isinstance(cell, float) and (cell != cell or abs(cell) == float("inf")):  # noqa: PLR0124
        return _RED
    return PLAIN
