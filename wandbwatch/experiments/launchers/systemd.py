"""``systemd-run``: a unit of the user's or the system's manager.

A unit outlives ``systemd-run``, and has the manager's environment and directory.
https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html
"""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, has, value

_UNIT = ("--unit", "-u")


def words(launch: Launch) -> Sequence[str]:
    program, *arguments = launch.launcher
    if has(arguments, "--scope"):
        return launch.launcher  # its own child, as with any other program
    options = [] if has(arguments, *_UNIT) else [f"--unit={launch.name}"]
    options += [] if has(arguments, "--wait") else ["--wait"]
    options += [] if has(arguments, "--collect", "-G") else ["--collect"]
    options += [] if has(arguments, "--pipe", "-P", "--pty", "-t") else ["--pipe"]
    if not has(arguments, "--same-dir", "-d", "--working-directory"):
        options.append("--same-dir")
    # A name without a value passes our own value on.
    options += [f"--setenv={name}" for name in sorted({*launch.variables, "PATH"})]
    return [program, *options, *arguments]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    launcher = launch.launcher
    if has(launcher, "--scope"):
        return None
    return [*_manager(launch), "stop", _unit(launch)]


def query(launch: Launch) -> Sequence[str] | None:
    if has(launch.launcher, "--scope"):
        return None
    return [*_manager(launch), "is-active", _unit(launch)]


def _manager(launch: Launch) -> list[str]:
    return ["systemctl", *(["--user"] if has(launch.launcher, "--user") else [])]


def _unit(launch: Launch) -> str:
    return value(launch.launcher, *_UNIT) or launch.name
