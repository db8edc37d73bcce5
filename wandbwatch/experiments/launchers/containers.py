"""``docker run`` and ``podman run``.

A container's first process ignores most signals, and outlives the program that
started it. https://docs.docker.com/reference/cli/docker/container/run/
"""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, has, value

_ELSEWHERE = {"WANDB_DIR"}
"""What names a place that a container does not have."""


def words(launch: Launch) -> Sequence[str]:
    given = list(launch.launcher)
    if "run" not in given:
        return given
    at = given.index("run") + 1
    ours = [] if has(given[at:], "--name") else ["--name", launch.name]
    passed = sorted(launch.variables - _ELSEWHERE)
    # A name alone stands for its value here.
    ours += [word for name in passed for word in ("--env", name)]
    return [*given[:at], *ours, *given[at:]]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    given = list(launch.launcher)
    if "run" not in given:
        return None
    at = given.index("run")
    return [*given[:at], "stop", _name(launch)]


def going(launch: Launch) -> Sequence[str] | None:
    given = list(launch.launcher)
    if "run" not in given:
        return None
    wanted = f"name=^{_name(launch)}$"
    return [*given[: given.index("run")], "ps", "--quiet", "--filter", wanted]


def _name(launch: Launch) -> str:
    given = list(launch.launcher)
    return value(given[given.index("run") :], "--name") or launch.name
