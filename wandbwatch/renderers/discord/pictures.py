"""Plots and charts drawn into files, each with a name that Discord leaves as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wandbwatch import formatting
from wandbwatch.model.queued_message import MessageFile
from wandbwatch.model.report import Chart, Line, Mark, Plot
from wandbwatch.plots import text as charted
from wandbwatch.plots.keeping import called, file_name
from wandbwatch.renderers.discord import escape, limits, values
from wandbwatch.renderers.discord.passages import Passage


class Pictures:
    """Draws with *png*; no two of its files have one name."""

    def __init__(self, png: Callable[[Plot | Chart], bytes]) -> None:
        self._png = png
        self._taken: set[str] = set()

    def take(self, name: str, content: bytes) -> MessageFile:
        """Give a file of ours its name, or one like it that is free."""
        stem, dot, end = name.rpartition(".")
        free, count = name, 1
        while free in self._taken:
            count += 1
            free = f"{stem}_{count}{dot}{end}"
        self._taken.add(free)
        return MessageFile(free, content)

    def draw(self, drawn: Plot | Chart) -> MessageFile:
        name = file_name(called(drawn), self._taken)
        self._taken.add(name)
        return MessageFile(name, self._png(drawn))


_LONGEST = 500


def legend(block: Plot | Chart) -> Passage:
    """Tell the last value of each line, and the name where a title is too short."""
    key = values.named(called(block))
    full = escape.lines(key) if len(escape.text(key)) > limits.TITLE else ()
    if isinstance(block, Chart):
        return Passage((*full, *escape.lines(values.named(charted.said(block)))))
    told = [text for line in block.lines for text in _line(line)]
    told += [text for mark in block.marks for text in _mark(mark, block)]
    return Passage((*full, *told) or ("no run has values for it",))


def alternative(block: Plot | Chart) -> str:
    """Describe the picture to those who can't see it."""
    if isinstance(block, Chart):
        title, said = values.named(block.title), values.named(charted.said(block))
        text = f"{title}, drawn as {charted.kind(block.drawing)}: {said}"
    else:
        names = ", ".join(values.named(line.name) for line in block.lines)
        text = f"{values.named(block.key)} over {values.named(block.x)}: {names}"
    return text if len(text) <= limits.ALT_TEXT else f"{text[: limits.ALT_TEXT - 1]}…"


def _line(line: Line) -> Iterator[str]:
    value = (
        formatting.number(line.series.y[-1])
        if len(line.series.y)
        else formatting.NOTHING
    )
    whose = f"{values.named(line.name)} ({values.named(line.run)})"
    if line.name == line.run or not line.run:
        whose = values.named(line.name)
    shown = escape.text(whose)
    if len(shown) > _LONGEST:
        yield from escape.lines(whose)
        yield f"**{escape.text(value)}**"
    else:
        yield f"{shown} **{escape.text(value)}**"


def _mark(mark: Mark, plot: Plot) -> Iterator[str]:
    axis = plot.x if mark.upright else plot.key
    named = f"{values.named(mark.name)}: " if mark.name else ""
    told = f"{named}{values.named(axis)} {formatting.number(mark.at)}"
    yield from escape.lines(told, start=values.SMALL)
