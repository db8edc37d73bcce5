"""The end of a log: what the run said last, and whether it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wandbwatch.model.run import State
from wandbwatch.sources.local.framing import Kinds, Record
from wandbwatch.sources.local.history import step
from wandbwatch.sources.local.key_scanner import Needle
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import (
    EXIT,
    HISTORY,
    OUTPUT_RAW,
    STATS,
    fields,
    signed,
    timestamp,
    varint,
)

_TIMESTAMP = Needle("_timestamp")
_EXIT_CODE = 1
_TIME_FIELD = 2  # of stats and of console output


@dataclass
class Ending:
    exit_code: int | None = None
    """What the run exited with; None while it has not."""
    heard: float | None = None
    """POSIX seconds of the newest record that has a time."""
    last_step: int | None = None
    """The step of the newest history row."""


def ending(log: RunLog) -> Ending:
    """Read *log* from its end back to its last history row."""
    end = Ending()
    for kind, data, at, stop in log.backward({EXIT, HISTORY, STATS, OUTPUT_RAW}):
        if kind == EXIT:
            end = Ending(exit_code=_exit_code(data, at, stop), heard=end.heard)
            continue
        when = _time(kind, data, at, stop)
        if when is not None:
            end.heard = max(when, end.heard or when)
        if kind == HISTORY:
            end.last_step = int(step(data, at, stop, 0))
            # An exit, if there is one, comes after the last row.
            break
    return end


def until_exit(log: RunLog, wanted: Kinds) -> Iterator[Record]:
    """Yield *wanted* records before the exit, if there was one, the newest first."""
    exited = ending(log).exit_code is not None
    for record in log.backward({*wanted, EXIT}):
        if record[0] == EXIT:
            exited = False
        elif not exited:
            yield record


def _time(kind: int, data: bytes, at: int, end: int) -> float | None:
    if kind == HISTORY:
        return _TIMESTAMP.value(data, at, end)
    for number, start, stop in fields(data, at, end):
        if number == _TIME_FIELD:
            return timestamp(data, start, stop)
    return None


def _exit_code(data: bytes, at: int, end: int) -> int:
    """Return an exit's code; 0 is left out by the format."""
    for number, start, _ in fields(data, at, end):
        if number == _EXIT_CODE:
            return signed(varint(data, start)[0])
    return 0


SILENCE = 600.0
"""Seconds after which a run that says nothing is taken for crashed, as LEET does."""
_CRASHED = 254  # what wandb-core writes for a run whose process went away


def state(*, known: bool, exit_code: int | None, heard: float, now: float) -> State:
    """Tell the state of a run that was last heard of at *heard* (POSIX seconds).

    *known* says that it has a run record.
    """
    if exit_code is not None:
        if exit_code == 0:
            return State.FINISHED
        return State.CRASHED if exit_code == _CRASHED else State.FAILED
    if not known:
        return State.UNKNOWN
    return State.CRASHED if now - heard > SILENCE else State.RUNNING
