"""Values as people read them, whatever the medium."""

from __future__ import annotations

from datetime import datetime, timedelta

from wandbwatch.model.report import Bytes, Cell, Missing
from wandbwatch.model.run import State
from wandbwatch.words.nested import worded
from wandbwatch.words.numbers import exact, number
from wandbwatch.words.screen import shown
from wandbwatch.words.sizes import size
from wandbwatch.words.states import MARKS, state
from wandbwatch.words.text import clean, steers
from wandbwatch.words.times import age, duration, moment, utc

__all__ = ["MARKS", "NOTHING", "age", "cell", "clean", "duration", "exact", "moment"]
__all__ += ["number", "shown", "size", "state", "steers", "utc", "worded"]

NOTHING = "–"
"""What stands where a value is missing."""


def cell(  # noqa: PLR0911 - one for each kind
    value: Cell, now: datetime | None = None, *, lines: bool = False
) -> str:
    """Word any *value*; a time is told as its age where *now* is known.

    A string keeps its line breaks where *lines* are wanted; nothing is cut.
    """
    match value:
        case Missing() | ():  # no value, no tags
            return NOTHING
        case State():
            return state(value)
        case str():
            return clean(value, lines=lines)
        case Bytes():
            return size(value)
        case datetime():
            return age(value, now) if now else moment(value)
        case timedelta():
            return duration(value)
        case _:
            return worded(value)
