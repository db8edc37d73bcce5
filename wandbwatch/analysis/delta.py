"""Changes since the last delivered report. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wandbwatch.model.cell import MISSING, Cell, Changed, Plain, latest
from wandbwatch.model.memory import Memory, StoredJson
from wandbwatch.model.report import Block, Fields, Note, Report, Table
from wandbwatch.model.run import NOT_FINITE, Json, Run, State

_STORED = StoredJson(compact=False, ascii=True, sort=True)
NAME = "seen"
"""The key that a line stores it under."""
_NAMED = 5
"""Runs named in a note; more are only counted."""


@dataclass(frozen=True)
class SeenValues:
    """The values of runs in a report that count as changes, as JSON stores them."""

    runs: Mapping[str, Mapping[str, Json]]

    @classmethod
    def of(cls, values: Mapping[str, Mapping[str, Cell]]) -> SeenValues:
        """Take the values of each run, by its id; times and durations do not count."""
        return cls(
            {
                run: {k: _written(latest(v)) for k, v in own.items() if _kept(v)}
                for run, own in values.items()
            }
        )

    @classmethod
    def read(cls, text: str | None) -> SeenValues | None:
        stored = _STORED.load(text)
        return cls(stored["runs"]) if stored else None

    def written(self) -> str:
        return _STORED.dump({"runs": self.runs})


@dataclass(frozen=True)
class Since:
    """The report to compare with: the last delivered one of its subscription."""

    seen: SeenValues | None = None
    remembered: bool = True
    """Whether there can be an earlier report: in a terminal there is none."""

    @classmethod
    def last(cls, memory: Memory | None) -> Since:
        if memory is None:
            return cls(remembered=False)
        return cls(SeenValues.read(memory.seen(NAME)))

    def cell(self, run: str, name: str, now: Cell) -> Cell:
        """Return a run's value *now*, with the earlier one if it has changed."""
        own = self.seen.runs.get(run) if self.seen else None
        if own is None or not _counts(now) or isinstance(now, Changed):
            return now
        if name not in own:
            return now if now is MISSING else Changed(now, MISSING)
        before = own[name]
        if before == _written(now):
            return now
        return Changed(now, _as(now, before))

    def notes(self, now: SeenValues, runs: Sequence[Run]) -> Iterator[Note]:
        """Say which of *runs* are new and which have ended, or why that is unknown."""
        if not self.remembered:
            yield Note(
                "--delta compares with a subscription's last report;"
                " a terminal has none"
            )
        elif self.seen is None:
            yield Note("nothing to compare with yet; the next report shows changes")
        elif self.seen.runs == now.runs:
            yield Note("no changes since the last report")
        else:
            yield from self._told(self.seen, runs)

    def _told(self, seen: SeenValues, runs: Sequence[Run]) -> Iterator[Note]:
        new = [run for run in runs if run.id not in seen.runs]
        known = [run for run in runs if run.id in seen.runs]
        ended = [run for run in known if self._ended(run)]
        if new:
            yield Note(f"new since the last report: {_names(new)}")
        if ended:
            yield Note(f"ended since the last report: {_names(ended)}")

    def _ended(self, run: Run) -> bool:
        before = self.seen.runs[run.id].get("state") if self.seen else None
        was_going = before in [state.value for state in State if state.going]
        return was_going and not run.state.going and run.state is not State.UNKNOWN


def remember(memory: Memory | None, report: Report) -> None:
    """Compare the next report with this one's fingerprint, once it is delivered."""
    if memory is not None and report.fingerprint is not None:
        memory.once_delivered(NAME, report.fingerprint())


def timeless(report: Report) -> Report:
    """Return *report* without what changes by itself: times, durations and changes."""
    return replace(report, blocks=tuple(map(_timeless, report.blocks)))


def _timeless(block: Block) -> Block:
    match block:
        case Fields():
            items = tuple((name, _lasting(cell)) for name, cell in block.items)
            return replace(block, items=items)
        case Table():
            rows = tuple(tuple(map(_lasting, row)) for row in block.rows)
            return replace(block, rows=rows)
        case _:
            return block


def _lasting(cell: Cell) -> Plain:
    return latest(cell) if _counts(cell) else MISSING


def _counts(cell: Cell) -> bool:
    return not isinstance(latest(cell), datetime | timedelta)


def _kept(cell: Cell) -> bool:
    return _counts(cell) and latest(cell) is not MISSING


def _as(now: Cell, before: Json) -> Plain:
    """Read a state back from its name in JSON."""
    if isinstance(before, str):
        if isinstance(now, State) and before in set(State):
            return State(before)
        return NOT_FINITE.get(before, before) if isinstance(now, float) else before
    return before


def _names(runs: Sequence[Run]) -> str:
    named = [f"{run.name} ({run.id}, {run.state.value})" for run in runs[:_NAMED]]
    more = len(runs) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _written(cell: Cell) -> Json:
    """Write a cell as programs read it."""
    from wandbwatch.formatting import json_values  # noqa: PLC0415 -- where nothing is compared, no need

    return json_values.value(cell)
