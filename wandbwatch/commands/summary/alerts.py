"""What a training's own code raised, as a report tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wandbwatch.model.alert import Alert
from wandbwatch.model.report import Block, Note, Table

_MOST = 10


def raised_blocks(raised: Sequence[Alert]) -> Iterator[Block]:
    """Tell the newest of *raised*, the last one last."""
    rows = tuple((one.level, one.title, one.text) for one in raised[-_MOST:])
    if rows:
        yield Table("raised by its code", ("level", "title", "text"), rows)
    if len(raised) > _MOST:
        yield Note(f"{len(raised) - _MOST} older alerts are left out")
