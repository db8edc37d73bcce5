"""Reports for a terminal: aligned, coloured if wanted, never cut."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Styled

from wandbwatch import formatting
from wandbwatch.model.cell import Level
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import Block, Chart, Fields, Note, Plot, Report, Table
from wandbwatch.model.report import Text as Passage
from wandbwatch.renderers.terminal import tables
from wandbwatch.renderers.terminal.text import HEADING, PLAIN, QUIET, folded, linked

_INDENT = 2
_NARROWEST, _BESIDE, _MOST = 58, 2, 4
"""The least width of a plot beside another one, the gap, and the most in a row."""
_TITLES = {
    Level.INFO: "bold",
    Level.GOOD: "bold green",
    Level.WARN: "bold yellow",
    Level.BAD: "bold red",
}


def render(reports: Iterable[Report], screen: Screen) -> Iterator[str]:
    """Yield each block as soon as it comes, an empty line before all but the first."""
    console = _console(screen)
    gap = ""
    for report in reports:
        gap = gap if report.title else ""  # it continues the previous report
        title = [_title(report, screen)] if report.title else []
        for part in (*title, *_rows(report.read, screen)):
            text = _pictured(part, console, screen)
            text = text or _painted(console, _shown(part, screen))
            if text:
                yield gap + text
                gap = "\n"


def _pictured(part: Styled | Block | _Row, console: Console, screen: Screen) -> str:
    """Show a picture in place of its drawing in text; "" where that can't be done."""
    shows = isinstance(part, Plot | Chart | Table | Attachment)
    if not shows or not screen.picture:
        return ""
    if isinstance(part, Plot | Chart | Table) and part.file:
        art = screen.picture(part.file, screen.width)
        return f"{art}\n{_painted(console, [_quiet(part.file)])}" if art else ""
    if isinstance(part, Attachment):
        files = [piece.file for piece in part.pieces if piece.file]
        arts = [art for file in files if (art := screen.picture(file, screen.width))]
        told = _painted(console, _attached(part, screen))
        return "\n".join([told, *arts]) if arts else ""
    return ""


def _quiet(text: str) -> Styled:
    return Styled(formatting.clean(text), QUIET)


@dataclass(frozen=True)
class _Row:
    """Plots side by side, each in one of so many columns of the screen."""

    plots: tuple[Plot, ...]
    columns: int


def _rows(blocks: Iterable[Block], screen: Screen) -> Iterator[Block | _Row]:
    """Put plots that follow each other side by side, as many as fit."""
    fit = min(max((screen.width + _BESIDE) // (_NARROWEST + _BESIDE), 1), _MOST)
    for plots, group in groupby(blocks, lambda block: isinstance(block, Plot)):
        parts = list(group)
        if not plots or fit == 1 or len(parts) == 1 or screen.picture:
            yield from parts
            continue
        found = tuple(part for part in parts if isinstance(part, Plot))
        columns = min(fit, len(found))
        for first in range(0, len(found), columns):
            yield _Row(found[first : first + columns], columns)


def _beside(row: _Row, screen: Screen) -> Iterator[RenderableType]:
    width = (screen.width - (row.columns - 1) * _BESIDE) // row.columns
    grid = Grid.grid(padding=(0, _BESIDE, 0, 0), pad_edge=False)
    for _ in row.plots:
        grid.add_column(width=width)
    narrow = screen._replace(width=width)
    grid.add_row(*(Group(*_drawn(plot, narrow)) for plot in row.plots))
    yield grid


def _console(screen: Screen) -> Console:
    """Make a console that ignores the real terminal and the environment."""
    return Console(
        file=io.StringIO(),
        width=screen.width,
        color_system="256" if screen.colour else None,
        force_terminal=screen.colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


def _painted(console: Console, shown: Iterable[RenderableType]) -> str:
    with console.capture() as captured:
        for renderable in shown:
            console.print(renderable)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _title(report: Report, screen: Screen) -> Styled:
    title = folded(formatting.clean(report.title), screen.width)
    heading = Styled(title, _TITLES[report.level])
    if report.url:
        url = formatting.clean(report.url)
        heading.append(f"\n{folded(url, screen.width)}", QUIET + linked(url))
    return heading


def _shown(  # noqa: PLR0911 - one for each kind
    part: Styled | Block | _Row, screen: Screen
) -> Iterable[RenderableType]:
    match part:
        case Styled():
            return (part,)
        case _Row():
            return _beside(part, screen)
        case Fields():
            return tables.fields(part, screen)
        case Table():
            kept = (_quiet(folded(part.file, screen.width)),) if part.file else ()
            return (*tables.shown(part, screen), *kept)
        case Plot() | Chart():
            return _drawn(part, screen)
        case Note():
            return (Styled(folded(formatting.clean(part.text), screen.width), QUIET),)
        case Attachment():
            return _attached(part, screen)
        case Passage():
            return _passage(part, screen)


def _drawn(drawn: Plot | Chart, screen: Screen) -> Iterable[RenderableType]:
    """Draw it; load what draws, and its slow library, only here."""
    name = "charts" if isinstance(drawn, Chart) else "drawing"
    drawing = importlib.import_module(f"wandbwatch.renderers.terminal.{name}")
    art: Iterable[RenderableType] = drawing.shown(drawn, screen)
    return art


def _passage(passage: Passage, screen: Screen) -> Iterator[RenderableType]:
    if passage.title:
        yield Styled(folded(formatting.clean(passage.title), screen.width), HEADING)
    lines = formatting.clean(passage.text, lines=True).split("\n")
    text = "\n".join(folded(line, screen.width - _INDENT) for line in lines)
    yield Padding(Styled(text), (0, 0, 0, _INDENT))


def _attached(attachment: Attachment, screen: Screen) -> Iterator[RenderableType]:
    about = " · ".join(part for part in (attachment.kind, attachment.about) if part)
    yield Styled(folded(formatting.clean(attachment.title), screen.width), HEADING)
    yield Styled(folded(formatting.clean(about), screen.width), QUIET)
    for piece in attachment.pieces:
        text = folded(_piece(piece), screen.width - _INDENT)
        style = PLAIN if piece.file or not piece.url else linked(piece.url)
        yield Padding(Styled(text, style), (0, 0, 0, _INDENT))


def _piece(piece: Piece) -> str:
    size = "" if piece.size is None else formatting.size(piece.size)
    where = piece.file or piece.trouble or piece.url or piece.path
    parts = (formatting.clean(piece.caption), size, formatting.clean(where))
    return " · ".join(part for part in parts if part)


plugin: Renderer = render
