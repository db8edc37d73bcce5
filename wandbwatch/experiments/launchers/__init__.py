"""What starts a script elsewhere, and ends it there.

Any command that is given the script and its argument is a launcher. Some end without
what they started, take no environment along or keep its output to themselves: what
those need beside is known here. Pure: words go in and come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Protocol

from wandbwatch.experiments.launchers import containers, kubernetes, ray, slurm, systemd
from wandbwatch.experiments.launchers.launch import Launch

__all__ = ["Launch", "argv", "cancel", "code", "going"]


class Launcher(Protocol):
    """What a module of this package offers; words begin with the program."""

    def words(self, launch: Launch, /) -> Sequence[str]:
        """Return what stands before the script, with what we need beside it."""
        ...

    def cancel(self, launch: Launch, printed: str, /) -> Sequence[str] | None:
        """Return the command that ends it, or None where a signal does.

        *printed* is what the launcher has said so far.
        """
        ...


class QueryableLauncher(Protocol):
    """A launcher that can be asked later whether what it started goes on."""

    def going(self, launch: Launch, /) -> Sequence[str] | None:
        """Return a command that succeeds and says something while it does."""
        ...


_ASKING: dict[str, QueryableLauncher] = {
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
    """Return the command that ends what was started; None where a signal does."""
    known = _known(launch)
    words = known.cancel(launch, printed) if known else None
    return list(words) if words else None


def going(launch: Launch) -> list[str] | None:
    """Return the command that says whether what was started goes on; None where no
    launcher knows more than its own process."""
    program = PurePath(launch.launcher[0]).name if launch.launcher else ""
    known = _ASKING.get(program)
    words = known.going(launch) if known else None
    return list(words) if words else None


def code(launch: Launch, code: int, printed: str) -> int:
    """Return the script's own exit code, where its launcher only says it in words.

    Negative for a signal.
    """
    return ray.code(code, printed) if _known(launch) is ray else code


def _known(launch: Launch) -> Launcher | None:
    if not launch.launcher:
        return None
    return _LAUNCHERS.get(PurePath(launch.launcher[0]).name)
