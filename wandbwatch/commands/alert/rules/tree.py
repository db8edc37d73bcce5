"""A parsed rule, and whether it holds."""

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
from wandbwatch.commands.alert.rules.measures import Measure
from wandbwatch.commands.alert.rules.predicates import NotFinite, Predicate
from wandbwatch.formatting import number


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
