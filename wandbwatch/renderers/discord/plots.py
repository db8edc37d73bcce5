"""What is said beside the picture of a plot or a chart."""

from __future__ import annotations

from collections.abc import Iterator

from wandbwatch import formatting as words
from wandbwatch.model.report import Chart, Line, Mark, Plot
from wandbwatch.plots import text as charted
from wandbwatch.plots.keeping import called
from wandbwatch.renderers.discord import cells, escape, limits
from wandbwatch.renderers.discord.passages import Passage

_LONGEST = 500


def legend(block: Plot | Chart) -> Passage:
    """Tell the last value of each line, and the name where a title is too short."""
    key = cells.named(called(block))
    full = escape.lines(key) if len(escape.text(key)) > limits.TITLE else ()
    if isinstance(block, Chart):
        return Passage((*full, *escape.lines(cells.named(charted.said(block)))))
    told = [text for line in block.lines for text in _line(line)]
    told += [text for mark in block.marks for text in _mark(mark, block)]
    return Passage((*full, *told) or ("no run has values of it",))


def alternative(block: Plot | Chart) -> str:
    """Describe the picture to those who can't see it."""
    if isinstance(block, Chart):
        title, said = cells.named(block.title), cells.named(charted.said(block))
        text = f"{title}, drawn as {charted.kind(block.drawing)}: {said}"
    else:
        names = ", ".join(cells.named(line.name) for line in block.lines)
        text = f"{cells.named(block.key)} over {cells.named(block.x)}: {names}"
    return text if len(text) <= limits.ALT_TEXT else f"{text[: limits.ALT_TEXT - 1]}…"


def _line(line: Line) -> Iterator[str]:
    value = words.number(line.series.y[-1]) if len(line.series.y) else words.NOTHING
    whose = f"{cells.named(line.name)} ({cells.named(line.run)})"
    if line.name == line.run or not line.run:
        whose = cells.named(line.name)
    shown = escape.text(whose)
    if len(shown) > _LONGEST:
        yield from escape.lines(whose)
        yield f"**{escape.text(value)}**"
    else:
        yield f"{shown} **{escape.text(value)}**"


def _mark(mark: Mark, plot: Plot) -> Iterator[str]:
    axis = plot.x if mark.upright else plot.key
    named = f"{cells.named(mark.name)}: " if mark.name else ""
    told = f"{named}{cells.named(axis)} {words.number(mark.at)}"
    yield from escape.lines(told, start=cells.SMALL)
