"""Whether a local run goes on, and how it ended."""

from __future__ import annotations

from wandbwatch.model.run import State

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
