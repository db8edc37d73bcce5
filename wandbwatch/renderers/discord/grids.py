"""Blocks of code: what is aligned in columns no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wandbwatch.formatting.text import fitted, width
from wandbwatch.model.report import Fields, Table
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord import passages as heading
from wandbwatch.renderers.discord.passages import Passage

_GAP = "  "
_GAPS = (_GAP, " ")


def grid(table: Table, *, stack: bool = True) -> tuple[str, ...]:
    """Align the rows in columns, or below their first cell; () if they don't fit."""
    shown = [[markdown.named(name) if name else "" for name in table.columns]]
    shown += [[markdown.worded(cell) for cell in row] for row in table.rows]
    rows = next(filter(None, (_aligned(shown, gap) for gap in _GAPS)), ())
    if rows or len(table.columns) == 1 or not stack:
        return tuple(map(markdown.code, rows))
    bare = [["", *row[1:]] for row in shown]
    below = next(filter(None, (_aligned(bare, gap) for gap in _GAPS)), ())
    names = [row[0] for row in shown[1:]]
    short = fitted(names, limits.PHONE) if table.spare else {}
    return tuple(_stacked([short.get(n, n) for n in names], below)) if below else ()


def _stacked(names: Sequence[str], rows: Sequence[str]) -> Iterator[str]:
    """Put each of *rows* below its name; the first one is the header."""
    yield markdown.code(rows[0])
    for name, row in zip(names, rows[1:], strict=True):
        yield from markdown.lines(name, markdown.code)
        yield markdown.code(row)


def _aligned(shown: Sequence[Sequence[str]], gap: str) -> tuple[str, ...]:
    """Pad the cells into lines; () if one is wider than a phone."""
    widths = [max(map(width, column)) for column in zip(*shown, strict=True)]
    if sum(widths) + len(gap) * (len(widths) - 1) > limits.PHONE:
        return ()
    padded = (map(markdown.padded, row, widths) for row in shown)
    return tuple(gap.join(row).rstrip() for row in padded)


def field_passages(fields: Fields) -> Iterator[Passage]:
    """Align names and values; what is too wide for a phone is a text that wraps."""
    if any(markdown.lively(cell) for _, cell in fields.items):
        yield from heading.over(fields.heading, tuple(markdown.pairs(fields.items)))
        return
    rows: list[tuple[str, str]] = []
    wide: list[str] = []
    for name, cell in fields.items:
        value = markdown.code(markdown.worded(cell))
        if width(value) > limits.PHONE - len(_GAP):
            wide += markdown.small_pairs([(name, cell)])
        else:
            rows.append((markdown.code(markdown.named(name)), value))
    if rows or not wide:
        yield from heading.over(fields.heading, tuple(_columns(rows)), code=True)
    if wide:  # as text, which wraps at any width
        yield from heading.over("" if rows else fields.heading, tuple(wide))


def _columns(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Align what fits a phone; else put the value below its name."""
    widths = [(width(name), width(value)) for name, value in rows]
    column = _most_aligned(widths)
    for (name, value), (wide, long) in zip(rows, widths, strict=True):
        if _aligns(column, wide, long):
            yield f"{markdown.padded(name, column)}{_GAP}{value}"
        elif _aligns(wide, wide, long):
            yield f"{name}{_GAP}{value}"
        else:
            yield from markdown.lines(name, str)
            yield from markdown.lines(value, str, _GAP)


def _most_aligned(widths: Sequence[tuple[int, int]]) -> int:
    """Return the width of the name column that aligns the most values."""
    return max(
        range(limits.PHONE),
        key=lambda column: (sum(_aligns(column, *w) for w in widths), -column),
    )


def _aligns(column: int, name: int, value: int) -> bool:
    return name <= column and column + len(_GAP) + value <= limits.PHONE
