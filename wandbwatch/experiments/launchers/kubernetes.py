"""``kubectl run NAME --image=… --attach --restart=Never --``.

A pod has none of our environment, and goes on without us.
https://kubernetes.io/docs/reference/kubectl/generated/kubectl_run/
"""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, value

_ELSEWHERE = {"WANDB_DIR"}


def words(launch: Launch) -> Sequence[str]:
    given = list(launch.launcher)
    if "run" not in given:
        return given
    at = given.index("run") + 1
    ours = [f"--env={k}={v}" for k, v in launch.env.items() if k not in _ELSEWHERE]
    end = [] if "--" in given else ["--"]
    return [*given[:at], *ours, *given[at:], *end]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    """Delete the pod, whose name is the word after ``run``."""
    del printed
    given = list(launch.launcher)
    named = given[given.index("run") + 1 :][:1] if "run" in given else []
    if not named or named[0].startswith("-"):
        return None
    at = given.index("run")
    where = _namespace(given[at:])
    return [*given[:at], "delete", "pod", named[0], *where, "--wait=false"]


def escaped(argument: str) -> str:
    """Write ``$`` so that a pod takes it for itself: ``$(NAME)`` is a variable."""
    return argument.replace("$", "$$")


def _namespace(given: Sequence[str]) -> list[str]:
    named = value(given, "--namespace", "-n")
    return [f"--namespace={named}"] if named else []
