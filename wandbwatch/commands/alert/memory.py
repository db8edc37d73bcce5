"""The state of alerts from check to check, and how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from enum import Enum

from wandbwatch.model.memory import StoredJson

_STORED = StoredJson(shape=1)
FLAPS = 600.0
"""An alert that comes again so soon after its end is the same one."""


class Turn(Enum):
    """What there is to tell."""

    FIRING = "firing"
    STILL = "still firing"
    RESOLVED = "resolved"
    OVER = "ended while it fired"
    """Its run ended."""


@dataclass(frozen=True)
class Timing:
    """Seconds that a rule must hold before it fires, and after which it is told again
    while it does; 0: at once, and never."""

    hold: float = 0.0
    repeat: float = 0.0


@dataclass(frozen=True)
class HoldState:
    """A rule that holds of a run, or did a moment ago. Times are POSIX seconds."""

    since: float
    """When it was first seen to hold."""
    fired: float = 0.0
    """When it fired; 0: not yet."""
    told: float = 0.0
    ended: float = 0.0
    """When it was resolved; 0: it is not."""
    times: int = 0
    """How often it fired with no more than moments between."""
    number: float = 0.0
    """Tells it from other alerts of the same rule and run: when it fired first."""


def turn(
    held: HoldState | None, now: float, patience: Timing, *, holds: bool | None
) -> tuple[HoldState | None, Turn | None]:
    """Return what is to be remembered, and what is to be told.

    Where nobody can tell whether the rule holds, everything stays as it is.
    """
    if held and held.ended and now - held.ended >= FLAPS:
        held = None
    if holds is None:
        return held, None
    if held is None or held.ended:
        return _waited(_begun(held, now), now, patience) if holds else (held, None)
    if not held.fired:
        return _waited(held, now, patience) if holds else (_dropped(held), None)
    return _fired(held, now, patience, holds=holds)


def _begun(held: HoldState | None, now: float) -> HoldState:
    return (
        HoldState(now, times=held.times, number=held.number) if held else HoldState(now)
    )


def _waited(
    held: HoldState, now: float, patience: Timing
) -> tuple[HoldState, Turn | None]:
    if now - held.since < patience.hold:
        return held, None
    times, number = held.times + 1, held.number or now
    return replace(held, fired=now, told=now, times=times, number=number), Turn.FIRING


def _fired(
    held: HoldState, now: float, patience: Timing, *, holds: bool
) -> tuple[HoldState, Turn | None]:
    if not holds:
        return replace(held, ended=now), Turn.RESOLVED
    if patience.repeat and now - held.told >= patience.repeat:
        return replace(held, told=now), Turn.STILL
    return held, None


def _dropped(held: HoldState) -> HoldState | None:
    """Forget one that did not fire; one that had done so before ends here."""
    return replace(held, ended=held.since) if held.times else None


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
