"""Passages of markdown, split into as few pages as they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from wandbwatch import formatting
from wandbwatch.renderers.discord import markdown

_TOGETHER = 1000
"""A shorter passage is not split if the next page can hold it."""
_FENCE = "```"
_NEXT = "\n"
_APART = "\n\n"
_CONTINUED = " (continued)"


@dataclass(frozen=True)
class Passage:
    """Lines under one heading, each of at most `limits.LINE` code points."""

    lines: tuple[str, ...]
    head: str = ""
    code: bool = False
    apart: bool = False
    """Whether an empty line precedes it, as with a heading."""

    @property
    def text(self) -> str:
        body = "\n".join(self.lines)
        if self.code:
            body = f"{_FENCE}\n{body}\n{_FENCE}"
        return f"{self.head}\n{body}" if self.head else body

    def parted(self, room: int) -> tuple[Passage | None, Passage | None]:
        """Return the lines that fit into *room* code points, and the rest."""
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
    """Join with an empty line where wanted; a code block already shows a gap."""
    wanted = (passage.head or passage.apart) and not page.endswith(_FENCE)
    return f"{page}{_APART if wanted else _NEXT}{passage.text}"


_LONGEST = 250


def over(
    title: str, lines: tuple[str, ...], *, code: bool = False
) -> Iterator[Passage]:
    """Yield *lines* under *title*; a dash if there are none."""
    if not lines:
        lines, code = (formatting.NOTHING,), False
    head = markdown.text(title.strip())
    if len(head) > _LONGEST:
        yield Passage(tuple(markdown.lines(title)))
        head = ""
    yield Passage(lines, f"**{head}**" if head.strip() else "", code=code, apart=True)
