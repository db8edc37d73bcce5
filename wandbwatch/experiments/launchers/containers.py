"""``docker run`` and ``podman run``.

A container's first process ignores most signals, and outlives ``docker run``.
https://docs.docker.com/reference/cli/docker/container/run/
"""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, has, value

_NOT_PASSED = {"WANDB_DIR"}
"""A directory that the container does not have."""


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


def query(launch: Launch) -> Sequence[str] | None:
    launcher = list(launch.launcher)
    if "run" not in launcher:
        return None
    wanted = f"name=^{_name(launch)}$"
    return [*launcher[: launcher.index("run")], "ps", "--quiet", "--filter", wanted]


def _name(launch: Launch) -> str:
    launcher = list(launch.launcher)
    return value(launcher[launcher.index("run") :], "--name") or launch.name
