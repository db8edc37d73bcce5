"""What alerts remember between checks, and how it is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from wandbwatch.commands.alert.rules import HoldState

_SHAPE = 1
"""Goes up when what is written down changes."""


@dataclass(frozen=True)
class Watched:
    """A run of which a rule holds, or did a moment ago."""

    seen: float
    """When it was last there, POSIX seconds."""
    held: Mapping[str, HoldState]
    """By the rule's words."""


@dataclass(frozen=True)
class AlertMemory:
    at: float
    """When the runs were last looked at."""
    runs: Mapping[str, Watched] = field(default_factory=dict)
    """By their ids."""
    ended: Mapping[str, float] = field(default_factory=dict)
    """Runs whose end was looked at, with their last sign of life: not once more."""

    def written(self) -> str:
        runs = {
            run_id: [w.seen, {rule: astuple(h) for rule, h in w.held.items()}]
            for run_id, w in self.runs.items()
        }
        whole = [_SHAPE, self.at, runs, dict(self.ended)]
        return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def read(cls, text: str | None) -> AlertMemory | None:
        """Read what was written; None where nothing was, or by another version."""
        if text is None:
            return None
        shape, *rest = json.loads(text)
        if shape != _SHAPE:
            return None
        at, runs, ended = rest
        read: dict[str, Any] = runs
        return cls(
            at,
            {
                run_id: Watched(seen, {rule: HoldState(*h) for rule, h in held.items()})
                for run_id, (seen, held) in read.items()
            },
            ended,
        )
