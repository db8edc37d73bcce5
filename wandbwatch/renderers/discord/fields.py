"""Names and values: a code block in two columns, or text where times are alive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wandbwatch.model.report import Fields
from wandbwatch.renderers.discord import escape, heading, limits, values
from wandbwatch.renderers.discord.passages import Passage

_GAP = "  "


def passages(fields: Fields) -> Iterator[Passage]:
    if any(values.lively(cell) for _, cell in fields.items):
        yield from heading.over(fields.title, tuple(values.pairs(fields.items)))
        return
    rows = [
        (escape.code(values.named(name)), escape.code(values.told(cell)))
        for name, cell in fields.items
    ]
    yield from heading.over(fields.title, tuple(_columns(rows)), code=True)


def _columns(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Align what a phone has room for; else the value stands below its name."""
    widths = [(values.width(name), values.width(value)) for name, value in rows]
    column = _most_aligned(widths)
    for (name, value), (wide, long) in zip(rows, widths, strict=True):
        if _aligns(column, wide, long):
            yield f"{values.padded(name, column)}{_GAP}{value}"
        elif _aligns(wide, wide, long):
            yield f"{name}{_GAP}{value}"
        else:
            yield from escape.lines(name, str)
            yield from escape.lines(value, str, _GAP)


def _most_aligned(widths: Sequence[tuple[int, int]]) -> int:
    """Find how wide the names' column is for the most values to stand beside it."""
    return max(
        range(limits.PHONE),
        key=lambda column: (sum(_aligns(column, *w) for w in widths), -column),
    )


def _aligns(column: int, name: int, value: int) -> bool:
    return name <= column and column + len(_GAP) + value <= limits.PHONE
