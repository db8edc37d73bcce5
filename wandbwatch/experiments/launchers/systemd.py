"""``systemd-run``: a unit of the user's or the system's manager.

A unit goes on without the program that asked for it, and has the manager's
environment and directory.
https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html
"""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, has, value

_UNIT = ("--unit", "-u")


def words(launch: Launch) -> Sequence[str]:
    program, *given = launch.launcher
    if has(given, "--scope"):
        return launch.launcher  # a child of its own, as any other program
    ours = [] if has(given, *_UNIT) else [f"--unit={launch.name}"]
    ours += [] if has(given, "--wait") else ["--wait"]
    ours += [] if has(given, "--collect", "-G") else ["--collect"]
    ours += [] if has(given, "--pipe", "-P", "--pty", "-t") else ["--pipe"]
    if not has(given, "--same-dir", "-d", "--working-directory"):
        ours.append("--same-dir")
    # A name alone stands for its value here.
    ours += [f"--setenv={name}" for name in sorted({*launch.variables, "PATH"})]
    return [program, *ours, *given]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    given = launch.launcher
    if has(given, "--scope"):
        return None
    return [*_manager(launch), "stop", _unit(launch)]


def going(launch: Launch) -> Sequence[str] | None:
    if has(launch.launcher, "--scope"):
        return None
    return [*_manager(launch), "is-active", _unit(launch)]


def _manager(launch: Launch) -> list[str]:
    return ["systemctl", *(["--user"] if has(launch.launcher, "--user") else [])]


def _unit(launch: Launch) -> str:
    return value(launch.launcher, *_UNIT) or launch.name
