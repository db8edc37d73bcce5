"""Reports as the messages of one Discord webhook, within all of Discord's limits.

Text goes into as few embeds as hold it; each plot and each file gets its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from operator import is_
from typing import Any, TypeAlias, TypeVar, cast

from wandbwatch import formatting, plots
from wandbwatch.config.redaction import redact
from wandbwatch.formatting.text import headline_names, without_hints
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageFile
from wandbwatch.model.media import Attachment
from wandbwatch.model.report import (
    Block,
    Chart,
    Fields,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.plots import called
from wandbwatch.renderers.discord import (
    attachments,
    grids,
    limits,
    markdown,
    passages,
    pictures,
    tables,
)
from wandbwatch.renderers.discord import embed as packing
from wandbwatch.renderers.discord.attachments import (
    AttachmentBudget,
    AttachmentView,
    Thumbnails,
)
from wandbwatch.renderers.discord.caps import capped
from wandbwatch.renderers.discord.embed import Embed, Naming, Picture, clipped
from wandbwatch.renderers.discord.marking import duplicate, mention, plain
from wandbwatch.renderers.discord.passages import Passage, pages
from wandbwatch.renderers.discord.pictures import Pictures, Recent

__all__ = ["duplicate", "mention", "plain", "render"]

_UNTITLED = Recent(partial(plots.png, titled=False))
"""An embed has the title."""
STUDIO = Thumbnails(plots.gallery, plots.still, plots.seen)


def render(
    reports: Iterable[Report],
    png: Callable[[Plot | Chart], bytes] = _UNTITLED,
    studio: Thumbnails | None = None,
) -> tuple[Message, ...]:
    """Return the messages of *reports*, in order and complete.

    *png* draws a plot or a chart, *studio* a preview of several files. A body is the
    JSON of one post without ``username``, ``avatar_url``, ``flags`` and thread, which
    are the channel's; ``attachments`` has an entry for each file, whose ``id`` is its
    index. No body mentions anybody.
    """
    reports = tuple(reports)
    drawer = Pictures(png)
    budget = AttachmentBudget(studio or STUDIO, drawer.take)
    found = (
        embed
        for one in map(_for_people, reports)
        for embed in _with_values(one, drawer, budget.exhibit)
    )
    edited = [report.edited for report in reports if report.edited]
    when = max(edited).isoformat() if edited else ""
    return tuple(packing.messages(found, when))


def _for_people(report: Report) -> Report:
    """Leave out the hints that only somebody at a terminal can follow, and secrets."""
    report = _without_secrets(report)
    blocks: tuple[Block, ...] = tuple(_read(block) for block in report.read)
    headline = report.headline or (report.title if report.event else "")
    if report.kind == "failure":
        headline = without_hints(headline)
        if len(headline) > limits.HEADLINE:  # the note says all
            headline = f"{re.split('[,;] ', headline)[0]} …"
    if len(headline) <= limits.HEADLINE:
        title = headline or report.title
        blocks = tuple(b for b in _unsaid(blocks, title) if not _repeats(b, title))
    return replace(report, blocks=blocks, headline=headline)


_T = TypeVar("_T")


def _without_secrets(value: _T) -> _T:
    """Return a report, or a part of one, without the secrets that a training printed:
    before a text is cut, or names a file."""
    found: Any = value
    if type(found) is str:
        found = redact(found)
    elif type(found) is tuple:
        parts = tuple(map(_without_secrets, found))
        found = found if all(map(is_, parts, found)) else parts
    elif is_dataclass(found) and not isinstance(found, type):
        old = {one.name: getattr(found, one.name) for one in fields(found) if one.init}
        new = {name: _without_secrets(part) for name, part in old.items()}
        changed = {name: part for name, part in new.items() if part is not old[name]}
        found = replace(found, **changed) if changed else found
    return cast("_T", found)


def _read(block: Block) -> Block:
    if isinstance(block, Note):
        return Note(_NAMED.sub(_called, without_hints(block.text)))
    return block


_NAMED = re.compile(r"(?<!\S)[^\s/`'\"]{41,}(?= \(\w+\))")
"""A long name of a run, with its id behind it."""


def _called(found: re.Match[str]) -> str:
    return headline_names([found[0]])[found[0]]


def _unsaid(blocks: Iterable[Block], headline: str) -> Iterator[Block]:
    """Leave out the parts of notes that the *headline* above them says already."""
    for block in blocks:
        if not isinstance(block, Note):
            yield block
        elif left := [part for part in block.text.split("; ") if part not in headline]:
            yield Note("; ".join(left))


def _repeats(block: Block, headline: str) -> bool:
    """Whether *block* says only what the headline above it says already."""
    if isinstance(block, Note):
        said = block.text.removeprefix("previous best: ")
        return f", was {said}" in headline
    if isinstance(block, Fields):
        pairs = [(name, formatting.cell(cell)) for name, cell in block.items]
        ways = [rf"{re.escape(f'{k} {v}')}|{re.escape(f'{v} {k}')}" for k, v in pairs]
        return bool(ways) and all(
            re.search(rf"(?<![\w.])({w})(?![\w.])", headline) for w in ways
        )
    if isinstance(block, Table) and len(block.columns) == len(("setting", "is", "was")):
        rows = (map(formatting.cell, row) for row in block.rows)
        named = [f"{key} {here} (was {there})" for key, here, there in rows]
        return bool(named) and all(one in headline for one in named)
    text = block.text.strip() if isinstance(block, Text) else ""
    return bool(text) and f": {text}" in headline


def _with_values(report: Report, drawer: Pictures, show: Show) -> Iterator[Embed]:
    """Yield the embeds of *report*; the values that are too many go with the last."""
    shown, values = capped(report)
    *found, last = embeds(shown, drawer.draw, show)
    if values:
        name = f"{markdown.named(report.kind)}.csv"
        file = drawer.take(name, f"{values}\n".encode())
        last = replace(last, loose=(*last.loose, Picture(file, "all values as CSV")))
    yield from (*found, last)


Draw: TypeAlias = Callable[[Plot | Chart], MessageFile]
Show: TypeAlias = Callable[[Attachment], AttachmentView]

COLOURS = {
    Level.INFO: 0x4F8EF7,
    Level.GOOD: 0x23A55A,
    Level.WARN: 0xF0B232,
    Level.BAD: 0xF23F42,
}
MARKS = {Level.INFO: "", Level.GOOD: "✓ ", Level.WARN: "⚠ ", Level.BAD: "✗ "}
_LONGEST_NAME = limits.TITLE - 40
"""A continued title ends with its page number."""


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
        named = replace(whose, name=whose.name + mark, naming=naming, description=part)
        yield named if place else _with_headline(named, report)


_PATH = re.compile(r" \((\S+/\S+)\)$")


def _with_headline(embed: Embed, report: Report) -> Embed:
    """Add what a notification shows, and the full title below the card."""
    if not report.headline:
        return embed
    footer = "" if report.title in report.headline else report.title
    if found := _PATH.search(footer):  # the headline says the rest
        name = _run_name(report) or footer[: found.start()]
        if report.headline.startswith(name):
            footer = found[1]
        elif report.subject:
            footer = f"{name} ({found[1]})"
    footer = footer and clipped(markdown.named(footer), limits.TITLE)
    return replace(embed, headline=embed.name, footer=footer)


def _run_name(report: Report) -> str:
    if not (subject := report.subject):
        return ""
    return subject.name.removesuffix(f" ({subject.path.rpartition('/')[2]})")


def _whose(report: Report) -> Embed:
    short = clipped(_title(report), _LONGEST_NAME)
    url = markdown.address(report.url)
    colour = COLOURS[report.level]
    return Embed(short, Naming.TITLE, colour, url)


def _title(report: Report) -> str:
    return MARKS[report.level] + markdown.named(report.headline or report.title)


def _parts(
    report: Report, whose: Embed
) -> Iterator[str | PictureSection | FilesSection]:
    for section in sections(report, tuple(_opening(report, whose))):
        if isinstance(section, PictureSection | FilesSection):
            yield section
        else:
            yield from pages(section, limits.DESCRIPTION)


def _opening(report: Report, whose: Embed) -> Iterator[Passage]:
    """Write what the title has no room for."""
    if whose.name != _title(report):
        whole = formatting.clean(report.headline or report.title)
        yield Passage(tuple(markdown.lines(whole)))
    if whose.url and not markdown.for_embed(whose.url):
        yield Passage((markdown.opening(whose.url),))


def _pictured(embed: Embed, drawn: PictureSection, draw: Draw) -> Embed:
    file = draw(drawn.block)
    title = markdown.text(clipped(markdown.named(called(drawn.block)), limits.TITLE))
    embed = replace(embed, title=title, description=drawn.legend, footer=drawn.notes)
    if len(file.content) > limits.FILE_BYTES:
        said = "the picture is too large for Discord"
        notes = f"{drawn.notes} · {said}" if drawn.notes else said
        return replace(embed, footer=notes)
    return replace(embed, picture=Picture(file, pictures.alternative(drawn.block)))


def _shown(embed: Embed, attached: FilesSection, show: Show) -> Embed:
    view = show(attached.attachment)
    notes = " · ".join(filter(None, (view.notes, attached.notes)))
    return replace(
        embed,
        title=markdown.text(
            clipped(markdown.named(attached.attachment.title), limits.TITLE)
        ),
        description=attached.legend,
        footer=notes,
        picture=view.picture,
        loose=view.loose,
    )


_LONGEST_LEGEND = 3000
_BETWEEN = " · "


@dataclass(frozen=True)
class PictureSection:
    """A plot or a chart, the legend above it and the notes below it."""

    block: Plot | Chart
    legend: str
    notes: str = ""


@dataclass(frozen=True)
class FilesSection:
    """Files, their description and the notes below."""

    attachment: Attachment
    legend: str
    notes: str = ""


Section: TypeAlias = tuple[Passage, ...] | PictureSection | FilesSection


def sections(report: Report, opening: Sequence[Passage]) -> tuple[Section, ...]:
    """Split *report* at its plots and files; *opening* comes first."""
    found: list[Section] = [tuple(opening)]
    small = "" if all(isinstance(b, Note) for b in report.blocks) else markdown.SMALL
    for block in report.blocks:
        match block:
            case Plot() | Chart():
                found += _drawn(block, report, found)
            case Attachment():
                found += _attached(block)
            case Note() if noted := _noted(found[-1], block):
                found[-1] = noted
            case Note():
                found = _with(found, _note(block, small))
            case Text():
                found = _with(found, _text(block))
            case Fields():
                found = _with(found, grids.field_passages(block))
            case Table() if block.drawing:
                found += _drawn(Chart(block.title, block.drawing), report, found)
            case Table():
                alone = sum(map(_titled, report.blocks)) == 1
                found = _with(found, tables.passages(block.whole, titled=not alone))
    return tuple(section for section in found if section)


def _titled(block: Block) -> bool:
    return not isinstance(block, Note | Plot | Chart | Attachment)


def _with(found: Sequence[Section], more: Iterable[Passage]) -> list[Section]:
    """Continue a text section, notes close together; after a plot start a new one."""
    *before, last = found
    if isinstance(last, PictureSection | FilesSection):
        return [*found, tuple(more)]
    first, *rest = more
    if last and _is_small(last[-1]) and _is_small(first):
        first = replace(first, apart=False)
    return [*before, (*last, first, *rest)]


def _is_small(passage: Passage) -> bool:
    return not passage.head and passage.lines[0].startswith(markdown.SMALL)


def _drawn(
    block: Plot | Chart, report: Report, before: Sequence[Section]
) -> Iterator[Section]:
    """Put as much of the legend above the picture as leaves room for its notes."""
    run = report.subject.path.rpartition("/")[2] if report.subject else ""
    first = not any(isinstance(one, PictureSection) for one in before)
    whole = pictures.legend(block, run, first=first)
    legend, *rest = [*pages([whole], _LONGEST_LEGEND)] or [""]
    yield PictureSection(block, legend)
    if rest:
        yield tuple(Passage(tuple(page.split("\n"))) for page in rest)


def _attached(attachment: Attachment) -> Iterator[Section]:
    legend, *rest = pages([attachments.legend(attachment)], _LONGEST_LEGEND)
    yield FilesSection(attachment, legend)
    if rest:
        yield tuple(Passage(tuple(page.split("\n"))) for page in rest)


def _noted(section: Section, note: Note) -> PictureSection | FilesSection | None:
    """Put *note* below the picture or files it follows, if there is room."""
    if not isinstance(section, PictureSection | FilesSection):
        return None
    before = section.notes + _BETWEEN if section.notes else ""
    below = before + markdown.named(note.text)
    return replace(section, notes=below) if len(below) <= limits.NOTES else None


def _note(note: Note, start: str) -> Iterator[Passage]:
    text = note.text.strip() or formatting.NOTHING
    lines = markdown.lines(text, markdown.with_commands, start)
    yield Passage(tuple(lines), apart=bool(start))


_CARETS = re.compile(r"\n(?:\[rank\d+\]:)?[ \t]{4,}[~^][~^ ]*(?=\n|$)")
"""What a traceback draws below a line of code; a phone wraps it."""


def _text(text: Text) -> Iterator[Passage]:
    """Show text as it was written, but for a traceback's underlines."""
    whole = formatting.clean(text.text, lines=True).strip("\n")
    if text.title:  # `logs` has none, and shows all
        whole = _CARETS.sub("", f"\n{whole}").strip("\n")
    lines = whole.split("\n") if whole.strip() else ()
    code = tuple(part for line in lines for part in markdown.lines(line, markdown.code))
    yield from passages.over(text.title, code, code=True)


plugin = render
