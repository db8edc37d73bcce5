"""A block's title above what stands in it."""

from __future__ import annotations

from collections.abc import Iterator

from wandbwatch import formatting
from wandbwatch.renderers.discord import escape
from wandbwatch.renderers.discord.passages import Passage

_LONGEST = 250


def over(
    title: str, lines: tuple[str, ...], *, code: bool = False
) -> Iterator[Passage]:
    """Put *title* over *lines*, apart from what is before; no lines are a dash."""
    if not lines:
        lines, code = (formatting.NOTHING,), False
    head = escape.text(title.strip())
    if len(head) > _LONGEST:
        yield Passage(tuple(escape.lines(title)))
        head = ""
    yield Passage(lines, f"**{head}**" if head.strip() else "", code=code, apart=True)
