"""Parallel coordinates: a line a run, in the colour of its place on the last axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from wandbwatch.model.drawing import Parallel
from wandbwatch.plots import around, layout, numbers, palette
from wandbwatch.plots.canvas import Canvas, Marker, Pencil
from wandbwatch.plots.charts.ramp import colour
from wandbwatch.plots.pen import Pen
from wandbwatch.plots.scale import around as scale_around

Value: TypeAlias = float | str | None
Label: TypeAlias = tuple[float, str]

_TITLE, _HEIGHT, _FOOT = 66, 300, 66
_SIDE = 70
_LABELS = 8
"""How many words are written beside an axis of words; the rest has its place only."""
_AXIS = Pencil(palette.MUTED, 2.0)
_UNRANKED = "#6d6f78"


@dataclass(frozen=True)
class _Axis:
    """Where each row stands, 0 to 1 or None, and what is written beside the axis."""

    places: tuple[float | None, ...]
    labels: tuple[Label, ...]


def drawn(title: str, drawing: Parallel) -> Canvas:
    count = len(drawing.axes)
    columns = [
        [row[i] if i < len(row) else None for row in drawing.rows] for i in range(count)
    ]
    words = [v for column in columns for v in column if isinstance(v, str)]
    pen = Pen((title, *drawing.axes, *words[: _LABELS * 8]))
    height = _TITLE + _HEIGHT + _FOOT
    canvas = Canvas(layout.WIDTH, height, palette.BACKGROUND)
    around.write_title(canvas, height, title, pen)
    if not drawing.axes or not drawing.rows:
        around.write_nothing(canvas, _FOOT, pen)
        return canvas
    axes = [_axis(column) for column in columns]
    xs = np.linspace(_SIDE, layout.WIDTH - _SIDE, count).tolist()
    _draw_rows(canvas, axes, xs)
    room = (layout.WIDTH - 2 * _SIDE) / max(count - 1, 1) - 10
    for name, axis, x in zip(drawing.axes, axes, xs, strict=True):
        canvas.line(np.full(2, x), np.array([_FOOT, _FOOT + _HEIGHT]), _AXIS)
        _write_labels(canvas, axis, x, room, pen)
        _write_centred(canvas, (x, _FOOT - 50), name, min(room, 2 * _SIDE - 8), pen)
    return canvas


def _draw_rows(canvas: Canvas, axes: Sequence[_Axis], xs: Sequence[float]) -> None:
    """Draw the runs that have no place on the last axis first, the highest last."""
    last = axes[-1].places
    order = sorted(
        range(len(last)), key=lambda i: -1.0 if (p := last[i]) is None else p
    )
    for i in order:
        stops = [
            (x, p)
            for x, a in zip(xs, axes, strict=True)
            if (p := a.places[i]) is not None
        ]
        if not stops:
            continue
        rank = last[i]
        hue = _UNRANKED if rank is None else colour(rank)
        across = np.array([x for x, _ in stops])
        up = _FOOT + np.array([p for _, p in stops]) * _HEIGHT
        canvas.line(across, up, Pencil(hue, 2.4, alpha=0.85))
        canvas.marks(across, up, Marker("o", 4), hue)


def _axis(values: Sequence[Value]) -> _Axis:
    if any(isinstance(value, str) for value in values):
        return _of_words(values)
    found = [_number(value) for value in values]
    finite = [value for value in found if value is not None]
    if not finite:
        return _Axis((None,) * len(values), ())
    scale = scale_around(min(finite), max(finite))
    numbered = np.array([math.nan if v is None else v for v in found])
    at = scale.place(numbered).tolist()
    places = tuple(None if v is None else p for v, p in zip(found, at, strict=True))
    step = (max(finite) / 100 - min(finite) / 100) or abs(min(finite)) / 1000
    ends = {min(finite): None, max(finite): None}
    labels = [
        (float(scale.place(np.array([end]))[0]), numbers.label(end, step))
        for end in ends
    ]
    return _Axis(places, tuple(labels))


def _of_words(values: Sequence[Value]) -> _Axis:
    """Give each word a place of its own; numbers among them are words as well."""
    said = [_word(value) for value in values]
    kinds = sorted({word for word in said if word is not None})
    at = {word: (i + 0.5) / len(kinds) for i, word in enumerate(kinds)}
    places = tuple(None if word is None else at[word] for word in said)
    shown = kinds if len(kinds) <= _LABELS else [kinds[0], kinds[-1]]
    return _Axis(places, tuple((at[word], word) for word in shown))


def _word(value: Value) -> str | None:
    return value if value is None or isinstance(value, str) else f"{value:g}"


def _number(value: Value) -> float | None:
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    return float(value)


def _write_labels(canvas: Canvas, axis: _Axis, x: float, room: float, pen: Pen) -> None:
    """Write words beside an axis; where there are its two ends alone, beyond them."""
    ends = len(axis.labels) <= 2  # noqa: PLR2004
    for at, text in axis.labels:
        y = _FOOT + at * _HEIGHT
        if ends and at in (0.0, 1.0):
            beyond = y + 6 if at else y - layout.LINE - 2
            _write_centred(canvas, (x, beyond), text, room, pen)
        else:
            short = pen.shorten(text, room - 10, pen.small)
            left = min(x + 8, layout.WIDTH - 4 - pen.width(short))
            pen.write(canvas, (left, y - layout.LINE / 3), short, palette.TEXT)


def _write_centred(
    canvas: Canvas, at: tuple[float, float], text: str, room: float, pen: Pen
) -> None:
    short = pen.shorten(text, room, pen.small)
    left = at[0] - pen.width(short) / 2
    kept = min(max(left, 4.0), layout.WIDTH - 4 - pen.width(short))
    pen.write(canvas, (kept, at[1]), short, palette.TEXT)
