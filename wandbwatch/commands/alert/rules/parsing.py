"""Parse a rule into a tree, or report the column of the error."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wandbwatch.commands.alert.rules.functions import (
    FUNCTIONS,
    Found,
    MisusedError,
    Word,
)
from wandbwatch.commands.alert.rules.measures import Latest, Measured
from wandbwatch.commands.alert.rules.tokens import Shape, Token, tokens
from wandbwatch.commands.alert.rules.tree import (
    And,
    Comparison,
    Node,
    Or,
    Rule,
    Statement,
)
from wandbwatch.formatting.numbers import parse_duration

_LONGEST = 1000
_DEEPEST = 20


class RuleError(ValueError):
    """A wrong rule; the message is one line and names the column."""


def parse(text: str) -> Rule:
    """Read a rule; RuleError names the column of the error."""
    if len(text) > _LONGEST:
        raise RuleError(f"the rule has more than {_LONGEST} characters")
    return Rule(text.strip(), _Parser(text, tuple(tokens(text))).whole())


@dataclass
class _Parser:
    """Reads the tokens of a rule."""

    text: str
    tokens: tuple[Token, ...]
    place: int = 0
    depth: int = 0

    def whole(self) -> Node:
        node = self._either()
        if self._next.shape is not Shape.END:
            raise self._wrong("expected `and`, `or` or the end")
        return node

    def _either(self) -> Node:
        parts = [self._every()]
        while self._took("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _every(self) -> Node:
        parts = [self._test()]
        while self._took("and"):
            parts.append(self._test())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _test(self) -> Node:
        if not self._took("("):
            return self._leaf()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._wrong("too many parentheses")
        node = self._either()
        self._expect(")")
        self.depth -= 1
        return node

    def _leaf(self) -> Node:
        start = self._next
        if start.shape not in (Shape.WORD, Shape.QUOTED):
            raise self._wrong("expected a key or a function")
        self.place += 1
        called = start.shape is Shape.WORD and self._next.text == "("
        found = self._call(start) if called else Latest(start.text)
        end = self._end
        if not isinstance(found, Measured):
            if self._next.shape is Shape.COMPARES:
                raise self._wrong(
                    f"`{start.text}(…)` is already a condition; remove the comparison"
                )
            return Statement(found, self.text[start.at : end])
        return self._comparison(found, self.text[start.at : end])

    def _call(self, name: Token) -> Found:
        self.place += 1
        words: list[Word] = []
        while not self._took(")"):
            if words:
                self._expect(",")
            words.append(self._word())
        function = FUNCTIONS.get(name.text)
        if function is None:
            known = ", ".join(FUNCTIONS)
            raise self._error(
                f"unknown function {name.text!r}; known: {known}", name.at
            )
        try:
            return function.build(tuple(words))
        except MisusedError as e:
            at = e.word.at if e.word else name.at
            raise self._error(f"{e}; usage: {function.usage}", at) from e

    def _word(self) -> Word:
        token = self._next
        if token.shape not in (Shape.WORD, Shape.QUOTED, Shape.PATTERN):
            raise self._wrong("expected a key, a number or a duration")
        self.place += 1
        text = token.text
        if token.shape is Shape.WORD and self._took("%"):
            text += "%"
        while _is_part(Token(token.shape, text, 0)) and _is_part(self._next):
            text += f" {self._next.text}"  # 1h 30m
            self.place += 1
        return Word(text, token.shape, token.at)

    def _comparison(self, measure: Measured, text: str) -> Comparison:
        sign = self._next
        if sign.shape is not Shape.COMPARES:
            raise self._wrong("expected a comparison such as > 5")
        self.place += 1
        number = self._number()
        percent = self._next
        share = self._took("%")
        if share and not measure.percent:
            raise self._error(
                "this value cannot be compared with a percentage", percent.at
            )
        return Comparison(measure, sign.text, number, share, text)

    def _number(self) -> float:
        try:
            number = float(self._next.text)
        except ValueError:
            number = math.nan
        if self._next.shape is not Shape.WORD or not math.isfinite(number):
            raise self._wrong("expected a number")
        self.place += 1
        return number

    @property
    def _next(self) -> Token:
        return self.tokens[self.place]

    @property
    def _end(self) -> int:
        """The end of the last token that was read."""
        return len(self.text[: self._next.at].rstrip())

    def _took(self, text: str) -> bool:
        took = self._next.text == text and self._next.shape in (Shape.WORD, Shape.MARK)
        self.place += took
        return took

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise self._wrong(f"expected {text!r}")

    def _wrong(self, what: str) -> RuleError:
        return self._error(what, self._next.at)

    def _error(self, what: str, at: int) -> RuleError:
        rest = self.text[at : at + 20].strip()
        here = f", at {rest!r}" if rest else ", at its end"
        return RuleError(f"column {at + 1}{here}: {what}")


def _is_part(token: Token) -> bool:
    """Whether *token* can be a part of a duration."""
    try:
        parse_duration(token.text)
    except ValueError:
        return False
    return token.shape is Shape.WORD
