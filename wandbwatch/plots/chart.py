"""A plot worked out: what stands where, in numbers, before anything is drawn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from wandbwatch.analysis import smoothing
from wandbwatch.model.report import Line, Plot
from wandbwatch.plots import palette
from wandbwatch.plots.points import Path, path, spaced
from wandbwatch.plots.scale import Floats, Scale, around

COLUMNS = 1400
"""Two to a pixel: what is left out is less than a pixel away from what is not."""
MARK_GAP = 0.014
SPARSE = 40
"""Up to so many points a line shows each of them."""
ROWS = 5


class LineKind(Enum):
    """A value without a place on the y axis."""

    NAN = "NaN"
    ABOVE = "+∞"
    BELOW = "\N{MINUS SIGN}∞"
    NOT_POSITIVE = "0 or less"


@dataclass(frozen=True)
class LineMarks:
    """Where one line has values of one kind; ``row`` keeps lines off each other."""

    kind: LineKind
    u: Floats
    row: int

    @property
    def above(self) -> bool:
        return self.kind is LineKind.ABOVE


@dataclass(frozen=True)
class _Seat:
    """Where a line's marks stand, and which of its points they are of."""

    row: int
    turn: int
    turns: int
    odd: Mapping[LineKind, npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class DrawnLine:
    """One run's line in places from 0 to 1."""

    look: palette.LineStyle
    path: Path
    raw: Path | None
    """With smoothing, the line as it was logged, to be drawn faint."""
    dots: tuple[Floats, Floats]
    """The points of a sparse line, each shown."""
    alone: tuple[Floats, Floats]
    """The points that no line leads to: without a mark they would not be seen."""
    marks: tuple[LineMarks, ...]
    band: tuple[Floats, Floats, Floats] | None = None
    """Places along x, and of low and high there."""


@dataclass(frozen=True)
class ChartGeometry:
    """The axes are None where there is nothing that has a place on them."""

    x: Scale | None
    y: Scale | None
    lines: tuple[DrawnLine, ...]
    single: float | None
    """The x at which all points stand, if they do."""
    adrift: int
    """How many points have no place on the x axis."""

    def rows(self, *, above: bool) -> int:
        """Return how many rows of marks stand along the bottom, or the top."""
        marks = [m for d in self.lines for m in d.marks]
        return max((m.row + 1 for m in marks if m.above == above), default=0)

    @property
    def kinds(self) -> tuple[LineKind, ...]:
        seen = {m.kind for d in self.lines for m in d.marks}
        return tuple(kind for kind in LineKind if kind in seen)


def chart(plot: Plot) -> ChartGeometry:
    """Work out every line of *plot*, in its order."""
    xs = [_floats(line.series.x) for line in plot.lines]
    ys = [_floats(line.series.y) for line in plot.lines]
    extent = _extent(xs)
    if extent:
        extent = _extent([*xs, _floats([m.at for m in plot.marks if m.upright])])
    x = around(*extent) if extent else None
    y = _value_scale(_shown_values(plot, ys), log=plot.log_y)
    lines: list[DrawnLine] = []
    seats = _seats(ys, log=bool(y and y.log))
    for i, smooth in enumerate(_smooth(plot)):
        u, v = _places(x, xs[i]), _places(y, ys[i])
        marks = tuple(_marks(u, seats[i]))
        smoothed = None if smooth is None else _places(y, smooth)
        drawn = _drawn(palette.look(i), u, v, smoothed, marks)
        lines.append(replace(drawn, band=_band(plot.lines[i], x, y)))
    adrift = sum(int(np.count_nonzero(~np.isfinite(at))) for at in xs)
    single = extent[0] if extent and extent[0] == extent[1] else None
    return ChartGeometry(x, y, tuple(lines), single, adrift)


def _shown_values(plot: Plot, ys: Sequence[Floats]) -> list[Floats]:
    """Return what is to have a place on the y axis."""
    if plot.limits and any(np.isfinite(y).any() for y in ys):
        return [_floats(plot.limits)]
    return [*ys, *_beside(plot)]


def _beside(plot: Plot) -> Iterator[Floats]:
    """Yield the values beside the lines' own that are to have a place."""
    if any(len(line.series.y) for line in plot.lines):
        yield _floats([mark.at for mark in plot.marks if not mark.upright])
    for line in plot.lines:
        yield from (_floats(edge.y) for edge in line.band or ())


def _band(
    line: Line, x: Scale | None, y: Scale | None
) -> tuple[Floats, Floats, Floats] | None:
    if not line.band:
        return None
    low, high = line.band
    u = _places(x, _floats(low.x))
    return u, _places(y, _floats(low.y)), _places(y, _floats(high.y))


def _value_scale(ys: Sequence[Floats], *, log: bool) -> Scale | None:
    if log and (extent := _extent([y[y > 0] for y in ys])):
        return around(*extent, log=True)
    extent = _extent(ys)
    return around(*extent) if extent else None


def _smooth(plot: Plot) -> list[Floats | None]:
    if not plot.smooth:
        return [None] * len(plot.lines)
    lines = smoothing.smoothed([line.series for line in plot.lines], plot.smooth)
    return [_floats(line.y) for line in lines]


def _drawn(
    look: palette.LineStyle,
    u: Floats,
    v: Floats,
    smooth: Floats | None,
    marks: tuple[LineMarks, ...],
) -> DrawnLine:
    raw = path(u, v, COLUMNS)
    there = np.flatnonzero(np.isfinite(u) & np.isfinite(v))
    few = there if len(there) <= SPARSE else there[:0]
    return DrawnLine(
        look,
        raw if smooth is None else path(u, smooth, COLUMNS),
        None if smooth is None else raw,
        (u[few], v[few]),
        (u[raw.alone], v[raw.alone]),
        marks,
    )


def _seats(lines: Sequence[Floats], *, log: bool) -> list[_Seat]:
    """Give each line that has marks a row of its own, as far as there are rows."""
    odd = [{k: w for k, w in _odd(y, log=log).items() if w.any()} for y in lines]
    turns = max(1, math.ceil(sum(map(bool, odd)) / ROWS))
    places = itertools.count()
    seats = []
    for there in odd:
        turn, row = divmod(next(places) if there else 0, ROWS)
        seats.append(_Seat(row, turn, turns, there))
    return seats


def _odd(values: Floats, *, log: bool) -> dict[LineKind, npt.NDArray[np.bool_]]:
    return {
        LineKind.NAN: np.isnan(values),
        LineKind.ABOVE: np.isposinf(values),
        LineKind.BELOW: np.isneginf(values),
        LineKind.NOT_POSITIVE: np.isfinite(values) & (values <= 0) & log,
    }


def _marks(u: Floats, seat: _Seat) -> Iterator[LineMarks]:
    for kind, where in seat.odd.items():
        spots = spaced(u[where], MARK_GAP, seat.turn, seat.turns)
        if len(spots):
            yield LineMarks(kind, spots, seat.row)


def _places(scale: Scale | None, values: Floats) -> Floats:
    """Place *values*, those beyond an end of the scale at that end."""
    if scale is None:
        return np.full(len(values), np.nan)
    return np.clip(scale.place(values), 0.0, 1.0)


def _extent(arrays: Sequence[Floats]) -> tuple[float, float] | None:
    finite = [found for a in arrays if len(found := a[np.isfinite(a)])]
    if not finite:
        return None
    return min(float(a.min()) for a in finite), max(float(a.max()) for a in finite)


def _floats(values: Sequence[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)
