"""Plots and charts as picture files, with their legends and alt texts."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Mapping

from wandbwatch import formatting
from wandbwatch.formatting import charts as charted
from wandbwatch.formatting.filenames import Names
from wandbwatch.formatting.text import brief_names, cut_end, shared_part
from wandbwatch.model.delivery import MessageFile
from wandbwatch.model.drawing import Heatmap
from wandbwatch.model.report import Chart, Line, Mark, Panels, Plot
from wandbwatch.plots import called, file_name
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord.passages import Passage


class Recent:
    """Draws with *png*, and keeps the last pictures: lists often post the same plot."""

    def __init__(self, png: Callable[[Plot | Chart], bytes]) -> None:
        self._png = png
        self._drawn: dict[bytes, bytes] = {}

    def __call__(self, drawn: Plot | Chart) -> bytes:
        from hashlib import sha256  # noqa: PLC0415 -- it loads OpenSSL

        key = sha256(pickle.dumps(drawn)).digest()
        if key not in self._drawn:
            while len(self._drawn) >= _KEPT:
                self._drawn.pop(next(iter(self._drawn)))
            self._drawn[key] = self._png(drawn)
        return self._drawn[key]


class Pictures:
    """Draws with *png*; every file gets a unique name that Discord leaves unchanged."""

    def __init__(self, png: Callable[[Plot | Chart], bytes]) -> None:
        self._png = png
        self._names = Names()

    def take(self, name: str, content: bytes) -> MessageFile:
        """Return a file named *name*, or like it if that is taken."""
        return MessageFile(self._names.take(name), content)

    def draw(self, drawn: Plot | Chart) -> MessageFile:
        return self.take(file_name(drawn), self._png(drawn))


_KEPT = 32
"""Pictures at most, of some 50 KB each."""
_CLOCK = re.compile(r"\d:\d\d")
"""A time of day: a mark whose name has one says already where it is."""
_LONGEST = 500
_LISTED = 4
"""Of more lines the picture itself has a list, ranked and in their colours."""


def legend(block: Plot | Chart, run: str = "", *, first: bool = True) -> Passage:
    """List the last value of each line, and a key too long for a title.

    The only line of the *run* that the message is about needs no name; the *first*
    picture of a message says what names share.
    """
    key = markdown.named(called(block))
    full = markdown.lines(key) if len(markdown.text(key)) > limits.TITLE else ()
    if isinstance(block, Chart):
        return Passage((*full, *markdown.lines(markdown.named(charted.said(block)))))
    listed = charted.ranked(block) if len(block.lines) <= _LISTED else []
    labels = [markdown.named(one.label) for one in listed]
    names = brief_names(labels, limits.PHONE_CUT)
    whose = [(one.run, one.called) for one in listed]
    if run and whose == [(run, "")] and not block.shape:
        lines = [_value(listed[0], block)]
    else:
        lines = [text for one in listed for text in _line(one, block, names)]
    if first and (shared := shared_part(labels)):
        lines += markdown.lines(f"full names: {shared}", start=markdown.SMALL)
    lines += [text for mark in block.marks for text in _mark(mark, block)]
    if not block.lines:
        lines.append("no run has values for it")
    return Passage((*full, *lines))


def alternative(block: Plot | Chart) -> str:
    """Return the alt text of the picture."""
    return cut_end(markdown.named(_described(block)), limits.ALT_TEXT)


def _described(block: Plot | Chart) -> str:
    if isinstance(block, Plot):
        axis = "time" if block.x == "wall" else block.x
        named = f"{markdown.named(block.key)} over {markdown.named(axis)}"
        return f"{named}: {charted.told(block)}"
    match block.drawing:
        case Panels(plots):
            return "; ".join(map(_described, plots))
        case Heatmap(columns=(_,)):
            kind = "histogram"
        case drawing:
            kind = charted.kind(drawing)
    return f"{markdown.named(block.title)}, drawn as {kind}: {charted.said(block)}"


def _line(line: Line, plot: Plot, names: Mapping[str, str]) -> Iterator[str]:
    """Name a line and its value: a name that is cut, and one of its own, has no id."""
    name = names[markdown.named(line.label)]
    alone = len({one.run for one in plot.lines if one.label == line.label}) == 1
    cut = alone and name != markdown.named(line.label)
    whose = f"{name} ({markdown.named(line.id)})" if line.id and not cut else name
    value = _value(line, plot)
    shown = markdown.text(whose)
    if len(shown) > _LONGEST:
        yield from markdown.lines(whose)
        yield value
    else:
        yield f"{shown} {value}".rstrip()


def _value(line: Line, plot: Plot) -> str:
    """Write the last value; of a group, the last that is of all its runs."""
    if plot.shape:
        return ""
    if line.end is None:
        return f"**{markdown.text(formatting.NOTHING)}**"
    value = f"**{markdown.text(formatting.number(line.end[1]))}**"
    if line.partial is None:
        return value
    where = formatting.along(plot.x, line.end[0])
    return f"{value} of all {line.partial.of} at {markdown.text(where)}"


def _mark(mark: Mark, plot: Plot) -> Iterator[str]:
    if plot.x == "wall" and mark.upright and _CLOCK.search(mark.name):
        yield from markdown.lines(markdown.named(mark.name), start=markdown.SMALL)
        return
    named = f"{markdown.named(mark.name)}: " if mark.name else ""
    where = formatting.along(plot.x if mark.upright else plot.key, mark.at)
    if named and not mark.upright:  # the title has the key
        where = formatting.number(mark.at)
    text = f"{named}{markdown.named(where)}"
    yield from markdown.lines(text, start=markdown.SMALL)
