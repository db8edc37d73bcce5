"""How runs are distinguished: by colour and, once those are used up, by dashes."""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUND = "#2b2d31"
"""A dark card, as Discord has it."""
INK = "#f2f3f5"
TEXT = "#dbdee1"
MUTED = "#949ba4"
GRID = "#3f4248"

COLOURS = (
    "#67addd",
    "#d29922",
    "#a2d496",
    "#cb6440",
    "#7474ef",
    "#edee45",
    "#8ef9ff",
    "#a86fa3",
)
"""Found by search: the eight that stay furthest apart on the dark background for
readers with each of the three colour blindnesses and for those with none."""

_SOLID: tuple[float, ...] = ()
_DASHES = (_SOLID, (5.0, 1.6), (1.2, 1.4), (6.0, 1.5, 1.2, 1.5))

NAMED = len(COLOURS) * len(_DASHES)
"""How many runs have their own look, and thus a place in the legend."""


@dataclass(frozen=True)
class LineStyle:
    """A line's colour and its dash in line widths, on and off; empty is solid."""

    colour: str
    dash: tuple[float, ...] = _SOLID


_REST = LineStyle("#6d6f78")


def look(place: int) -> LineStyle:
    """Return the look of the run at *place* in its plot, counted from 0."""
    if place >= NAMED:
        return _REST
    dash, colour = divmod(place, len(COLOURS))
    return LineStyle(COLOURS[colour], _DASHES[dash])
