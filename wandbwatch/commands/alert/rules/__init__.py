"""Rules of alerts: a small language, and what it says of runs. Pure.

`parse` reads a rule, `judge` says whether it holds of a run at a time, `turn` makes of
that what there is to tell.
"""

from __future__ import annotations

from wandbwatch.commands.alert.rules.facts import Facts, Needs
from wandbwatch.commands.alert.rules.parsing import RuleError, parse
from wandbwatch.commands.alert.rules.states import HoldState, Timing, Turn, turn
from wandbwatch.commands.alert.rules.tree import Rule, RuleResult, judge

__all__ = ["Facts", "HoldState", "Needs", "Rule", "RuleError", "Timing", "Turn"]
__all__ += ["RuleResult", "judge", "parse", "turn"]
