"""One run, put together of its logs."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Json, Run, Series, State
from wandbwatch.sources.local.beside import (
    Beside,
    beside,
    config_file,
    directory_time,
)
from wandbwatch.sources.local.history import expect, goals
from wandbwatch.sources.local.items import plottable
from wandbwatch.sources.local.log import SILENCE, LogEnd, RunLog, log_end, state
from wandbwatch.sources.local.records import (
    Identity,
    config,
    identity,
    last_measured,
    merged,
    start,
)
from wandbwatch.sources.local.summary import covers, summary
from wandbwatch.sources.local.wire import HEADER, STATS

SYSTEM = "system/"
"""What the keys of system metrics begin with."""


@dataclass(frozen=True)
class Want:
    """How much of a run to read: keys, None for all of them."""

    summary: tuple[str, ...] | None = None
    config: tuple[str, ...] | None = None
    system: bool = True
    whole: bool = True
    """Whether to find a new name far into a long file."""
    start: bool = False
    """Whether to read only when it started, where its first record says so."""

    def covers(self, other: Want) -> bool:
        """Whether a run that is read so has what *other* wants of it."""
        pairs = ((self.summary, other.summary), (self.config, other.config))
        return (
            self.start <= other.start
            and self.system >= other.system
            and self.whole >= other.whole
            and all(
                ours is None or (theirs is not None and set(theirs) <= set(ours))
                for ours, theirs in pairs
            )
        )


def opened(files: Sequence[Path], stack: ExitStack) -> list[RunLog]:
    """Open the logs of one run in the order in which it wrote them."""
    logs = [stack.enter_context(RunLog(file)) for file in files]
    return sorted(logs, key=_start) if len(logs) > 1 else logs


class Opened(ExitStack):
    """The large logs that were opened to read their runs, for the runs' curves.

    They are read once for both.
    """

    def __init__(self, keys: Sequence[str], axis: Axis) -> None:
        super().__init__()
        self.keys, self.axis = keys, axis
        self._logs: dict[Path, tuple[list[RunLog], ExitStack]] = {}

    def expect(self, logs: Sequence[RunLog]) -> None:
        logged = [key for key in self.keys if not key.startswith(SYSTEM)]
        expect(logs, logged, self.axis)
        names = [key.removeprefix(SYSTEM) for key in self.keys if key not in logged]
        for log in logs if names else ():
            if log.index:
                log.index.expect_measures(names)

    def keep(self, files: Sequence[Path], logs: list[RunLog], stack: ExitStack) -> None:
        """Keep *logs* open, which *stack* would close."""
        if any(log.index for log in logs):
            self._logs[files[0]] = logs, self.enter_context(stack.pop_all())

    def logs(self, files: Sequence[Path], stack: ExitStack) -> list[RunLog]:
        """Return the logs in *files*, which *stack* is to close."""
        if files[0] not in self._logs:
            return opened(files, stack)
        logs, kept = self._logs.pop(files[0])
        stack.enter_context(kept)
        return logs


def begun(files: Sequence[Path]) -> Run | None:
    """Return a run with its start alone; None where its files begin otherwise."""
    with ExitStack() as stack:
        starts = [start(stack.enter_context(RunLog(file))) for file in files]
    known = [one for one in starts if one is not None]
    if len(known) < len(files):
        return None
    name = run_id(files[-1])
    return Run(name, name, State.UNKNOWN, created=_moment(min(known)))


def _start(log: RunLog) -> float:
    who = identity(log, whole=False)
    started = who.started if who else None
    return started or directory_time(log.path) or log.written


@dataclass(frozen=True)
class Part:
    """One log of a run: what a process of it wrote. Times are POSIX seconds."""

    log: RunLog
    who: Identity | None
    end: LogEnd
    files: Beside
    """Empty where the log has the exit, and is whole."""
    now: float

    @cached_property
    def ahead(self) -> bool:
        """Whether the files have more than the log."""
        if self.files.step is None or self.end.last_step is None:
            return bool(self.files.summary) and self.end.last_step is None
        return self.files.step > self.end.last_step

    @cached_property
    def started(self) -> float | None:
        if self.who and self.who.started is not None:
            return self.who.started
        return self.files.started or (
            None if self.who else directory_time(self.log.path)
        )

    @cached_property
    def heard(self) -> float | None:
        """When it last logged anything: by its records, else by its start.

        The file's own time is that of a copy as soon as somebody copies it, so it
        counts only where a run has just started, or has a clock that is ahead.
        """
        known = [self.end.heard, self.files.heard if self.ahead else None]
        heard = max((time for time in known if time is not None), default=None)
        written = self.log.written
        if heard is not None:
            ahead = self.end.exit_code is None and heard > self.now
            return min(heard, written) if ahead else heard
        if self.started is None:
            return written if self.end.exit_code is None else None
        earlier = self.who.runtime if self.who else 0
        ran = self.files.runtime if self.ahead else self.end.runtime - earlier
        last = self.started + max(0.0, ran)
        may_run = self.end.exit_code is None and self.now - last < _FRESH
        return max(last, written) if may_run else last

    @cached_property
    def exit_code(self) -> int | None:
        """Its exit code; the SDK's own log has it where the record is missing."""
        if self.end.exit_code is not None or not self._silent:
            return self.end.exit_code
        return self.files.exit_code

    @property
    def state(self) -> State:
        if self.exit_code is None and self._silent and self._lost_its_end:
            return State.UNKNOWN
        known = bool(self.who or self.files)
        heard = self.log.written if self.heard is None else self.heard
        return state(known=known, exit_code=self.exit_code, heard=heard, now=self.now)

    @property
    def _silent(self) -> bool:
        return self.heard is None or self.now - self.heard > SILENCE

    @property
    def _lost_its_end(self) -> bool:
        """Whether the run went on after the log ends: it may have finished."""
        if not self.ahead:
            return False
        if self.files.heard is None or self.end.heard is None:
            return True
        return self.files.heard - self.end.heard > _UNFLUSHED

    @property
    def caveats(self) -> Iterator[str]:
        if self.ahead:
            step, there = self.end.last_step, self.files.step
            ends = "is empty" if step is None else f"ends at step {step}"
            upto = "" if there is None else f" up to step {there}"
            text = f"the .wandb file {ends}, cut short; values{upto} come from files/"
            lost = self.state is State.UNKNOWN
            yield f"{text}; how the run ended is unknown" if lost else text
        elif not self.who and self.log.size > HEADER:
            yield "the .wandb file is damaged or cut short: it has no run record"
        elif not self.who and self._silent:
            yield "the .wandb file is empty: it was cut short or never written out"


