"""``kubectl create job NAME --image=… --``, and ``kubectl run NAME … --attach --``.

A pod has none of our environment, and outlives ``kubectl``. The answers are read as
the API reference describes them; no cluster has seen this yet.
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
https://kubernetes.io/docs/reference/kubectl/generated/kubectl_run/
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

from wandbwatch.experiments.launchers.launch import (
    GONE,
    Answer,
    JobState,
    Launch,
    value,
)
from wandbwatch.model.experiment import Cause

_NOT_PASSED = {"WANDB_DIR"}
"""A directory that the pod lacks."""
_LABEL = "wandbwatch"
_STATUS = ".status.containerStatuses[0].state"
_FIELDS = (
    ".kind",
    f".metadata.labels.{_LABEL}",
    ".status.phase",
    f"{_STATUS}.terminated.exitCode",
    f"{_STATUS}.terminated.reason",
    f"{_STATUS}.terminated.finishedAt",
    f"{_STATUS}.waiting.reason",
    ".status.startTime",
    ".status.reason",
    '.status.conditions[?(@.type=="DisruptionTarget")].reason',
)
_CAUSES = {
    "OOMKilled": Cause.OOM,
    "DeadlineExceeded": Cause.TIMEOUT,
    "PreemptionByScheduler": Cause.PREEMPTED,
    "Preempting": Cause.PREEMPTED,
    "Evicted": Cause.PREEMPTED,
    "EvictionByEvictionAPI": Cause.PREEMPTED,
    "NodeLost": Cause.NODE_FAIL,
    "NodeShutdown": Cause.NODE_FAIL,
    "Terminated": Cause.NODE_FAIL,
    "DeletionByTaintManager": Cause.NODE_FAIL,
    "DeletionByPodGC": Cause.NODE_FAIL,
    "TerminationByKubelet": Cause.NODE_FAIL,
}
_CREATE = """\
import json, subprocess, sys
label, variables, namespace = json.loads(sys.argv[1])
dry = sys.argv[2:sys.argv.index("--")] + ["--dry-run=client", "--output=json"]
end = sys.argv[sys.argv.index("--"):]
made = subprocess.run(dry + end, stdout=subprocess.PIPE)
if made.returncode:
    sys.exit(made.returncode)
job = json.loads(made.stdout)
job["spec"].setdefault("backoffLimit", 0)
job["spec"].setdefault("ttlSecondsAfterFinished", 7 * 86400)
for part in (job, job["spec"]["template"]):
    part.setdefault("metadata", {}).setdefault("labels", {})["wandbwatch"] = label
container = job["spec"]["template"]["spec"]["containers"][0]
container.setdefault("env", []).extend(
    {"name": name, "value": text} for name, text in variables.items()
)
create = sys.argv[2:sys.argv.index("create") + 1] + ["-f", "-"]
sys.exit(subprocess.run(create + namespace, input=json.dumps(job).encode()).returncode)
"""
"""``kubectl create job`` has no options for variables and retries: add them."""


def words(launch: Launch) -> Sequence[str]:
    launcher = list(launch.launcher)
    if "run" not in launcher:
        return launcher
    place = launcher.index("run") + 1
    options = [f"--env={name}={text}" for name, text in _variables(launch).items()]
    end = [] if "--" in launcher else ["--"]
    return [*launcher[:place], *options, *launcher[place:], *end]


def _variables(launch: Launch) -> dict[str, str]:
    return {name: v for name, v in launch.env.items() if name not in _NOT_PASSED}


def is_batch(launch: Launch) -> bool:
    """Whether it creates a Job, which is then watched by questions."""
    launcher = list(launch.launcher)
    return "create" in launcher and launcher[launcher.index("create") + 1 :][:1] == [
        "job"
    ]


def submission(launch: Launch) -> Sequence[str]:
    """Create the Job, which gets our name, and return."""
    launcher = list(launch.launcher)
    place = launcher.index("job", launcher.index("create")) + 1
    before, after = launcher[:place], launcher[place:]
    if after and not after[0].startswith("-"):
        del after[0]
    end = [] if "--" in after else ["--"]
    about = json.dumps([launch.name, _variables(launch), _namespace(after)])
    return [
        *(sys.executable, "-I", "-c", _CREATE, about, *before, launch.name, *after),
        *(*end, launch.script, escaped(launch.argument)),
    ]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    """Delete the Job, or the pod, whose name is the word after ``run``."""
    del printed
    launcher = list(launch.launcher)
    if is_batch(launch):
        return [*program(launch), "delete", "job", launch.name, "--wait=false"]
    named = launcher[launcher.index("run") + 1 :][:1] if "run" in launcher else []
    if not named or named[0].startswith("-"):
        return None
    place = launcher.index("run")
    where = _namespace(launcher[place:])
    return [*launcher[:place], "delete", "pod", named[0], *where, "--wait=false"]


def question(launches: Sequence[Launch]) -> Sequence[str]:
    """Ask for the Jobs and their pods, a line each."""
    fields = '{"\\t"}'.join(f"{{{field}}}" for field in _FIELDS)
    names = ",".join(launch.name for launch in launches)
    return [
        *(*program(launches[0]), "get", "jobs,pods", "-l", f"{_LABEL} in ({names})"),
        *("-o", f'jsonpath={{range .items[*]}}{fields}{{"\\n"}}{{end}}'),
    ]


def answers(
    launches: Sequence[Launch], code: int, printed: str
) -> Mapping[tuple[str, int | None], Answer] | None:
    """Read the answer to `question`; None if the cluster did not answer."""
    if code != 0:
        return None
    jobs, pods = set(), {}
    for line in printed.splitlines():
        kind, name, *columns = line.split("\t")
        if kind == "Job":
            jobs.add(name)
        else:
            pods[name] = _answer(*columns)
    return {
        (one.name, one.index): pods.get(
            one.name, Answer(JobState.WAITING) if one.name in jobs else GONE
        )
        for one in launches
    }


def _answer(  # noqa: PLR0917 -- the columns of `question`
    phase: str,
    code: str,
    ended_by: str,
    ended: str,
    waits_for: str,
    started: str,
    reason: str,
    disruption: str,
) -> Answer:
    if phase == "Pending":
        return Answer(JobState.WAITING, reason=waits_for or reason)
    times = _moment(started), _moment(ended)
    if phase not in ("Succeeded", "Failed"):
        return Answer(JobState.RUNNING, started=times[0])
    words = [word for word in (disruption, reason, ended_by) if word in _CAUSES]
    cause = _CAUSES[words[0]] if words else None
    return Answer(
        JobState.ENDED,
        int(code) if code else None,
        cause,
        "".join(words[:1]),
        started=times[0],
        ended=times[1],
    )


def _moment(text: str) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def output(launch: Launch) -> Sequence[str]:
    """Return the command that prints the Job's output."""
    return [*program(launch), "logs", f"job/{launch.name}"]


def escaped(argument: str) -> str:
    """Double each ``$``, as a pod replaces ``$(NAME)`` with a variable."""
    return argument.replace("$", "$$")


def program(launch: Launch) -> list[str]:
    """Return kubectl with its namespace."""
    launcher = list(launch.launcher)
    place = launcher.index("create")
    end = launcher.index("--") if "--" in launcher else len(launcher)
    return [*launcher[:place], *_namespace(launcher[place:end])]


def _namespace(launcher: Sequence[str]) -> list[str]:
    named = value(launcher, "--namespace", "-n")
    return [f"--namespace={named}"] if named else []
