"""Rules of alerts, a small language. Pure.

`parse` reads a rule, and `judge` evaluates it on a run at a given time.
"""

from __future__ import annotations

from wandbwatch.commands.alert.rules.facts import Facts, Needs
from wandbwatch.commands.alert.rules.tree import (
    Rule,
    RuleError,
    RuleResult,
    judge,
    parse,
)

__all__ = ["Facts", "Needs", "Rule", "RuleError", "RuleResult", "judge", "parse"]
