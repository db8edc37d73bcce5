"""``docker run`` and ``podman run``.

A container's first process ignores most signals, and outlives ``docker run``.
https://docs.docker.com/reference/cli/docker/container/run/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wandbwatch.experiments.launchers.launch import (
    GONE,
    Answer,
    JobState,
    Launch,
    has,
    value,
)

_EXITED = re.compile(r"(?:Exited|Dead) ?\((\d+)\)")
_SIGNALS = 128
"""Docker's exit codes above it are signals."""

_NOT_PASSED = {"WANDB_DIR"}
"""A directory that the container lacks."""


def words(launch: Launch) -> Sequence[str]:
    launcher = list(launch.launcher)
    if "run" not in launcher:
        return launcher
    place = launcher.index("run") + 1
    options = [] if has(launcher[place:], "--name") else ["--name", launch.name]
    passed = sorted(launch.variables - _NOT_PASSED)
    # A name without a value passes our own value on.
    options += [word for name in passed for word in ("--env", name)]
    return [*launcher[:place], *options, *launcher[place:]]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    launcher = list(launch.launcher)
    if "run" not in launcher:
        return None
    place = launcher.index("run")
    return [*launcher[:place], "stop", _name(launch)]


def question(launches: Sequence[Launch]) -> Sequence[str]:
    """Ask for the containers by name, running and ended."""
    launcher = list(launches[0].launcher)
    wanted = [word for one in launches for word in ("--filter", f"name=^{_name(one)}$")]
    program = launcher[: launcher.index("run")]
    return [*program, "ps", "--all", "--format={{.Names}}\t{{.Status}}", *wanted]


def answers(
    launches: Sequence[Launch], code: int, printed: str
) -> Mapping[tuple[str, int | None], Answer] | None:
    """Read the answer to `question`: ``Up 2 hours``, ``Exited (7) 3 minutes ago``."""
    if code != 0:
        return None
    status = dict(line.partition("\t")[::2] for line in printed.splitlines())
    return {(one.name, one.index): _answer(status.get(_name(one))) for one in launches}


def _answer(status: str | None) -> Answer:
    if status is None:
        return GONE
    if exited := _EXITED.match(status):
        code = int(exited[1])
        return Answer(JobState.ENDED, code if code <= _SIGNALS else _SIGNALS - code)
    state = JobState.WAITING if status.startswith("Created") else JobState.RUNNING
    return Answer(state)


def _name(launch: Launch) -> str:
    launcher = list(launch.launcher)
    return value(launcher[launcher.index("run") :], "--name") or launch.name
