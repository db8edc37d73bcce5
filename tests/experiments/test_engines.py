"""Jobs of an engine: a stand-in on PATH answers as Slurm does."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from wandbwatch.model.experiment import Phase

from tests.launchers.trainings import supervisors

SBATCH = """\
env > "$0.environ"
echo "$*" >> "$0.calls"
for word; do case $word in --job-name=*) echo "${word#*=}" >> "$0.names";; esac; done
echo "Submitted batch job 7"
"""
# A row for each file row-INDEX: "STATE RAW_STATUS REASON".
SQUEUE = """\
here=$(dirname "$0")
echo "$*" >> "$0.calls"
[ -e "$here/silent" ] && { echo "squeue: error: timed out" >&2; exit 1; }
for row in "$here"/row-*; do
    [ -e "$row" ] || continue
    read -r state status reason < "$row"
    cat "$here/sbatch.names" 2>/dev/null | while read -r name; do
        printf '%-300s%-300s%-300s%-300s%-300s%-300s%-300s%-300s\\n' 7 "${row##*-}" \
            "$state" "$status" N/A N/A "$name" "$reason"
    done
done
"""
SCANCEL = """\
here=$(dirname "$0")
echo "$*" >> "$0.calls"
for word; do echo "CANCELLED 15 None" > "$here/row-${word#*_}"; done
"""


class Slurm:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        for name, body in (
            ("sbatch", SBATCH),
            ("squeue", SQUEUE),
            ("scancel", SCANCEL),
            ("sacct", "exit 1\n"),
        ):
            path = directory / name
            path.write_text(f"#!/bin/bash\n{body}")
            path.chmod(0o755)

    def say(self, index: int, row: str) -> None:
        new = self._directory / f"new-{index}"
        new.write_text(f"{row}\n")
        new.rename(self._directory / f"row-{index}")

    def forget(self, index: int) -> None:
        (self._directory / f"row-{index}").unlink(missing_ok=True)

    def be(self, state: str, *, on: bool = True) -> None:
        path = self._directory / state
        path.touch() if on else path.unlink()

    def environment(self) -> list[str]:
        """Return the environment of the last submission."""
        return (self._directory / "sbatch.environ").read_text().splitlines()

    def calls(self, program: str) -> list[str]:
        path = self._directory / f"{program}.calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def slurm(bench, tmp_path) -> Slurm:
    found = Slurm(tmp_path / "slurm")
    bench.place.environ["PATH"] = f"{tmp_path / 'slurm'}:{os.environ['PATH']}"
    bench.script("exit 0\n")
    return found


def start(bench, *words: str) -> None:
    options = ("--script", "./run.sh", "--launcher", "sbatch", "--detach")
    done = bench.run("experiment", *words, *options)
    assert done.returncode == 0, done.stderr


def test_a_batch_is_one_array_and_its_ends_are_read(bench, slurm):
    start(bench, "n=[1,2,3]", "--grid", "--jobs", "2", "--timeout", "1h")
    bench.until(lambda: slurm.calls("sbatch"))
    slurm.say(0, "PENDING 0 Priority")
    bench.until(lambda: bench.one(1).reason == "Priority")
    assert bench.one(1).phase is Phase.PENDING
    slurm.say(0, "COMPLETED 0 None")
    slurm.say(1, "OUT_OF_MEMORY 9 OutOfMemory")
    slurm.say(2, "TIMEOUT 0 TimeLimit")
    ended = bench.over()
    assert [(one.phase.value, one.code, one.reason) for one in ended] == [
        ("finished", 0, ""),
        ("failed", -9, "ran out of memory (Slurm: OUT_OF_MEMORY)"),
        ("timed out", None, "exceeded the time limit (Slurm: TIMEOUT)"),
    ]
    (call,) = slurm.calls("sbatch")
    assert call.startswith("--array=0-2%2 ")


def test_a_preempted_job_is_retried_and_a_time_limit_only_if_named(bench, slurm):
    slurm.say(0, "PREEMPTED 15 None")
    start(bench, "n=1", "--retries", "2", "--retry-on", "timeout")
    bench.until(lambda: bench.one().attempt == 2)
    slurm.say(0, "TIMEOUT 0 TimeLimit")
    bench.until(lambda: bench.one().attempt == 3)
    slurm.say(0, "OUT_OF_MEMORY 9 None")
    (one,) = bench.over()
    assert (one.phase, one.attempt) == (Phase.FAILED, 3)
    assert len(slurm.calls("sbatch")) == 3


def test_silence_is_not_an_end_and_a_killed_supervisor_misses_none(bench, slurm):
    slurm.say(0, "RUNNING 0 None")
    start(bench, "n=1")
    bench.until(lambda: bench.one().phase is Phase.RUNNING)
    slurm.be("silent")
    for pid in supervisors(bench):
        os.kill(pid, signal.SIGKILL)
    assert "running" in bench.run("experiments").stdout
    slurm.say(0, "FAILED 1792 NonZeroExitCode")
    slurm.be("silent", on=False)
    (one,) = bench.over()
    assert (one.phase, one.code, one.attempt) == (Phase.FAILED, 7, 1)


def test_a_job_that_slurm_forgot_is_lost_and_can_be_retried(bench, slurm):
    slurm.say(0, "RUNNING 0 None")
    start(bench, "n=1")
    bench.until(lambda: bench.one().phase is Phase.RUNNING)
    slurm.forget(0)
    (one,) = bench.over()
    assert one.reason == "Slurm has no record of how it ended"
    assert one.phase is Phase.LOST
    done = bench.run("stop", "1")
    assert "is already lost; ended what was left of it" in done.stderr
    assert slurm.calls("scancel") == ["7_0"]
    slurm.say(0, "COMPLETED 0 None")
    assert bench.run("retry", "1").returncode == 0
    assert bench.over()[1].phase is Phase.FINISHED


def test_stop_cancels_the_tasks_of_an_array_with_one_command(bench, slurm):
    for index in range(3):
        slurm.say(index, "RUNNING 0 None")
    start(bench, "n=[1,2,3]", "--grid", "--jobs", "3")
    bench.until(lambda: all(one.phase is Phase.RUNNING for one in bench.experiments()))
    bench.run("stop", "2")
    bench.until(lambda: bench.one(2).phase is Phase.STOPPED)
    assert slurm.calls("scancel") == ["7_1"]
    for index in (0, 2):
        slurm.say(index, "COMPLETED 0 None")
    bench.over()


def test_a_supervisor_that_is_reported_to_end_leaves_the_jobs_alone(bench, slurm):
    slurm.say(0, "RUNNING 0 None")
    start(bench, "n=1")
    bench.until(lambda: bench.one().phase is Phase.RUNNING)
    for pid in supervisors(bench):
        os.kill(pid, signal.SIGTERM)
    bench.until(lambda: not supervisors(bench))
    assert not slurm.calls("scancel")
    slurm.say(0, "COMPLETED 0 None")
    bench.run("experiments")
    (one,) = bench.over()
    assert (one.phase, one.code) == (Phase.FINISHED, 0)


def test_a_failing_array_is_held_in_its_queue(bench, slurm):
    for index in range(5):
        slurm.say(index, "FAILED 256 NonZeroExitCode")
    for index in range(5, 8):
        slurm.say(index, "PENDING 0 Priority")
    start(bench, "n=[0,1,2,3,4,5,6,7]", "--grid", "--jobs", "2")
    ended = bench.over()
    assert [one.phase.value for one in ended] == ["failed"] * 5 + ["held"] * 3
    assert ended[7].reason == "the first 5 all failed: exit code 1"


KUBECTL = """\
#!/bin/bash
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$*" in
*dry-run*) echo '{"metadata": {"name": "x"}, "spec": {"template": {"spec":
    {"containers": [{"name": "x"}]}}}}';;
