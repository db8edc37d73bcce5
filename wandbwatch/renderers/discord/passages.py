"""Pieces of markdown that go into as many embeds as they need, in order, whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from wandbwatch import formatting
from wandbwatch.renderers.discord import escape

_TOGETHER = 1000
"""What is shorter is not parted when it can stand on the next page."""
_FENCE = "```"
_NEXT = "\n"
_APART = "\n\n"
_CONTINUED = " (continued)"


@dataclass(frozen=True)
class Passage:
    """Lines that belong together, each of at most `limits.LINE`, under one heading."""

    lines: tuple[str, ...]
    head: str = ""
    code: bool = False
    apart: bool = False
    """Whether an empty line goes before it, as before one with a heading."""

    @property
    def text(self) -> str:
        body = "\n".join(self.lines)
        if self.code:
            body = f"{_FENCE}\n{body}\n{_FENCE}"
        return f"{self.head}\n{body}" if self.head else body

    def parted(self, room: int) -> tuple[Passage | None, Passage | None]:
        """Take the lines that fit into *room* code points, and what is left."""
        if len(self.text) <= room:
            return self, None
        size = len(replace(self, lines=()).text)
        count = 0
        for line in self.lines:
            size += len(line) + 1
            if size > room:
                break
            count += 1
        if not count:
            return None, self
        head = self.head.removesuffix(_CONTINUED) + _CONTINUED if self.head else ""
        rest = replace(self, lines=self.lines[count:], head=head)
        return replace(self, lines=self.lines[:count]), rest


def pages(passages: Iterable[Passage], room: int) -> Iterator[str]:
    """Fill pages of at most *room* code points, as few as the order allows."""
    page = ""
    for passage in passages:
        rest: Passage | None = passage
        while rest:
            taken, left = rest.parted(room - len(page) - len(_APART))
            if not taken or (left and page and len(rest.text) <= _TOGETHER):
                yield page
                page = ""
                continue
            page = _joined(page, taken) if page else taken.text
            rest = left
    if page:
        yield page


def _joined(page: str, passage: Passage) -> str:
    """Leave an empty line where one is wanted and no block of code leaves it."""
    wanted = (passage.head or passage.apart) and not page.endswith(_FENCE)
    return f"{page}{_APART if wanted else _NEXT}{passage.text}"


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
