"""The values of a report, and how serious it is: light, as every command imports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from wandbwatch.model.run import Json, State


class Level(Enum):
    INFO = "info"
    GOOD = "good"
    WARN = "warn"
    """About a run that is still running, as a stall; amber."""
    BAD = "bad"

    @property
    def rank(self) -> int:
        """Its severity: a higher rank is worse."""
        return {Level.WARN: 1, Level.BAD: 2}.get(self, 0)


class Missing(Enum):
    """The marker of a missing value, as opposed to the value None."""

    MISSING = "missing"


MISSING = Missing.MISSING


class Bytes(int):
    """A size in bytes; programs read the number, people a size with a unit."""

    __slots__ = ()


Plain: TypeAlias = "Json | State | datetime | timedelta | Missing"


@dataclass(frozen=True)
class Changed:
    """A value that changed; the old one is MISSING if there was none."""

    value: Plain
    before: Plain


Cell: TypeAlias = "Plain | Changed"
"""A value, not its text: each medium formats it in its own way."""


def latest(cell: Cell) -> Plain:
    """Return the current value, without the old one."""
    return cell.value if isinstance(cell, Changed) else cell