*"create -f"*) cat > "$here/job.json"
    grep -o 'wandbwatch-1-1-[0-9a-f]*' "$here/job.json" | head -1 > "$here/name";;
*"get jobs,pods"*)
    name=$(cat "$here/name")
    printf 'Job\\t%s\\t\\t\\t\\t\\t\\t\\t\\t\\n' "$name"
    [ -e "$here/pod" ] && printf 'Pod\\t%s\\t%b\\n' "$name" "$(cat "$here/pod")";;
*logs*) echo "from the pod";;
esac
exit 0
"""


def test_a_job_of_kubernetes_is_created_watched_and_read(bench, tmp_path):
    here = tmp_path / "kube"
    here.mkdir()
    (here / "kubectl").write_text(KUBECTL)
    (here / "kubectl").chmod(0o755)
    bench.place.environ["PATH"] = f"{here}:{os.environ['PATH']}"
    bench.script("exit 0\n")
    launcher = "kubectl create job train -n lab --image=i --"
    options = ("--script", "./run.sh", "--launcher", launcher, "--detach")
    done = bench.run("experiment", '{"a": "$(X)"}', *options, "--group", "g")
    assert done.returncode == 0, done.stderr
    bench.until((here / "name").exists)
    assert bench.one().phase is Phase.PENDING
    (here / "pod").write_text(r"Running\t\t\t\t\t2026-01-01T10:00:00Z\t\t")
    bench.until(lambda: bench.one().phase is Phase.RUNNING)
    (here / "pod").write_text(r"Failed\t137\tOOMKilled\t\t\t2026-01-01T10:00:00Z\t\t")
    (one,) = bench.over()
    assert (one.phase, one.code) == (Phase.FAILED, 137)
    assert one.reason == "ran out of memory (Kubernetes: OOMKilled)"
    assert "from the pod" in bench.run("logs", "1").stdout
    job = json.loads((here / "job.json").read_text())
    assert job["spec"]["backoffLimit"] == 0
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert {"name": "WANDB_RUN_GROUP", "value": "g"} in container["env"]
    dry, create, *_ = (here / "calls").read_text().splitlines()
    assert dry.startswith("create job wandbwatch-1-1-")
    assert dry.endswith('run.sh {"a": "$$(X)"}')
    assert create == "create -f - --namespace=lab"
