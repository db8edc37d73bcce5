"""What alerts remember between checks, and how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field

from wandbwatch.commands.alert.rules import HoldState
from wandbwatch.model.memory import StoredJson

_STORED = StoredJson(shape=1)


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
        return _STORED.dump([self.at, runs, dict(self.ended)])

    @classmethod
    def read(cls, text: str | None) -> AlertMemory | None:
        """Read the stored text; None without one, or if its shape differs."""
        stored = _STORED.load(text)
        if stored is None:
            return None
        at, runs, ended = stored
        return cls(
            at,
            {
                run_id: Watched(seen, {rule: HoldState(*h) for rule, h in held.items()})
                for run_id, (seen, held) in runs.items()
            },
            ended,
        )
