"""Plots drawn in letters: the only home of plotext."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import Any, TypeAlias

import plotext
from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from wandbwatch import words
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Line, Plot
from wandbwatch.renderers.terminal import scales
from wandbwatch.renderers.terminal.curves import (
    ABOVE,
    BELOW,
    NOT_A_NUMBER,
    Curve,
    count,
    curve,
    ends,
)
from wandbwatch.renderers.terminal.scales import Scale
from wandbwatch.renderers.terminal.styles import PLAIN, QUIET
from wandbwatch.renderers.terminal.wrapping import folded
from wandbwatch.smoothing import smoothed

_COLOURS = (75, 208, 78, 204, 141, 220, 80, 167, 106, 248)
"""Of the 256: ten that are told apart on dark and on light ground."""
_WIDEST, _LOWEST, _HIGHEST = 120, 10, 22
_X_TICK, _Y_TICK = 16, 3
"""Cells that an x tick takes, and rows that a y tick does."""
_FINE = "braille"
"""plotext's finest marker: eight dots a cell."""
_POINT = "•"
_DOTS = 2
"""Dots of a cell beside each other."""
_AXES = {"runtime": "runtime", "wall": "time (UTC)"}


Named: TypeAlias = tuple[Callable[[float], str], Sequence[float]]


@dataclass(frozen=True)
class Pen:
    """What tells one run's line from the others: a colour, a letter, or both."""

    letter: str = ""
    colour: int | None = None

    @property
    def style(self) -> Style:
        return PLAIN if self.colour is None else Style(color=f"color({self.colour})")

    def marker(self, sign: str) -> Any:
        return plotext.marker(sign, plotext.pixel(self.colour))


def shown(plot: Plot, screen: Screen) -> Iterator[RenderableType]:
    yield _caption(plot, screen.width)
    pens = _pens(len(plot.lines), colour=screen.colour)
    if art := _art(plot, pens, screen.width):
        yield Text.from_ansi(art, no_wrap=True) if screen.colour else Text(art)
    else:
        yield Text("  nothing to draw: no value is finite", QUIET)
    for line, pen in zip(plot.lines, pens, strict=True):
        yield _legend(line, pen, screen.width, log=plot.log_y)
    if plot.file:
        yield Text(folded(words.clean(plot.file), screen.width), QUIET)


def _pens(number: int, *, colour: bool) -> list[Pen]:
    """Colours are enough for as many lines as there are; letters help beyond."""
    lettered = number > (len(_COLOURS) if colour else 1)
    return [
        Pen(
            ascii_letters[index % len(ascii_letters)] if lettered else "",
            _COLOURS[index % len(_COLOURS)] if colour else None,
        )
        for index in range(number)
    ]


def _caption(plot: Plot, width: int) -> Text:
    axis = _AXES.get(plot.x) or words.clean(plot.x)
    said = [f"over {axis}"]
    if plot.smooth:
        said.append(f"smoothed {words.number(plot.smooth)}")
    if plot.log_y:
        said.append("log scale")
    key = words.clean(plot.key)
    text = Text(folded(f"{key}  {' · '.join(said)}", width), QUIET)
    text.stylize(Style(bold=True, dim=False), 0, len(key))
    return text


def _art(plot: Plot, pens: Sequence[Pen], width: int) -> str:
    """Draw; nothing where there is nothing to draw."""
    raw = [line.series for line in plot.lines]
    drawn = smoothed(raw, plot.smooth) if plot.smooth else raw
    ats, values = ends(drawn)
    x, y = scales.scale(ats), scales.scale(values, log=plot.log_y)
    if x is None or y is None:
        return ""
    width = min(width, _WIDEST)
    height = min(max(width // 5, _LOWEST), _HIGHEST)
    figure = _figure(width, height)
    for one, average, pen in zip(raw, drawn, pens, strict=True):
        _draw(figure, curve(one, average, x, y, width * _DOTS), pen)
    _rule(figure, 0, x, _named(plot.x, x), width // _X_TICK)
    _rule(figure, 1, y, (words.number, ()), height // _Y_TICK)
    art: str = figure.build().string(pens[0].colour is None)
    return art.rstrip("\n")


def _figure(width: int, height: int) -> Any:
    """Make a figure of its own, on a terminal of its own, of any size."""
    terminal = type(plotext.terminal)()
    terminal.limit(width=False, height=False)
    figure = type(plotext.figure)(terminal)
    figure.plot_size(width, height)
    figure.theme("colorless")
    figure.canvas("default")
    figure.legend(active=False)
    for axis in (0, 1):
        figure.axes(active=False, axis=axis, side=1)
    return figure


def _draw(figure: Any, drawn: Curve, pen: Pen) -> None:
    for stroke in drawn.strokes:
        lone = pen.letter or _POINT
        marker = pen.marker(lone if len(stroke) == 1 else pen.letter or _FINE)
        xs, ys = zip(*stroke, strict=True)
        figure.draw(figure.signal(xs, ys, marker=marker).lines())
    for sign, (at, edge) in drawn.marks:
        figure.draw(figure.signal([at], [edge], marker=pen.marker(sign)))


def _rule(figure: Any, axis: int, scale: Scale, named: Named, number: int) -> None:
    name, steps = named
    marks = scale.marks(number, steps)
    places = [scale.place(mark) for mark in marks]
    figure.ruler(axis, 0).lim(0, 1).ticks(places, list(map(name, marks)))


def _named(axis: str, x: Scale) -> Named:
    """Return how the places on an x axis are named, and its own round steps."""
    if axis == "runtime":
        return scales.span, scales.CLOCK
    if axis == "wall":
        return scales.clock(x.low, x.high), scales.CLOCK
    return words.number, ()


def _legend(line: Line, pen: Pen, width: int, *, log: bool) -> Text:
    """Say whose line it is, where it ends, and what could not be drawn of it."""
    sign = pen.letter or "━━"
    name, run = words.clean(line.name), words.clean(line.run)
    who = f"{name} ({run})" if name and run else name or run
    said = [who, *_remarks(line, log=log)]
    text = folded("  ".join(part for part in said if part), width - len(sign) - 1)
    first, *rest = text.split("\n")
    legend = Text.assemble((sign, pen.style), f" {first}")
    for more in rest:
        legend.append(f"\n{' ' * len(sign)} {more}")
    return legend


def _remarks(line: Line, *, log: bool) -> Iterator[str]:
    last = next((y for y in reversed(line.series.y) if math.isfinite(y)), None)
    if last is not None:
        yield words.number(last)
    below = "not above 0" if log else "-inf"
    for sign, what in ((NOT_A_NUMBER, "NaN"), (ABOVE, "inf"), (BELOW, below)):
        if number := count(line.series, sign, log=log):
            yield f"{sign} {number} {what}"
