"""The axes: where their ticks stand, what they are called, and how they are drawn."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from wandbwatch.plots import layout, palette
from wandbwatch.plots.canvas import Canvas, Pencil
from wandbwatch.plots.chart import ChartGeometry
from wandbwatch.plots.layout import PictureLayout
from wandbwatch.plots.numbers import Tick
from wandbwatch.plots.pen import Pen
from wandbwatch.plots.scale import Scale, ruler, value_ticks

_X_TICKS = 7
_Y_TICKS = 6

_BESIDE_TICK = 10
_BETWEEN_TICKS = 16
_TICK = 6
_GRID = Pencil(palette.GRID, 1.0)
_AXIS = Pencil(palette.MUTED, 1.5)


@dataclass(frozen=True)
class Frame:
    """The ticks at their places, the x axis' name, and the room that labels need."""

    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    x_name: str
    left: float


def frame(x: str, chart: ChartGeometry, pen: Pen) -> Frame:
    """Divide the axes of *chart*, whose plot calls its x axis *x*."""
    return ticked(x, chart.x, chart.y, pen, chart.single)


def ticked(
    name: str, x: Scale | None, y: Scale | None, pen: Pen, single: float | None = None
) -> Frame:
    """Divide the axes *x*, which is called *name*, and *y*.

    *single* is where all points stand on the x axis, if they do.
    """
    ruled = ruler(name)
    low, high = (x.low, x.high) if x else (0.0, 0.0)
    x_ticks: list[Tick] = []
    if single is not None:
        low = high = single
        x_ticks = [(0.5, ruled.single(low))]
    elif x:
        x_ticks = _placed(x, ruled.ticks(low, high, _X_TICKS))
    y_ticks = _placed(y, value_ticks(y, _Y_TICKS)) if y else []
    widest = max((pen.width(text) for _, text in y_ticks), default=0.0)
    left = layout.EDGE + widest + _BESIDE_TICK
    return Frame(tuple(x_ticks), tuple(y_ticks), ruled.name(low, high), left)


def draw_axes(canvas: Canvas, place: PictureLayout, frame: Frame, pen: Pen) -> None:
    across = np.array([place.left, place.right])
    for at, text in frame.y:
        (y,) = place.y(np.array([at]))
        canvas.line(across, np.array([y, y]), _GRID)
        x = place.left - _BESIDE_TICK - pen.width(text)
        pen.write(canvas, (x, y - layout.LINE / 3), text, palette.MUTED)
    canvas.line(across, np.full(2, place.bottom), _AXIS)
    for at, text in _apart(frame.x, place, pen):
        (x,) = place.x(np.array([at]))
        canvas.line(np.array([x, x]), place.bottom - np.array([0, _TICK]), _AXIS)
        start = _start(x, pen.width(text))
        pen.write(canvas, (start, place.ticks), text, palette.MUTED)


def _placed(scale: Scale, ticks: list[Tick]) -> list[Tick]:
    places = scale.place(np.array([value for value, _ in ticks], dtype=np.float64))
    texts = [text for _, text in ticks]
    return list(zip(places.tolist(), texts, strict=True))


def _apart(ticks: tuple[Tick, ...], place: PictureLayout, pen: Pen) -> list[Tick]:
    """Leave out every so many ticks, until no label runs into the next."""
    for every in range(1, len(ticks)):
        kept = list(ticks[::every])
        spans = [
            (start := _start(place.x(np.array([at]))[0], width), start + width)
            for at, text in kept
            for width in (pen.width(text),)
        ]
        if all(
            end + _BETWEEN_TICKS <= start
            for (_, end), (start, _) in itertools.pairwise(spans)
        ):
            return kept
    return list(ticks[:1])


def _start(x: float, width: float) -> float:
    """Return where a label centred on *x* begins; none leaves the picture."""
    return min(max(x - width / 2, 4.0), layout.WIDTH - 4 - width)
