"""Launchers: commands that start a script elsewhere.

Any command that accepts the script and its argument is a launcher. Some end before
their job, pass no environment on or keep its output: each module here knows what one
of them needs. Pure: command lines in, command lines out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Protocol

from wandbwatch.experiments.launchers import containers, kubernetes, ray, slurm, systemd
from wandbwatch.experiments.launchers.launch import Launch

__all__ = ["Launch", "argv", "cancel", "code", "query"]


class Launcher(Protocol):
    """What a module of this package has. Command lines begin with the program."""

    def words(self, launch: Launch, /) -> Sequence[str]:
        """Return the words before the script, our own options among them."""
        ...

    def cancel(self, launch: Launch, printed: str, /) -> Sequence[str] | None:
        """Return the command that ends the job; None if a signal does.

        *printed* is the launcher's output so far.
        """
        ...


class QueryableLauncher(Protocol):
    """A launcher that can tell later whether its job still runs."""

    def query(self, launch: Launch, /) -> Sequence[str] | None:
        """Return a command that succeeds with output while the job runs."""
        ...


_QUERYABLE: dict[str, QueryableLauncher] = {
    "sbatch": slurm,
    "srun": slurm,
    "docker": containers,
    "podman": containers,
    "systemd-run": systemd,
}
_LAUNCHERS: dict[str, Launcher] = {
    "sbatch": slurm,
    "srun": slurm,
    "ray": ray,
    "docker": containers,
    "podman": containers,
    "kubectl": kubernetes,
    "systemd-run": systemd,
}


def argv(launch: Launch) -> list[str]:
    """Return the whole command line."""
    known = _known(launch)
    words = known.words(launch) if known else launch.launcher
    argument = launch.argument
    if known is kubernetes:
        argument = kubernetes.escaped(argument)
    return [*words, launch.script, argument]


def cancel(launch: Launch, printed: str) -> list[str] | None:
    """Return the command that ends the job; None if a signal does."""
    known = _known(launch)
    words = known.cancel(launch, printed) if known else None
    return list(words) if words else None


def query(launch: Launch) -> list[str] | None:
    """Return the command that succeeds with output while the job runs; None if only
    the launcher's own process knows."""
    program = PurePath(launch.launcher[0]).name if launch.launcher else ""
    known = _QUERYABLE.get(program)
    words = known.query(launch) if known else None
    return list(words) if words else None


def code(launch: Launch, code: int, printed: str) -> int:
    """Return the script's exit code, given the launcher's *code* and last output.

    Negative for a signal.
    """
    return ray.code(code, printed) if _known(launch) is ray else code


def _known(launch: Launch) -> Launcher | None:
    if not launch.launcher:
        return None
    return _LAUNCHERS.get(PurePath(launch.launcher[0]).name)