_FRESH = 86_400.0
"""Seconds from its start in which a run without a timed record may be running."""
_UNFLUSHED = 60.0
"""Seconds that a run's files may be ahead of a log that is whole: the SDK writes them
at different times."""


def _part(log: RunLog, *, whole: bool, now: float) -> Part:
    who, end = identity(log, whole=whole), log_end(log)
    files = Beside() if end.exit_code is not None else beside(log.path)
    return Part(log, who, end, files, now)


def read(logs: Sequence[RunLog], want: Want, now: float) -> Run:
    """Read the run whose *logs* follow each other; *now* is in POSIX seconds."""
    for log in logs if want.system else ():
        if log.index:
            log.index.expect({STATS})
    # First of all, since it tells which blocks the others have to look at.
    last_values = summary(logs, want.summary) if want.summary != () else {}
    parts = [_part(log, whole=want.whole, now=now) for log in logs]
    last = parts[-1]
    one = merged([part.who for part in parts if part.who])
    steps = [s for p in parts for s in (p.end.last_step, p.files.step) if s is not None]
    name = run_id(last.log.path)
    its_config, caveats = _config(parts, want.config)
    run = Run(
        id=one.id or name,
        name=one.name or one.id or name,
        state=last.state,
        created=_moment(parts[0].started),
        heartbeat=_moment(last.heard),
        runtime=_runtime(parts),
        last_step=max(steps, default=None),
        entity=one.entity,
        project=one.project,
        group=one.group,
        job_type=one.job_type,
        tags=tuple(one.tags),
        user=one.user or last.files.text("username"),
        notes=one.notes,
        sweep=one.sweep,
        host=one.host or last.files.text("host"),
        exit_code=last.exit_code,
        config=its_config,
        summary=_with_files(last_values, parts[-1], want.summary),
        system=last_measured(logs) if want.system else {},
        goals=goals(logs) if want.summary is None else {},
        spans=tuple(_spans(parts)),
        caveats=(*last.caveats, *caveats),
    )
    return noted(run, logs)


