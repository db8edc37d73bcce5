"""The state of alerts from check to check, and how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from wandbwatch.model.memory import StoredJson, stored_fields

_STORED = StoredJson(shape=1)
FLAPS = 600.0
"""Seconds within which an alert that fires again is the same alert."""


class Turn(Enum):
    """A change of an alert that is reported."""

    FIRING = "firing"
    STILL = "still firing"
    RESOLVED = "resolved"
    OVER = "ended while it fired"
    """Its run ended."""


@dataclass(frozen=True)
class Timing:
    """Seconds that a rule must hold before it fires (0: none; None: as long as is good
    for the rule), and between repeated messages while it fires (0: no repeats)."""

    hold: float | None = None
    repeat: float = 0.0


@dataclass(frozen=True)
class HoldState:
    """A rule that holds for a run, or did until recently. Times are POSIX seconds."""

    since: float
    """When it was first found to hold."""
    fired: float = 0.0
    """When it fired; 0: not yet."""
    sent: float = 0.0
    """When the last message was sent."""
    ended: float = 0.0
    """When it was resolved; 0: it is not."""
    times: int = 0
    """How often it has fired, with short breaks only."""
    number: float = 0.0
    """Identifies the alert among those of its rule and run: when it first fired."""
    fold: float = 0.0
    """Identifies the message of many runs that reported it; 0: it has its own."""

    @property
    def firing(self) -> bool:
        return bool(self.fired and not self.ended)


def recent(held: HoldState, now: float) -> bool:
    """Whether the alert has fired, and if it fires again now, is the same one."""
    return held.times > 0 and now - held.ended < FLAPS


def turn(
    held: HoldState | None, now: float, timing: Timing, *, holds: bool | None
) -> tuple[HoldState | None, Turn | None]:
    """Return the state to remember, and the change to report.

    If the data does not say whether the rule holds, the state stays as it is.
    """
    if held and held.ended and now - held.ended >= FLAPS:
        held = None
    if holds is None:
        return held, None
    if held is None or held.ended:
        return _waited(_started(held, now), now, timing) if holds else (held, None)
    if not held.fired:
        return _waited(held, now, timing) if holds else (_dropped(held), None)
    return _fired(held, now, timing, holds=holds)


def _started(held: HoldState | None, now: float) -> HoldState:
    return (
        replace(held, since=now, fired=0.0, sent=0.0, ended=0.0)
        if held
        else HoldState(now)
    )


def _waited(
    held: HoldState, now: float, timing: Timing
) -> tuple[HoldState, Turn | None]:
    if now - held.since < (timing.hold or 0.0):
        return held, None
    times, number = held.times + 1, held.number or now
    return replace(held, fired=now, sent=now, times=times, number=number), Turn.FIRING


def _fired(
    held: HoldState, now: float, timing: Timing, *, holds: bool
) -> tuple[HoldState, Turn | None]:
    if not holds:
        return replace(held, ended=now), Turn.RESOLVED
    if timing.repeat and now - held.sent >= timing.repeat:
        return replace(held, sent=now), Turn.STILL
    return held, None


def _dropped(held: HoldState) -> HoldState | None:
    """Forget a state that has not fired; if it fired earlier, it ends here."""
    return replace(held, ended=held.since) if held.times else None


@dataclass(frozen=True)
class Watched:
    """A run for which a rule holds, or did until recently."""

    seen: float
    """When it was last listed, POSIX seconds."""
    held: Mapping[str, HoldState]
    """By the text of the rule."""


@dataclass(frozen=True)
class AlertMemory:
    """What a line remembers of its rules."""

    at: float
    """When the runs were last checked, POSIX seconds."""
    runs: Mapping[str, Watched] = field(default_factory=dict)
    """By id."""
    ended: Mapping[str, float] = field(default_factory=dict)
    """Ended runs that were checked for the last time, with their last heartbeat."""

    def written(self) -> str:
        runs = {
            run_id: [w.seen, {rule: stored_fields(h, 6) for rule, h in w.held.items()}]
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
