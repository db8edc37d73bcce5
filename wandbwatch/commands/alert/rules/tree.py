"""A parsed rule, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from wandbwatch.commands.alert.rules.facts import STEPS, Facts, Moment, Needs
from wandbwatch.commands.alert.rules.measures import Measure
from wandbwatch.commands.alert.rules.predicates import Predicate
from wandbwatch.formatting import number


@dataclass(frozen=True)
class Comparison:
    measure: Measure
    sign: str
    threshold: float
    percent: bool
    text: str
    """As written in the rule."""


@dataclass(frozen=True)
class Statement:
    claim: Predicate
    text: str


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
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
        every = (
            leaf.measure.needs if isinstance(leaf, Comparison) else leaf.claim.needs
            for leaf in self.leaves
        )
        return reduce(Needs.__or__, every, Needs())


@dataclass(frozen=True)
class RuleResult:
    """``holds`` is None without enough data."""

    holds: bool | None
    why: str = ""
    """The numbers behind it."""


def judge(rule: Rule, facts: Facts, now: float) -> RuleResult:
    """Evaluate *rule* on a run as it was at *now* (POSIX seconds)."""
    moment = Moment(facts, now)
    parts = list(_numbers(rule, moment))
    moment.sampled.clear()
    holds = _holds(rule.node, moment)
    known = {k for k in moment.sampled if holds is None or k.startswith("system/")}
    if known:
        parts.append(f"approximate: W&B sampled {', '.join(sorted(known))}")
    return RuleResult(holds, "; ".join(dict.fromkeys(filter(None, parts))))


def _numbers(rule: Rule, moment: Moment) -> Iterator[str]:
    """Describe the current values that the rule uses."""
    for leaf in rule.leaves:
        if isinstance(leaf, Comparison):
            value = leaf.measure.value(moment, percent=leaf.percent)
            if value is not None:
                yield f"{leaf.text} is {number(value)}{'%' if leaf.percent else ''}"
                continue
            needs = leaf.measure.needs
        else:
            needs = leaf.claim.needs
        for key in moment.keys(needs.keys):
            latest = moment.latest(key)
            if latest is not None:
                yield f"{'step' if key == STEPS else key} is {number(latest)}"


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
    seen = Moment(moment.facts, moment.now)
    if isinstance(leaf, Comparison):
        found = _compared(leaf, seen)
    else:
        found = leaf.claim.holds(seen)
    if found is None or not seen.sampled:
        return found
    moment.sampled.update(seen.sampled)
    slow = all(key.startswith("system/") for key in seen.sampled)
    return found if found and slow else None


def _compared(leaf: Comparison, moment: Moment) -> bool | None:
    value = leaf.measure.value(moment, percent=leaf.percent)
    if value is None:
        return None
    match leaf.sign:
        case ">":
            return value > leaf.threshold
        case ">=":
            return value >= leaf.threshold
        case "<":
            return value < leaf.threshold
        case _:
            return value <= leaf.threshold


def _leaves(node: Node) -> Iterator[Comparison | Statement]:
    if isinstance(node, Comparison | Statement):
        yield node
    else:
        for part in node.parts:
            yield from _leaves(part)
