"""A report's blocks in order: its text, and each picture with what is noted of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wandbwatch import formatting
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
from wandbwatch.renderers.discord import (
    attachments,
    escape,
    limits,
    pictures,
    tables,
    values,
)
from wandbwatch.renderers.discord import passages as heading
from wandbwatch.renderers.discord.passages import Passage, pages

_LONGEST_LEGEND = 3000
_BETWEEN = " · "


@dataclass(frozen=True)
class PictureSection:
    """A plot or a chart, the legend that stands above it and the notes below it."""

    block: Plot | Chart
    legend: str
    notes: str = ""


@dataclass(frozen=True)
class FilesSection:
    """Files, what is said of them and the notes below."""

    attachment: Attachment
    legend: str
    notes: str = ""


Section: TypeAlias = tuple[Passage, ...] | PictureSection | FilesSection


def sections(report: Report, opening: Sequence[Passage]) -> tuple[Section, ...]:
    """Part *report* where a plot stands; *opening* goes before all of it."""
    found: list[Section] = [tuple(opening)]
    small = "" if all(isinstance(b, Note) for b in report.blocks) else values.SMALL
    for block in report.blocks:
        match block:
            case Plot() | Chart():
                found += _drawn(block)
            case Attachment():
                found += _attached(block)
            case Note() if noted := _noted(found[-1], block):
                found[-1] = noted
            case Note():
                found = _with(found, _note(block, small))
            case Text():
                found = _with(found, _text(block))
            case Fields():
                found = _with(found, tables.field_passages(block))
            case Table():
                alone = sum(map(_titled, report.blocks)) == 1
                found = _with(found, tables.passages(block, titled=not alone))
    return tuple(section for section in found if section)


def _titled(block: Block) -> bool:
    return not isinstance(block, Note | Plot | Chart | Attachment)


def _with(found: Sequence[Section], more: Iterable[Passage]) -> list[Section]:
    """Let text go on where text was, notes close together; begin anew after a plot."""
    *before, last = found
    if isinstance(last, PictureSection | FilesSection):
        return [*found, tuple(more)]
    first, *rest = more
    if last and _is_small(last[-1]) and _is_small(first):
        first = replace(first, apart=False)
    return [*before, (*last, first, *rest)]


def _is_small(passage: Passage) -> bool:
    return not passage.head and passage.lines[0].startswith(values.SMALL)


def _drawn(block: Plot | Chart) -> Iterator[Section]:
    """Write as much of the legend above the picture as leaves room for the rest."""
    legend, *rest = pages([pictures.legend(block)], _LONGEST_LEGEND)
    yield PictureSection(block, legend)
    if rest:
        yield tuple(Passage(tuple(page.split("\n"))) for page in rest)


def _attached(attachment: Attachment) -> Iterator[Section]:
    legend, *rest = pages([attachments.legend(attachment)], _LONGEST_LEGEND)
    yield FilesSection(attachment, legend)
    if rest:
        yield tuple(Passage(tuple(page.split("\n"))) for page in rest)


def _noted(section: Section, note: Note) -> PictureSection | FilesSection | None:
    """Put *note* below what it follows, if there is room."""
    if not isinstance(section, PictureSection | FilesSection):
        return None
    before = section.notes + _BETWEEN if section.notes else ""
    below = before + values.named(note.text)
    return replace(section, notes=below) if len(below) <= limits.NOTES else None


def _note(note: Note, start: str) -> Iterator[Passage]:
    text = note.text.strip() or formatting.NOTHING
    yield Passage(tuple(escape.lines(text, start=start)), apart=bool(start))


def _text(text: Text) -> Iterator[Passage]:
    """Show what somebody wrote as it was written."""
    whole = formatting.clean(text.text, lines=True).strip("\n")
    lines = whole.split("\n") if whole.strip() else ()
    code = tuple(part for line in lines for part in escape.lines(line, escape.code))
    yield from heading.over(text.title, code, code=True)