def noted(run: Run, logs: Sequence[RunLog]) -> Run:
    """Note on *run* how many blocks of its *logs* are damaged, as far as read."""
    known = (t.partition(" ")[0] for t in run.caveats if t.endswith(_SKIPPED))
    count = max(sum(len(log.damaged) for log in logs), *map(int, known), 0)
    others = tuple(text for text in run.caveats if not text.endswith(_SKIPPED))
    blocks = f"{count} damaged block{'s' if count > 1 else ''}"
    return replace(run, caveats=(*others, f"{blocks} {_SKIPPED}")) if count else run


_SKIPPED = "of its .wandb file skipped"


def _config(
    parts: Sequence[Part], keys: Sequence[str] | None
) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    """Return the asked configuration, and a caveat where it is not from the logs."""
    if keys == ():
        return {}, ()
    if found := config([part.log for part in parts]):
        return _asked(found, keys), ()
    for part in reversed(parts):
        cut = part.end.exit_code is None or part.log.damaged or not part.who
        if cut and (found := config_file(part.log.path)):
            why = "the .wandb file has no config; its values come from"
            return _asked(found, keys), (f"{why} files/config.yaml",)
    return {}, ()


def _with_files(
    summary: Mapping[str, Json], part: Part, keys: Sequence[str] | None
) -> dict[str, Json]:
    found = dict(summary)
    if part.ahead:
        found |= _asked(part.files.summary, keys)
    return dict(sorted(found.items()))


def lengthened(
    found: Mapping[str, Series],
    logs: Sequence[RunLog],
    keys: Sequence[str],
    axis: Axis,
    now: float,
) -> dict[str, Series]:
    """Add to series of history *keys* the last values in the files beside a log that
    was cut short: of keys whose summary is their last row's value, where it is known.
    """
    part = _part(logs[-1], whole=False, now=now)
    x = part.heard if axis.kind is AxisKind.WALL else part.files.place(axis)
    longer = dict(found)
    if not part.ahead or x is None:
        return longer
    rows = summary(logs, keys)
    for key in keys:
        value = plottable(part.files.summary.get(key))
        xs, ys = (found[key].x, found[key].y) if key in found else ((), ())
        last = plottable(rows.get(key))
        follows = not len(ys) or key[:1] == "_" or last is None or _same(last, ys[-1])
        if value is None or not follows or (len(xs) and xs[-1] >= x):
            continue
        longer[key] = Series(
            key, array("d", [*xs, x]), array("d", [*ys, value]), sampled=True, exact=x
        )
    return longer


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # a broken record
        return None


def _runtime(parts: Sequence[Part]) -> float | None:
    """Add up the time that the run's parts took, without the gaps between them."""
    total: float | None = None
    for part in parts:
        if part.started is not None and part.heard is not None:
            before = max(total or 0.0, part.who.runtime if part.who else 0.0)
            total = before + max(0.0, part.heard - part.started)
    return total or None


def _spans(parts: Sequence[Part]) -> Iterator[tuple[datetime, datetime]]:
    for part in parts:
        start, end = _moment(part.started), _moment(part.heard)
        if start and end:
            yield start, max(start, end)


def run_id(file: Path) -> str:
    """Return the id in a file's name, ``run-ID.wandb``."""
    return file.stem.removeprefix("run-")


def _asked(whole: Mapping[str, Json], keys: Sequence[str] | None) -> Mapping[str, Json]:
    if keys is None:
        return whole
    return {k: v for k, v in whole.items() if any(covers(key, k) for key in keys)}
