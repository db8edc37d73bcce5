"""``kubectl run NAME --image=… --attach --restart=Never --``.

A pod has none of our environment, and outlives ``kubectl run``.
https://kubernetes.io/docs/reference/kubectl/generated/kubectl_run/
"""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, value

_NOT_PASSED = {"WANDB_DIR"}
"""A directory that the pod does not have."""


def words(launch: Launch) -> Sequence[str]:
    launcher = list(launch.launcher)
    if "run" not in launcher:
        return launcher
    place = launcher.index("run") + 1
    options = [f"--env={k}={v}" for k, v in launch.env.items() if k not in _NOT_PASSED]
    end = [] if "--" in launcher else ["--"]
    return [*launcher[:place], *options, *launcher[place:], *end]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    """Delete the pod, whose name is the word after ``run``."""
    del printed
    launcher = list(launch.launcher)
    named = launcher[launcher.index("run") + 1 :][:1] if "run" in launcher else []
    if not named or named[0].startswith("-"):
        return None
    place = launcher.index("run")
    where = _namespace(launcher[place:])
    return [*launcher[:place], "delete", "pod", named[0], *where, "--wait=false"]


def escaped(argument: str) -> str:
    """Double each ``$``, as a pod replaces ``$(NAME)`` with a variable."""
    return argument.replace("$", "$$")


def _namespace(launcher: Sequence[str]) -> list[str]:
    named = value(launcher, "--namespace", "-n")
    return [f"--namespace={named}"] if named else []
