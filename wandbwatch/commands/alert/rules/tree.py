"""Parse a rule into a tree, or report the column of the error; and whether it holds."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeAlias

from wandbwatch.commands.alert.rules.facts import (
    STEPS,
    Facts,
    Moment,
    Needs,
    is_glob,
)
from wandbwatch.commands.alert.rules.functions import (
    FUNCTIONS,
    Found,
    MisusedError,
    Shape,
    Token,
    Word,
    tokens,
)
from wandbwatch.commands.alert.rules.measures import Latest, Measure, Measured
from wandbwatch.commands.alert.rules.predicates import NotFinite, Predicate
from wandbwatch.formatting import number
from wandbwatch.formatting.numbers import parse_duration


@dataclass(frozen=True)
class Comparison:
    """A value against a bound."""

    measure: Measure
    sign: str
    threshold: float
    percent: bool
    text: str
    """As written in the rule."""


@dataclass(frozen=True)
class Statement:
    """A function that is true or false."""

    claim: Predicate
    text: str


@dataclass(frozen=True)
class And:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """One of the parts holds."""

    parts: tuple[Node, ...]


Node: TypeAlias = Comparison | Statement | And | Or


@dataclass(frozen=True)
class Rule:
    """A parsed rule; ``text`` is what the user wrote."""

    text: str
    node: Node

    @property
    def leaves(self) -> tuple[Comparison | Statement, ...]:
        return tuple(_leaves(self.node))

    @property
    def needs(self) -> Needs:
        every = (_what(leaf).needs for leaf in self.leaves)
        return reduce(Needs.__or__, every, Needs())

    @property
    def hold(self) -> float:
        """Return the seconds that it must hold by default before it fires.

        A latest value flickers about its threshold; what else a rule may say does not.
        """
        holds = [getattr(_what(leaf), "hold", 0.0) for leaf in self.leaves]
        return max(holds) if all(holds) else 0.0


@dataclass(frozen=True)
class RuleResult:
    """``holds`` is None without enough data."""

    holds: bool | None
    why: str = ""
    """The numbers behind it."""


def judge(
    rule: Rule,
    facts: Facts,
    now: float,
    *,
    steady: bool = False,
    certain: bool = False,
) -> RuleResult:
    """Evaluate *rule* on a run as it was at *now* (POSIX seconds).

    If *steady*, a single outlier or mere noise does not make it hold; if *certain*,
    neither does what a run may get over, nor a sample of its rows.
    """
    moment = Moment(facts, now, steady=steady, certain=certain)
    parts = list(_numbers(rule, moment))
    moment.sampled.clear()
    holds = _holds(rule.node, moment)
    known = {k for k in moment.sampled if holds is None or k.startswith("system/")}
    if known:
        parts.append(f"approximate: rows of {', '.join(sorted(known))} are missing")
    return RuleResult(holds, "; ".join(dict.fromkeys(filter(None, parts))))


def _what(leaf: Comparison | Statement) -> Measure | Predicate:
    return leaf.measure if isinstance(leaf, Comparison) else leaf.claim


def _numbers(rule: Rule, moment: Moment) -> Iterator[str]:
    """Describe the current values that the rule uses."""
    for leaf in rule.leaves:
        if isinstance(leaf, Comparison):
            value = leaf.measure.value(moment, percent=leaf.percent)
            if value is not None:
                yield f"{leaf.text} is {number(value)}{'%' if leaf.percent else ''}"
                continue
        needs = _what(leaf).needs
        named = [one for name in needs.keys for one in moment.matching(name)]
        for key in moment.keys(named):
            latest = moment.latest(key)
            if latest is not None and _telling(leaf, latest):
                yield f"{'step' if key == STEPS else key} is {number(latest)}"


def _telling(leaf: Comparison | Statement, latest: float) -> bool:
    """Whether *latest* is one of the numbers to show, of the many of a pattern."""
    what = _what(leaf)
    many = isinstance(what, NotFinite) and is_glob(what.key)
    return not many or not math.isfinite(latest)


def _holds(node: Node, moment: Moment) -> bool | None:
    match node:
        case Comparison() | Statement():
            return _exact(node, moment)
        case And(parts):
            found = [_holds(part, moment) for part in parts]
            return False if False in found else None if None in found else True
        case Or(parts):
            found = [_holds(part, moment) for part in parts]
            return True if True in found else None if None in found else False


def _exact(leaf: Comparison | Statement, moment: Moment) -> bool | None:
    """Evaluate *leaf*; None where it rests on a sample of the rows.

    System metrics change slowly: a sample of them may show that a rule holds.
    """
    seen = replace(moment, sampled=set())
    found = _judged(leaf, seen)
    if found is None or not seen.sampled:
        return found
    moment.sampled.update(seen.sampled)
    slow = all(key.startswith("system/") for key in seen.sampled)
    return found if found and slow and not moment.certain else None


def _judged(leaf: Comparison | Statement, moment: Moment) -> bool | None:
    if isinstance(leaf, Statement):
        return leaf.claim.holds(moment)
    value = leaf.measure.value(moment, percent=leaf.percent)
    return None if value is None else SIGNS[leaf.sign](value, leaf.threshold)


SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def _leaves(node: Node) -> Iterator[Comparison | Statement]:
    if isinstance(node, Comparison | Statement):
        yield node
    else:
        for part in node.parts:
            yield from _leaves(part)


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
