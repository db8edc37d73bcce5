"""Charts in text: bars and heatmaps of blocks, points of dots, else a table."""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.formatting import charts as charted
from wandbwatch.model.drawing import Bars, Heatmap, HistogramColumn, Parallel, Scatter
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Chart, Panels, Table
from wandbwatch.plots.histogram import spread
from wandbwatch.renderers.terminal import tables
from wandbwatch.renderers.terminal.scales import scale
from wandbwatch.renderers.terminal.text import HEADING, QUIET, folded

_WIDEST = 100
_SHADES = " ░▒▓█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_ROWS, _EVERY = 12, 3
"""Rows of a heatmap, and how many of them have one label."""
_BINS = 16
_NAMED = 20
"""At most this many points are listed below their drawing."""


def shown(chart: Chart, screen: Screen) -> Iterator[RenderableType]:
    if chart.title:
        yield Text(folded(formatting.clean(chart.title), screen.width), HEADING)
    match chart.drawing:
        case Bars() as bars:
            yield _quiet(bars.amount, screen)
            yield _bars(bars.items, min(screen.width, _WIDEST))
        case Heatmap(columns=(only,)) as histogram:
            yield _quiet(charted.said(chart), screen)
            yield _bars(_binned(only), min(screen.width, _WIDEST))
            yield _quiet(histogram.y, screen)
        case Heatmap() as heatmap:
            yield _quiet(charted.said(chart), screen)
            yield Text("\n".join(_heatmap(heatmap, min(screen.width, _WIDEST))))
        case Scatter() as scatter:
            yield from _scatter(chart, scatter, screen)
        case Panels(plots):
            drawing = importlib.import_module("wandbwatch.renderers.terminal.drawing")
            for place, plot in enumerate(plots):
                yield from (Text(""),) * bool(place)
                yield from drawing.shown(plot, screen)
        case Parallel() if chart.file:
            pass  # its rows are a table already; the picture is what it adds
        case _:
            yield _quiet(charted.said(chart), screen)
            yield from tables.shown(_untitled(chart), screen)
    if chart.file:
        yield _quiet(chart.file, screen)


def _quiet(text: str, screen: Screen) -> Text:
    return Text(folded(formatting.clean(text), screen.width), QUIET)


def _untitled(chart: Chart) -> Table:
    found = charted.brief(chart)
    return Table("", found.columns, found.rows, found.links)


def _scatter(
    chart: Chart, scatter: Scatter, screen: Screen
) -> Iterator[RenderableType]:
    """Draw with the plotting library, which is slow to load."""
    yield _quiet(charted.said(chart), screen)
    drawing = importlib.import_module("wandbwatch.renderers.terminal.drawing")
    if art := drawing.dotted(scatter, screen.width, colour=screen.colour):
        yield Text.from_ansi(art, no_wrap=True) if screen.colour else Text(art)
    if len(scatter.points) <= _NAMED:
        yield from tables.shown(_untitled(chart), screen)


def _bars(items: Sequence[tuple[str, float]], width: int) -> Text:
    """Draw a bar for each item, relative to the largest."""
    if not items:
        return Text("  nothing to draw", QUIET)
    most = max((abs(v) for _, v in items if math.isfinite(v)), default=0.0)
    names = [formatting.clean(name) or formatting.NOTHING for name, _ in items]
    values = [formatting.number(value) for _, value in items]
    room = max(map(cell_len, values))
    column = min(max(map(cell_len, names)), width // 3)
    left = max(width - column - room - 3, 1)
    drawn = Text()
    for name, (_, amount), value in zip(names, items, values, strict=True):
        *before, last = folded(name, column).split("\n")
        for line in before:
            drawn.append(f"{line}\n")
        bar = _bar(abs(amount) / most if most and math.isfinite(amount) else 0.0, left)
        pad = " " * (column - cell_len(last))
        drawn.append(f"{last}{pad}  {bar} {value}\n")
    drawn.rstrip()
    return drawn


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    whole, part = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[part] if part else "")).strip()


def _binned(column: HistogramColumn) -> list[tuple[str, float]]:
    """Merge a histogram's bins until they fit a screen."""
    bounds = scale(charted.ends(column))
    if bounds is None:
        return []
    size = min(_BINS, max(len(column.counts), 1))
    places = _places(bounds.low, bounds.high, size)
    pairs = list(itertools.pairwise(places))
    named = (
        f"{formatting.number(low)} to {formatting.number(high)}" for low, high in pairs
    )
    amounts = spread(column, places)
    return list(zip(named, amounts, strict=True))


def _heatmap(heatmap: Heatmap, width: int) -> Iterator[str]:
    columns = sorted(
        (c for c in heatmap.columns if math.isfinite(c.x)), key=lambda c: c.x
    )
    bounds = scale(end for column in columns for end in charted.ends(column))
    if bounds is None:
        yield "nothing to draw"
        return
    places = _places(bounds.low, bounds.high, _ROWS)
    names = [formatting.number(place) for place in places[1:]]
    margin = max(map(len, names))
    room = max(min(width - margin - 1, len(columns) * 8), 1)
    chosen = _nearest([column.x for column in columns], room)
    cells = {i: _shades(spread(columns[i], places)) for i in set(chosen)}
    for row in reversed(range(_ROWS)):
        name = names[row] if row % _EVERY == _EVERY - 1 else ""
        yield f"{name:>{margin}} {''.join(cells[i][row] for i in chosen)}".rstrip()
    first, last = formatting.number(columns[0].x), formatting.number(columns[-1].x)
    gap = " " * max(room - len(first) - len(last), 1)
    over = formatting.clean(heatmap.x)
    yield f"{'':>{margin}} {first}{gap}{last}"
    yield from folded(f"{'':>{margin}} over {over}", width).split("\n")


def _shades(amounts: Sequence[float]) -> str:
    most = max(amounts)
    if not most > 0:
        return _SHADES[0] * len(amounts)
    steps = len(_SHADES) - 1
    return "".join(_SHADES[math.ceil(amount / most * steps)] for amount in amounts)


def _nearest(xs: Sequence[float], room: int) -> list[int]:
    """Return the index of the nearest x for each of *room* places."""
    low, high = xs[0], xs[-1]
    if low == high:
        return [0] * room
    found, at = [], 0
    for place in range(room):
        share = place / max(room - 1, 1)
        x = low * (1 - share) + high * share
        while at + 1 < len(xs) and abs(xs[at + 1] / 2 - x / 2) <= abs(
            xs[at] / 2 - x / 2
        ):
            at += 1
        found.append(at)
    return found


def _places(low: float, high: float, number: int) -> list[float]:
    shares = (i / number for i in range(number + 1))
    return [low * (1 - share) + high * share for share in shares]
