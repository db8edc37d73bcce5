"""Which runs started and ended in a period, and what they used. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from wandbwatch.analysis import machine
from wandbwatch.formatting import utc
from wandbwatch.model.run import Run, State


@dataclass(frozen=True)
class Period:
    """The runs of a project from *since* to *now*, latest heartbeat first.

    A run without a heartbeat has not said anything, and is as old as its creation.
    """

    runs: tuple[Run, ...]
    since: datetime
    now: datetime

    @cached_property
    def heard(self) -> tuple[Run, ...]:
        """The runs that existed in the period."""
        return tuple(run for run in self.runs if self.within(_last(run)))

    @cached_property
    def started(self) -> tuple[Run, ...]:
        return tuple(run for run in self.heard if self.within(run.created))

    @cached_property
    def ended(self) -> tuple[Run, ...]:
        """The runs that ended in the period, by their last heartbeat."""
        ended = (run for run in self.heard if run.state.ended)
        return tuple(sorted(ended, key=_heard, reverse=True))

    @cached_property
    def failed(self) -> tuple[Run, ...]:
        return tuple(run for run in self.ended if run.state.bad)

    @property
    def running(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.state is State.RUNNING)

    def within(self, when: datetime | None) -> bool:
        return when is not None and utc(when) >= self.since

    def ran(self, run: Run) -> timedelta:
        """Return how long *run* ran in it."""
        last = _last(run)
        if run.runtime is None or last is None:
            return timedelta()
        if run.spans:
            parts = (
                min(end, self.now) - max(start, self.since) for start, end in run.spans
            )
            return sum((max(part, timedelta()) for part in parts), timedelta())
        whole = max(timedelta(seconds=run.runtime), timedelta())
        return min(whole, max(utc(last) - self.since, timedelta()))


@dataclass(frozen=True)
class RunHours:
    """Run hours, and the GPU hours of runs with known GPUs."""

    ran: timedelta
    gpu: float | None
    """GPU hours; None if no run's GPUs are known."""
    unknown: int
    """How many runs have no system metrics to count GPUs by."""
    others: tuple[tuple[str, float], ...] = ()
    """The hours of other accelerators, by kind."""


def gpus(run: Run) -> int | None:
    """Count the GPUs in a run's system metrics; None where there are no metrics."""
    return len(machine.gpus(run.system)) if run.system else None


def hours(period: Period, runs: Sequence[Run]) -> RunHours:
    """Add up what *runs* took in *period*."""
    ran = sum((period.ran(run) for run in runs), timedelta())
    known = [(run, count) for run in runs if (count := gpus(run)) is not None]
    seconds = sum(period.ran(run).total_seconds() * count for run, count in known)
    gpu = seconds / 3600 if known else None
    others: dict[str, float] = defaultdict(float)
    for run in runs:
        for device in machine.devices(run.system):
            others[device.kind] += period.ran(run).total_seconds() / 3600
    others.pop("gpu", None)
    return RunHours(ran, gpu, len(runs) - len(known), tuple(sorted(others.items())))


def _heard(run: Run) -> float:
    last = _last(run)
    return last.timestamp() if last else 0.0


def _last(run: Run) -> datetime | None:
    return run.heartbeat or run.created
