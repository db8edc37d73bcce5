"""A report as embeds: its text in as few as hold it, each plot in its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from wandbwatch import formatting
from wandbwatch.model.media import Attachment
from wandbwatch.model.queued_message import MessageFile
from wandbwatch.model.report import Chart, Level, Plot, Report
from wandbwatch.plots.keeping import called
from wandbwatch.renderers.discord import escape, limits, pictures, values
from wandbwatch.renderers.discord.attachments import AttachmentView
from wandbwatch.renderers.discord.embed import Embed, Naming, Picture, clipped
from wandbwatch.renderers.discord.passages import Passage, pages
from wandbwatch.renderers.discord.sections import FilesSection, PictureSection, sections

Draw: TypeAlias = Callable[[Plot | Chart], MessageFile]
Show: TypeAlias = Callable[[Attachment], AttachmentView]

COLOURS = {Level.INFO: 0x4F8EF7, Level.GOOD: 0x23A55A, Level.BAD: 0xF23F42}
MARKS = {Level.INFO: "", Level.GOOD: "✓ ", Level.BAD: "✗ "}
_LONGEST_NAME = limits.TITLE - 40
"""A title of what is continued has its count behind it."""


def embeds(report: Report, draw: Draw, show: Show) -> Iterator[Embed]:
    """Yield the embeds of *report* in order, each within its own limits."""
    whose = _whose(report)
    parts = list(_parts(report, whose))
    count = sum(isinstance(part, str) for part in parts)
    page = 0
    for place, part in enumerate(parts or [""]):
        if isinstance(part, PictureSection):
            naming = Naming.NONE if place else Naming.SMALL
            yield _pictured(replace(whose, naming=naming), part, draw)
            continue
        if isinstance(part, FilesSection):
            naming = Naming.NONE if place else Naming.SMALL
            yield _shown(replace(whose, naming=naming), part, show)
            continue
        page += 1
        mark = f" (continued {page}/{count})" if page > 1 else ""
        naming = Naming.SMALL if place else Naming.TITLE
        yield replace(whose, name=whose.name + mark, naming=naming, description=part)


def _whose(report: Report) -> Embed:
    short = clipped(_title(report), _LONGEST_NAME)
    url = escape.address(report.url)
    return Embed(short, Naming.TITLE, COLOURS[report.level], url)


def _title(report: Report) -> str:
    return MARKS[report.level] + values.named(report.title)


def _parts(
    report: Report, whose: Embed
) -> Iterator[str | PictureSection | FilesSection]:
    for section in sections(report, tuple(_opening(report, whose))):
        if isinstance(section, PictureSection | FilesSection):
            yield section
        else:
            yield from pages(section, limits.DESCRIPTION)


def _opening(report: Report, whose: Embed) -> Iterator[Passage]:
    """Say what the title has no room for."""
    if whose.name != _title(report):
        yield Passage(tuple(escape.lines(formatting.clean(report.title))))
    if whose.url and not escape.for_embed(whose.url):
        yield Passage((escape.opening(whose.url),))


def _pictured(embed: Embed, drawn: PictureSection, draw: Draw) -> Embed:
    file = draw(drawn.block)
    title = escape.text(clipped(values.named(called(drawn.block)), limits.TITLE))
    embed = replace(embed, title=title, description=drawn.legend, footer=drawn.notes)
    if len(file.content) > limits.FILE_BYTES:
        said = "the picture is too large for Discord"
        notes = f"{drawn.notes} · {said}" if drawn.notes else said
        return replace(embed, footer=notes)
    return replace(embed, picture=Picture(file, pictures.alternative(drawn.block)))


def _shown(embed: Embed, attached: FilesSection, show: Show) -> Embed:
    told = show(attached.attachment)
    notes = " · ".join(filter(None, (told.notes, attached.notes)))
    return replace(
        embed,
        title=escape.text(
            clipped(values.named(attached.attachment.title), limits.TITLE)
        ),
        description=attached.legend,
        footer=notes,
        picture=told.picture,
        loose=told.loose,
    )
