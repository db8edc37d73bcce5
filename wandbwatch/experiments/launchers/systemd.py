"""``systemd-run``: a unit of the user's or the system's manager.

A unit outlives ``systemd-run``, and has the manager's environment and directory.
https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wandbwatch.experiments.launchers.launch import (
    GONE,
    Answer,
    JobState,
    Launch,
    has,
    value,
)
from wandbwatch.model.experiment import Cause

_UNIT = ("--unit", "-u")
_ATTACHED = ("--scope", "--pty", "-t")
_TIMES = ("ExecMainStartTimestamp", "ExecMainExitTimestamp")
_PROPERTIES = (
    *("Id", "LoadState", "ActiveState", "Result", "ExecMainCode", "ExecMainStatus"),
    *_TIMES,
)
_EXITED = "1"
"""``CLD_EXITED``; 2 and 3 are signals."""
_CAUSES = {"oom-kill": Cause.OOM, "timeout": Cause.TIMEOUT, "watchdog": Cause.TIMEOUT}


def words(launch: Launch) -> Sequence[str]:
    program, *arguments = launch.launcher
    if has(arguments, "--scope"):
        return launch.launcher  # its own child, as with any other program
    options = [] if has(arguments, *_UNIT) else [f"--unit={launch.name}"]
    options += [] if has(arguments, "--wait") else ["--wait"]
    options += [] if has(arguments, "--collect", "-G") else ["--collect"]
    options += [] if has(arguments, "--pipe", "-P", "--pty", "-t") else ["--pipe"]
    return [program, *options, *_environment(launch), *arguments]


def is_batch(launch: Launch) -> bool:
    """Whether the unit is started and then watched by questions."""
    return not has(launch.launcher[1:], *_ATTACHED)


def submission(launch: Launch) -> Sequence[str]:
    """Start the unit and return. It is kept after its end until we have read that."""
    program, *arguments = launch.launcher
    dropped = ("--wait", "--collect", "-G", "--pipe", "-P")
    arguments = [word for word in arguments if word not in dropped]
    options = [] if has(arguments, *_UNIT) else [f"--unit={launch.name}"]
    options += ["--remain-after-exit"]
    for stream in ("StandardOutput", "StandardError"):
        if not any(f"{stream}=" in word for word in arguments):
            options.append(f"--property={stream}=append:{launch.log}")
    return [
        *(program, *options, *_environment(launch), *arguments),
        *(launch.script, launch.argument),
    ]


def _environment(launch: Launch) -> list[str]:
    arguments, options = launch.launcher[1:], []
    if not has(arguments, "--same-dir", "-d", "--working-directory"):
        options.append("--same-dir")
    # A name without a value passes our own value on.
    options += [f"--setenv={name}" for name in sorted({*launch.variables, "PATH"})]
    return options


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    launcher = launch.launcher
    if has(launcher, "--scope"):
        return None
    return [*manager(launch), "stop", _unit(launch)]


def question(launches: Sequence[Launch]) -> Sequence[str]:
    shown = ",".join(_PROPERTIES)
    units = map(_unit, launches)
    return [
        *(*manager(launches[0]), "show", "--timestamp=unix"),
        *(f"--property={shown}", *units),
    ]


def answers(
    launches: Sequence[Launch], code: int, printed: str
) -> Mapping[tuple[str, int | None], Answer] | None:
    """Read the answer to `question`; None if systemd did not answer."""
    if code != 0:
        return None
    found = {}
    for block in printed.strip().split("\n\n"):
        shown = dict(line.partition("=")[::2] for line in block.splitlines())
        found[shown.get("Id", "").removesuffix(".service")] = _answer(shown)
    return {
        (launch.name, launch.index): found.get(
            _unit(launch).removesuffix(".service"), GONE
        )
        for launch in launches
    }


def _answer(shown: Mapping[str, str]) -> Answer:
    if shown.get("LoadState") == "not-found":
        return GONE
    started, ended = map(_moment, (shown[name] for name in _TIMES))
    if shown["ExecMainCode"] == "0" and shown["ActiveState"] != "failed":
        return Answer(JobState.RUNNING, started=started)
    status = int(shown["ExecMainStatus"])
    code = status if shown["ExecMainCode"] == _EXITED else -status
    result = shown["Result"]
    known = shown["ExecMainCode"] != "0"  # else it never started
    cause = _CAUSES.get(result)
    reason = "" if result in ("success", "exit-code", "signal") else result
    return Answer(
        JobState.ENDED, code if known else None, cause, reason, "", started, ended
    )


def _moment(text: str) -> float | None:
    return float(text[1:]) if text.startswith("@") else None


def forget(launch: Launch, answer: Answer) -> Sequence[str]:
    """Return the command that removes the unit, once its end is recorded."""
    verb = "stop" if answer.code == 0 else "reset-failed"
    return [*manager(launch), verb, _unit(launch)]


def manager(launch: Launch) -> list[str]:
    return ["systemctl", *(["--user"] if has(launch.launcher, "--user") else [])]


def _unit(launch: Launch) -> str:
    return value(launch.launcher, *_UNIT) or launch.name
