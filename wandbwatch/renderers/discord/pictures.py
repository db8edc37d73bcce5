"""Plots and charts as picture files, with their legends and alt texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wandbwatch import formatting
from wandbwatch.model.queued_message import MessageFile
from wandbwatch.model.report import Chart, Line, Mark, Plot
from wandbwatch.plots import text as charted
from wandbwatch.plots.keeping import called, file_name
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord.passages import Passage


class Pictures:
    """Draws with *png*; every file gets a unique name that Discord leaves unchanged."""

    def __init__(self, png: Callable[[Plot | Chart], bytes]) -> None:
        self._png = png
        self._taken: set[str] = set()

    def take(self, name: str, content: bytes) -> MessageFile:
        """Return a file named *name*, or like it if that is taken."""
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
    """List the last value of each line, and a key too long for a title."""
    key = markdown.named(called(block))
    full = markdown.lines(key) if len(markdown.text(key)) > limits.TITLE else ()
    if isinstance(block, Chart):
        return Passage((*full, *markdown.lines(markdown.named(charted.said(block)))))
    lines = [text for line in block.lines for text in _line(line)]
    lines += [text for mark in block.marks for text in _mark(mark, block)]
    return Passage((*full, *lines) or ("no run has values for it",))


def alternative(block: Plot | Chart) -> str:
    """Return the alt text of the picture."""
    if isinstance(block, Chart):
        title, said = markdown.named(block.title), markdown.named(charted.said(block))
        text = f"{title}, drawn as {charted.kind(block.drawing)}: {said}"
    else:
        names = ", ".join(markdown.named(line.name) for line in block.lines)
        text = f"{markdown.named(block.key)} over {markdown.named(block.x)}: {names}"
    return text if len(text) <= limits.ALT_TEXT else f"{text[: limits.ALT_TEXT - 1]}…"


def _line(line: Line) -> Iterator[str]:
    value = (
        formatting.number(line.series.y[-1])
        if len(line.series.y)
        else formatting.NOTHING
    )
    whose = f"{markdown.named(line.name)} ({markdown.named(line.run)})"
    if line.name == line.run or not line.run:
        whose = markdown.named(line.name)
    shown = markdown.text(whose)
    if len(shown) > _LONGEST:
        yield from markdown.lines(whose)
        yield f"**{markdown.text(value)}**"
    else:
        yield f"{shown} **{markdown.text(value)}**"


def _mark(mark: Mark, plot: Plot) -> Iterator[str]:
    axis = plot.x if mark.upright else plot.key
    named = f"{markdown.named(mark.name)}: " if mark.name else ""
    text = f"{named}{markdown.named(axis)} {formatting.number(mark.at)}"
    yield from markdown.lines(text, start=markdown.SMALL)
