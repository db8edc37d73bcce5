"""One run, put together of its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wandbwatch.model.run import Json, Run
from wandbwatch.sources.local import stats
from wandbwatch.sources.local.history import goals
from wandbwatch.sources.local.log import LogEnd, RunLog, log_end, state
from wandbwatch.sources.local.records import Identity, config, identity
from wandbwatch.sources.local.summary import covers, summary


@dataclass(frozen=True)
class Want:
    """How much of a run is to be read: keys, None for all of them."""

    summary: tuple[str, ...] | None = None
    config: tuple[str, ...] | None = None
    system: bool = True
    whole: bool = True
    """Whether a new name far into a long file is to be found."""


def opened(files: Sequence[Path], stack: ExitStack) -> list[RunLog]:
    """Open the logs of one run in the order in which it wrote them."""
    logs = [stack.enter_context(RunLog(file)) for file in files]
    return sorted(logs, key=_started) if len(logs) > 1 else logs


def _started(log: RunLog) -> float:
    who = identity(log, whole=False)
    return log.written if who is None or who.started is None else who.started


def read(logs: Sequence[RunLog], want: Want, now: float) -> Run:
    """Read the run whose *logs* follow each other; *now* is in POSIX seconds."""
    known = [identity(log, whole=want.whole) for log in logs]
    ends = [log_end(log) for log in logs]
    who = next((one for one in reversed(known) if one), None)
    born = next((one for one in known if one), None)
    one = who or Identity()
    heard = _heard(logs[-1], ends[-1])
    exit_code = ends[-1].exit_code
    return Run(
        id=one.id or run_id(logs[-1].path),
        name=one.name or one.id or run_id(logs[-1].path),
        state=state(known=bool(who), exit_code=exit_code, heard=heard, now=now),
        created=_moment(born.started if born else None),
        heartbeat=_moment(heard),
        runtime=_runtime(known, ends),
        last_step=next(
            (e.last_step for e in reversed(ends) if e.last_step is not None), None
        ),
        entity=one.entity,
        project=one.project,
        group=one.group,
        job_type=one.job_type,
        tags=tuple(one.tags),
        user=one.user,
        notes=one.notes,
        sweep=one.sweep,
        host=one.host,
        exit_code=exit_code,
        config=_asked(config(logs), want.config) if want.config != () else {},
        summary=summary(logs, want.summary) if want.summary != () else {},
        system=stats.last(logs) if want.system else {},
        goals=goals(logs) if want.summary is None else {},
    )


def run_id(file: Path) -> str:
    """Return the id that a file's name has, ``run-ID.wandb``."""
    return file.stem.removeprefix("run-")


def _heard(log: RunLog, end: LogEnd) -> float:
    """Return when a run last said anything.

    A copied file is younger than its records, and a machine's clock may be wrong.
    """
    return log.written if end.heard is None else min(log.written, end.heard)


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # a broken record
        return None


def _runtime(known: Sequence[Identity | None], ends: Sequence[LogEnd]) -> float | None:
    """Add up the time that the run's parts took; what lay between does not count."""
    total: float | None = None
    for one, end in zip(known, ends, strict=True):
        if one and one.started is not None and end.heard is not None:
            before = max(total or 0.0, one.runtime)
            total = before + max(0.0, end.heard - one.started)
    return total


def _asked(whole: Mapping[str, Json], keys: Sequence[str] | None) -> Mapping[str, Json]:
    if keys is None:
        return whole
    return {k: v for k, v in whole.items() if any(covers(key, k) for key in keys)}
