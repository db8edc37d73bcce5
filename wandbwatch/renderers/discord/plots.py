"""What is said beside the picture of a plot."""

from __future__ import annotations

from collections.abc import Iterator

from wandbwatch import words
from wandbwatch.model.report import Line, Plot
from wandbwatch.renderers.discord import cells, escape, limits
from wandbwatch.renderers.discord.passages import Passage

_LONGEST = 500


def legend(plot: Plot) -> Passage:
    """Tell the last value of each line, and the key where a title is too short."""
    told = [text for line in plot.lines for text in _line(line)]
    key = cells.named(plot.key)
    full = escape.lines(key) if len(escape.text(key)) > limits.TITLE else ()
    return Passage((*full, *told) or ("no run has values of it",))


def alternative(plot: Plot) -> str:
    """Describe the picture to those who can't see it."""
    names = ", ".join(cells.named(line.name) for line in plot.lines)
    text = f"{cells.named(plot.key)} over {cells.named(plot.x)}: {names}"
    return text if len(text) <= limits.ALT_TEXT else f"{text[: limits.ALT_TEXT - 1]}…"


def _line(line: Line) -> Iterator[str]:
    value = words.number(line.series.y[-1]) if len(line.series.y) else words.NOTHING
    whose = f"{cells.named(line.name)} ({cells.named(line.run)})"
    if line.name == line.run:
        whose = cells.named(line.name)
    shown = escape.text(whose)
    if len(shown) > _LONGEST:
        yield from escape.lines(whose)
        yield f"**{escape.text(value)}**"
    else:
        yield f"{shown} **{escape.text(value)}**"
