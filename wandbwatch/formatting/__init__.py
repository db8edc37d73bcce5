"""Values as people read them, whatever the medium."""

from __future__ import annotations

from datetime import datetime, timedelta

from wandbwatch.formatting.nested import worded
from wandbwatch.formatting.numbers import change, exact, number, size
from wandbwatch.formatting.screen import shown
from wandbwatch.formatting.text import MARKS, clean, state, steers
from wandbwatch.formatting.times import age, along, duration, moment, utc
from wandbwatch.model.report import Bytes, Cell, Changed, Missing, Plain
from wandbwatch.model.run import State

__all__ = ["MARKS", "NOTHING", "age", "along", "cell", "change", "clean", "duration"]
__all__ += [
    "exact",
    "moment",
    "number",
    "shown",
    "size",
    "state",
    "steers",
    "utc",
    "worded",
]

NOTHING = "–"
"""Shown in place of a missing value."""


def cell(value: Cell, now: datetime | None = None, *, lines: bool = False) -> str:
    """Word any *value*; a time becomes its age if *now* is known.

    A string keeps its line breaks where *lines* are wanted; nothing is cut.
    """
    if isinstance(value, Changed):
        return _changed(value, now)
    return _plain(value, now, lines=lines)


def _plain(value: Plain, now: datetime | None, *, lines: bool = False) -> str:
    match value:
        case Missing() | ():  # no value, no tags
            return NOTHING
        case State():
            return state(value)
        case str():
            return clean(value, lines=lines)
        case Bytes():
            return size(value)
        case datetime() | timedelta():
            return _time(value, now)
        case _:
            return worded(value)


def _time(value: datetime | timedelta, now: datetime | None) -> str:
    if isinstance(value, timedelta):
        return duration(value)
    return age(value, now) if now else moment(value)


def _changed(both: Changed, now: datetime | None) -> str:
    """Word a value with its change: ``0.25 ↓0.03``, ``b (was a)``, ``0.25 (new)``."""
    value = _plain(both.value, now)
    if isinstance(both.before, Missing):
        return f"{value} (new)"
    by = change(both.value, both.before)
    return f"{value} {by}" if by else f"{value} (was {_plain(both.before, now)})"
