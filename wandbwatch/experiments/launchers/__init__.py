"""Launchers: commands that start a script elsewhere.

Any command that accepts the script and its argument is a launcher. Some end before
their job, pass no environment on or keep its output: each module here knows what one
of them needs. Pure: command lines in, command lines out.

An *engine* keeps a job after its launcher has ended, and can be asked about it: Slurm,
Ray, systemd, Docker, Kubernetes.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Protocol

from wandbwatch.experiments.launchers import containers, kubernetes, ray, slurm, systemd
from wandbwatch.experiments.launchers.launch import (
    GONE,
    Answer,
    JobState,
    Launch,
    has,
)

__all__ = [
    "Answer",
    "JobState",
    "Launch",
    "answers",
    "argv",
    "array",
    "cancel",
    "cluster",
    "code",
    "engine",
    "forget",
    "has_engine",
    "output",
    "question",
    "queues",
    "submission",
    "submits",
]

Answers = Mapping[tuple[str, int | None], Answer]
"""The answers by the name and the index of a launch."""


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


class Engine(Launcher, Protocol):
    """A module whose jobs can be asked about."""

    def answers(
        self, launches: Sequence[Launch], code: int, printed: str, /
    ) -> Answers | None:
        """Read the output of the question; None if the engine did not answer."""
        ...


_LAUNCHERS: dict[str, Launcher] = {
    "sbatch": slurm,
    "srun": slurm,
    "ray": ray,
    "docker": containers,
    "podman": containers,
    "kubectl": kubernetes,
    "systemd-run": systemd,
}
_USER_BUS = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_ENGINES: tuple[tuple[Engine, str], ...] = (
    (slurm, "Slurm"),
    (ray, "Ray"),
    (containers, "the container engine"),
    (kubernetes, "Kubernetes"),
    (systemd, "systemd"),
)


def argv(launch: Launch) -> list[str]:
    """Return the whole command line of a launcher that stays until the job's end."""
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


def code(launch: Launch, code: int, printed: str) -> int:
    """Return the script's exit code, given the launcher's *code* and last output.

    Negative for a signal.
    """
    return ray.code(code, printed) if _known(launch) is ray else code


def engine(launch: Launch) -> str:
    """Name the engine that can be asked about the job; empty if there is none."""
    module = _engine(launch)
    return next((name for one, name in _ENGINES if one is module), "")


def has_engine(launcher: Sequence[str]) -> bool:
    """Whether *launcher* hands a script to an engine."""
    return bool(engine(Launch(launcher, "", "", "", "")))


def _engine(launch: Launch) -> Engine | None:
    known = _known(launch)
    if known is slurm:
        return slurm if slurm.is_batch(launch) or _own_name(launch) else None
    if known is containers:
        return containers if "run" in launch.launcher else None
    if known is ray:
        return ray if ray.is_batch(launch) else None
    if known is systemd:
        return systemd if systemd.is_batch(launch) else None
    if known is kubernetes:
        return kubernetes if kubernetes.is_batch(launch) else None
    return None


def _own_name(launch: Launch) -> bool:
    return not has(launch.launcher[1:], "--job-name", "-J")


def submits(launch: Launch, *, detached: bool) -> bool:
    """Whether the job is submitted, so that no launcher stays.

    A terminal gets the output of Ray from its launcher.
    """
    module = _engine(launch)
    if module is slurm:
        return slurm.is_batch(launch)
    return module in (systemd, kubernetes) or (module is ray and detached)


def cluster(launch: Launch, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a key that two launches share if one question can ask for both."""
    if not launch.launcher:
        return ()
    module = _engine(launch)
    names = (*("SLURM_CONF", "SLURM_CLUSTERS", "KUBECONFIG"), *_USER_BUS)
    variables = [environ.get(name, "") for name in names]
    if module is ray:
        variables += [ray.address(launch, environ, ""), environ.get("RAY_ADDRESS", "")]
    if module is kubernetes:
        variables += kubernetes.program(launch)
    if module is systemd:
        variables += systemd.manager(launch)
    program = shutil.which(launch.launcher[0], path=environ.get("PATH"))
    return (engine(launch), program or "", *variables)


def queues(launch: Launch) -> bool:
    """Whether the job may wait in a queue before it runs."""
    return _engine(launch) in (slurm, ray, kubernetes)


def array(launch: Launch) -> bool:
    """Whether several jobs are submitted at once, as a job array."""
    return _engine(launch) is slurm and slurm.is_batch(launch)


def submission(launch: Launch) -> Sequence[str]:
    """Return the command that submits one job and returns."""
    module = _engine(launch)
    if module is ray:
        return ray.submission(launch)
    if module is systemd:
        return systemd.submission(launch)
    return kubernetes.submission(launch)


def question(
    launches: Sequence[Launch], environ: Mapping[str, str], printed: str
) -> Sequence[str]:
    """Return the command that asks the engine for all *launches* at once.

    *printed* is the output of a submission.
    """
    module = _engine(launches[0])
    if module is ray:
        return ray.question(ray.address(launches[0], environ, printed))
    if module is slurm:
        return slurm.question(launches)
    if module is systemd:
        return systemd.question(launches)
    if module is containers:
        return containers.question(launches)
    return kubernetes.question(launches)


def later_question(launches: Sequence[Launch]) -> Sequence[str] | None:
    """Return the command that asks for jobs that the engine has forgotten."""
    return slurm.later_question(launches) if _engine(launches[0]) is slurm else None


def answers(launches: Sequence[Launch], code: int, printed: str) -> Answers | None:
    """Read the output of `question`; None if the engine did not answer."""
    module = _engine(launches[0])
    return module.answers(launches, code, printed) if module else None


def later_answers(launches: Sequence[Launch], code: int, printed: str) -> Answers:
    """Read the output of `later_question`."""
    return slurm.later_answers(launches, code, printed)


def output(
    launch: Launch, environ: Mapping[str, str], printed: str
) -> Sequence[str] | None:
    """Return the command that prints a submitted job's output; None if its log has it.

    *printed* is the output of the submission.
    """
    if _engine(launch) is ray:
        return ray.output(launch, ray.address(launch, environ, printed))
    return kubernetes.output(launch) if _engine(launch) is kubernetes else None


def forget(launch: Launch, answer: Answer) -> Sequence[str] | None:
    """Return the command that removes an ended job, if its engine keeps it."""
    if _engine(launch) is systemd and answer is not GONE:
        return systemd.forget(launch, answer)
    return None


def _known(launch: Launch) -> Launcher | None:
    if not launch.launcher:
        return None
    return _LAUNCHERS.get(PurePath(launch.launcher[0]).name)
