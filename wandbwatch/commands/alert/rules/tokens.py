"""The tokens of a rule, each with its position."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Shape(Enum):
    WORD = "word"
    QUOTED = "quoted"
    PATTERN = "pattern"
    COMPARES = "compares"
    MARK = "mark"
    STRAY = "stray"
    END = "end"


@dataclass(frozen=True)
class Token:
    """A word of a rule."""

    shape: Shape
    text: str
    """As written; a quoted token without its quotes."""
    at: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of *text*, then an END token."""
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        name = found.lastgroup
        if name:
            shape = Shape(name)
            yield Token(shape, _bare(shape, found[name]), found.start(name))
    yield Token(Shape.END, "", len(text.rstrip()))


def _bare(shape: Shape, text: str) -> str:
    if shape is Shape.QUOTED:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<pattern>/(?:\\.|[^/\\])*/i?)
    | (?P<compares>[<>]=?|[=!]=)
    | (?P<mark>[(),%])
    | (?P<word>[^\s()<>=!,"'%/][^\s()<>=!,"'%]*)
    | (?P<stray>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
