"""The command lines of each launcher: start, cancel and query."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from wandbwatch.experiments import launchers
from wandbwatch.experiments.launchers import Answer, JobState, Launch, slurm
from wandbwatch.model.experiment import Cause

SET_HERE = ["HOME", "WANDB_API_KEY", "WANDB_MODE"]
ENV = {"WANDB_DIR": "/w/x", "WANDB_RUN_GROUP": 'a "b"'}


def launch(launcher: str, argument: str = "{}") -> Launch:
    words = shlex.split(launcher)
    return Launch(words, "/s/run.sh", argument, "ww-7-1", "/log/%7.log", ENV, SET_HERE)


def argv(launcher: str) -> str:
    *words, script, argument = launchers.argv(launch(launcher))
    assert (script, argument) == ("/s/run.sh", "{}")
    return shlex.join(words)


def cancel(launcher: str, printed: str = "") -> str | None:
    words = launchers.cancel(launch(launcher), printed)
    return shlex.join(words) if words else None


LOG = "--output=/log/%%7.log --open-mode=append"
DOCKER = "--env WANDB_API_KEY --env WANDB_MODE"
DOCKER += " --env WANDB_RUN_GROUP"
SET = "--setenv=PATH --setenv=WANDB_API_KEY"
SET += " --setenv=WANDB_DIR --setenv=WANDB_MODE --setenv=WANDB_RUN_GROUP"
UNIT = f"--unit=ww-7-1 --wait --collect --pipe --same-dir {SET}"
POD = shlex.quote('--env=WANDB_RUN_GROUP=a "b"')
RAY = "ray job submit --address http://h:8265 --submission-id me"
RAY += " --runtime-env env.yaml"
JSON = shlex.quote(json.dumps({"env_vars": ENV}))


@pytest.mark.parametrize(
    ("launcher", "started", "ended"),
    [
        ("", "", None),
        ("nice -n 5", "nice -n 5", None),
        (
            "sbatch --gres=gpu:1",
            f"sbatch --job-name=ww-7-1 --wait {LOG} --gres=gpu:1",
            None,
        ),
        (
            "/opt/bin/sbatch --wait -o out.txt",
            "/opt/bin/sbatch --job-name=ww-7-1 --wait -o out.txt",
            None,
        ),
        (
            "sbatch -Jmine --wait --array=0-3",
            f"sbatch {LOG} -Jmine --wait --array=0-3",
            "scancel 41",
        ),
        ("srun -n1", "srun --job-name=ww-7-1 -n1", "scancel --name=ww-7-1"),
        ("srun --job-name mine", "srun --job-name mine", None),
        (
            "ray job submit --",
            f"ray job submit --submission-id ww-7-1 --runtime-env-json {JSON} --",
            "ray job stop ww-7-1",
        ),
        (
            RAY,
            f"{RAY} --",
            "ray job stop --address http://h:8265 me",
        ),
        ("ray exec cluster.yaml", "ray exec cluster.yaml", None),
        (
            "docker --context gpu run --rm --gpus all image",
            f"docker --context gpu run --name ww-7-1 {DOCKER} --rm --gpus all image",
            "docker --context gpu stop ww-7-1",
        ),
        (
            "podman run --name=mine image",
            f"podman run {DOCKER} --name=mine image",
            "podman stop mine",
        ),
        ("docker exec box", "docker exec box", None),
        (
            "kubectl -n lab run train --image=i --attach --restart=Never --",
            f"kubectl -n lab run {POD} train --image=i --attach --restart=Never --",
            "kubectl -n lab delete pod train --wait=false",
        ),
        (
            "kubectl run train -n lab --image=i --",
            f"kubectl run {POD} train -n lab --image=i --",
            "kubectl delete pod train --namespace=lab --wait=false",
        ),
        ("kubectl exec pod --", "kubectl exec pod --", None),
        (
            "systemd-run --user",
            f"systemd-run {UNIT} --user",
            "systemctl --user stop ww-7-1",
        ),
        (
            "systemd-run --wait -G -t -u mine --working-directory=/x",
            f"systemd-run {SET} --wait -G -t -u mine --working-directory=/x",
            "systemctl stop mine",
        ),
        ("systemd-run --scope", "systemd-run --scope", None),
    ],
)
def test_a_launcher_is_recognized_by_its_program(launcher, started, ended):
    assert argv(launcher) == started
    assert cancel(launcher, "Submitted batch job 41\n") == ended


def test_an_array_s_task_is_cancelled_once_its_id_is_known():
    one = replace(launch("sbatch"), index=3)
    assert launchers.cancel(one, "Submitted batch job 41\n") is None
    assert launchers.cancel(replace(one, job="41_3"), "") == ["scancel", "41_3"]
    assert launchers.cancel(replace(one, job="41"), "") == ["scancel", "41_3"]


def test_a_batch_job_with_the_user_s_name_is_cancelled_by_its_number():
    named = "sbatch --job-name=mine --array=1-2"
    assert cancel(named) is None
    said = "Submitted batch job 17\n17\nSubmitted batch job 18 on cluster x\n"
    assert cancel(named, said) == "scancel 17 18"
    assert cancel(named, "step 17 of 20\n17\n") is None


def test_dollars_in_the_argument_of_a_pod_are_doubled():
    pod = launch("kubectl run train --image=i --", '{"a": "$(HOME) $$(X)"}')
    assert launchers.argv(pod)[-1] == '{"a": "$$(HOME) $$$$(X)"}'


@pytest.mark.parametrize(
    ("launcher", "code", "printed", "own"),
    [
        ("ray job submit --", 1, "Job entrypoint command failed with exit code 7,", 7),
        ("ray job submit --", 1, "connection refused", 1),
        ("ray job submit --", 0, "command failed with exit code 7", 0),
        ("ray job submit --", 0, "Job 'ww-7-1' was stopped", -15),
        ("srun", 1, "command failed with exit code 7", 1),
        ("", 3, "command failed with exit code 7", 3),
    ],
)
def test_the_script_s_code_is_read_from_ray_s_output(launcher, code, printed, own):
    assert launchers.code(launch(launcher), code, printed) == own


@pytest.mark.parametrize(
    ("launcher", "command"),
    [
        ("sbatch --gres=gpu:1", "squeue --noheader --array --states=all --name=ww-7-1"),
        ("srun", "squeue --noheader --array --states=all --name=ww-7-1"),
        ("sbatch -J mine", "squeue --noheader --array --states=all --name=mine"),
        (
            "docker --host x run IMAGE",
            (
                "docker --host x ps --all --format={{.Names}}\t{{.Status}}"
                " --filter name=^ww-7-1$"
            ),
        ),
        (
            "systemd-run --user",
            (
                "systemctl --user show --timestamp=unix --property=Id,LoadState,"
                "ActiveState,Result,ExecMainCode,ExecMainStatus,ExecMainStartTimestamp,"
                "ExecMainExitTimestamp ww-7-1"
            ),
        ),
    ],
)
def test_the_question_of_each_engine(launcher, command):
    words = launchers.question([launch(launcher)], {}, "")
    assert " ".join(words).partition(" --Format")[0] == command


@pytest.mark.parametrize(
    "launcher",
    ["", "nice -n 5", "srun -J mine", "docker exec c", "systemd-run --user --scope"],
)
def test_a_launcher_without_an_engine(launcher):
    assert launchers.engine(launch(launcher)) == ""


@pytest.mark.parametrize(
    ("launcher", "environ", "printed", "url"),
    [
        ("ray job submit --address http://h:1/ --", {}, "", "http://h:1"),
        ("ray job submit --", {"RAY_ADDRESS": "http://e:2"}, "", "http://e:2"),
        (
            "ray job submit --",
            {"RAY_ADDRESS": "auto"},
            "Job submission server address\x1b[39m: \x1b[1mhttp://p:3\x1b[22m\n",
            "http://p:3",
        ),
        ("ray job submit --", {}, "", "http://127.0.0.1:8265"),
    ],
)
def test_the_jobs_api_of_ray(launcher, environ, printed, url):
    words = launchers.question([launch(launcher)], environ, printed)
    assert words[-1] == f"{url}/api/jobs/"


def test_the_words_of_a_submission():
    words = launchers.submission(launch("systemd-run --user --wait --collect --pipe"))
    assert shlex.join(words) == (
        "systemd-run --unit=ww-7-1 --remain-after-exit"
        " --property=StandardOutput=append:/log/%7.log"
        f" --property=StandardError=append:/log/%7.log --same-dir {SET} --user"
        " /s/run.sh {}".replace("{}", "'{}'")
    )
    words = launchers.submission(launch("ray job submit --"))
    assert words[:4] == ["ray", "job", "submit", "--no-wait"]


def squeue(*rows: tuple[str, ...]) -> str:
    return "".join("".join(cell.ljust(300) for cell in row) + "\n" for row in rows)


def answer(launcher: str, printed: str, code: int = 0, **changes: Any) -> Answer:
    one = replace(launch(launcher), **changes)
    found = launchers.answers([one], code, printed)
    assert found
    return found[one.name, one.index]


TIMES = ("2026-01-01T10:00:00", "2026-01-01T11:00:00")
ENDED = JobState.ENDED


@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        ("PENDING", "0", (JobState.WAITING, None, None, "Priority")),
        ("RUNNING", "0", (JobState.RUNNING, None, None, "")),
        ("COMPLETING", "0", (JobState.RUNNING, None, None, "")),
        ("COMPLETED", "0", (ENDED, 0, None, "")),
        ("FAILED", "1792", (ENDED, 7, None, "")),
        ("FAILED", "11", (ENDED, -11, None, "")),
        ("TIMEOUT", "0", (ENDED, None, Cause.TIMEOUT, "TIMEOUT")),
        ("OUT_OF_MEMORY", "9", (ENDED, -9, Cause.OOM, "OUT_OF_MEMORY")),
        ("PREEMPTED", "15", (ENDED, -15, Cause.PREEMPTED, "PREEMPTED")),
        ("NODE_FAIL", "0", (ENDED, None, Cause.NODE_FAIL, "NODE_FAIL")),
        ("CANCELLED", "15", (ENDED, -15, Cause.CANCELLED, "CANCELLED")),
    ],
)
def test_the_states_of_slurm(state, status, expected):
    row = ("12", "3", state, status, *TIMES, "ww-7-1", "Priority")
    found = answer("sbatch", squeue(row), index=3)
    assert (found.state, found.code, found.cause, found.reason) == expected
    assert found.job == "12_3"


def test_slurm_without_the_job_and_without_an_answer():
    assert answer("sbatch", "").state is JobState.GONE
    assert launchers.answers([launch("sbatch")], 1, "") is None


def test_of_several_jobs_with_the_user_s_name_the_one_with_our_id_counts():
    rows = squeue(
        ("12", "N/A", "FAILED", "256", *TIMES, "mine", "None"),
        ("13", "N/A", "COMPLETED", "0", *TIMES, "mine", "None"),
    )
    assert answer("sbatch -J mine", rows, job="12").code == 1
    assert answer("sbatch -J mine", rows).code == 0
    assert answer("sbatch -J mine", rows, job="14").state is JobState.GONE


def test_slurm_s_accounting_is_read():
    one = replace(launch("sbatch"), index=2)
    printed = "12_2|ww-7-1|CANCELLED by 0|0:15|2026-01-01T10:00:00|2026-01-01T11:00:00"
    found = slurm.later_answers([one], 0, f"{printed}\n")["ww-7-1", 2]
    assert (found.state, found.code, found.cause) == (ENDED, -15, Cause.CANCELLED)
    gone = slurm.later_answers([one], 1, "Slurm accounting storage is disabled")
    assert gone["ww-7-1", 2].state is JobState.GONE


def show(**shown: str) -> str:
    lines = {
        "Id": "ww-7-1.service",
        "LoadState": "loaded",
        "ActiveState": "active",
        "Result": "success",
        "ExecMainCode": "0",
        "ExecMainStatus": "0",
        "ExecMainStartTimestamp": "@1700000000",
        "ExecMainExitTimestamp": "",
        **shown,
    }
    return "".join(f"{name}={text}\n" for name, text in lines.items())


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, (JobState.RUNNING, None, None)),
        ({"LoadState": "not-found"}, (JobState.GONE, None, None)),
        ({"ExecMainCode": "1"}, (ENDED, 0, None)),
        (
            {"ExecMainCode": "1", "ExecMainStatus": "7", "ActiveState": "failed"},
            (ENDED, 7, None),
        ),
        (
            {"ExecMainCode": "2", "ExecMainStatus": "9", "Result": "oom-kill"},
            (ENDED, -9, Cause.OOM),
        ),
    ],
)
def test_the_states_of_systemd(shown, expected):
    found = answer("systemd-run", show(**shown))
    assert (found.state, found.code, found.cause) == expected


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"status": "PENDING"}, (JobState.WAITING, None, None)),
        ({"status": "RUNNING"}, (JobState.RUNNING, None, None)),
        ({"status": "SUCCEEDED", "driver_exit_code": 0}, (ENDED, 0, None)),
        ({"status": "FAILED", "driver_exit_code": 7}, (ENDED, 7, None)),
        (
            {"status": "FAILED", "message": "Job entrypoint command failed with exit"
             " code 5, last"},
            (ENDED, 5, None),
        ),
        ({"status": "STOPPED"}, (ENDED, -15, Cause.CANCELLED)),
    ],
)  # fmt: skip
def test_the_states_of_ray(job, expected):
    printed = json.dumps([{"submission_id": "ww-7-1", **job}])
    found = answer("ray job submit --", printed)
    assert (found.state, found.code, found.cause) == expected
    assert launchers.answers([launch("ray job submit --")], 0, "<html>") is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Pending\t\t\t\tUnschedulable\t\t\t", (JobState.WAITING, None, None)),
        ("Running\t\t\t\t\t2026-01-01T10:00:00Z\t\t", (JobState.RUNNING, None, None)),
        ("Succeeded\t0\tCompleted\t\t\t\t\t", (ENDED, 0, None)),
        ("Failed\t7\tError\t\t\t\t\t", (ENDED, 7, None)),
        ("Failed\t137\tOOMKilled\t\t\t\t\t", (ENDED, 137, Cause.OOM)),
        ("Failed\t\t\t\t\t\tEvicted\t", (ENDED, None, Cause.PREEMPTED)),
    ],
)
def test_the_states_of_kubernetes(row, expected):
    job = "Job\tww-7-1" + "\t" * 8
    found = answer("kubectl create job x --image=i --", f"{job}\nPod\tww-7-1\t{row}\n")
    assert (found.state, found.code, found.cause) == expected
    waits = answer("kubectl create job x --image=i --", f"{job}\n")
    assert waits.state is JobState.WAITING


def test_an_array_s_script_starts_each_task_with_its_own_argument(tmp_path):
    script = tmp_path / "run.sh"
    script.write_text('#!/bin/sh\nprintf "%s|%s" "$1" "$ODD" > out; exit 7\n')
    script.chmod(0o755)
    odd = '{"s": "a \\"b\\" $(touch pwned) ünï \'x\' \\\\"}'
    tasks = [
        Launch(["sbatch"], str(script), argument, "n", "", {"ODD": "a 'b'\n"}, (), at)
        for at, argument in enumerate(["{}", odd])
    ]
    text = slurm.batch_script(tasks, str(tmp_path / "codes"))
    environ = {**os.environ, "SLURM_ARRAY_TASK_ID": "1"}
    done = subprocess.run(
        ["/bin/sh", "-c", text],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 7
    assert (tmp_path / "out").read_text() == f"{odd}|a 'b'\n"
    assert (tmp_path / "codes.1").read_text() == "7\n"
    assert not (tmp_path / "pwned").exists()


def test_an_array_names_its_indices_and_its_throttle():
    tasks = [replace(launch("sbatch -p gpu --wait"), index=at) for at in (0, 1, 2, 5)]
    words = slurm.submission(tasks, 4, "/l/B1-%a.log", "/s/B1.sh")
    assert shlex.join(words) == (
        "sbatch --array=0-2,5%4 --job-name=ww-7-1 --output=/l/B1-%a.log"
        " --open-mode=append -p gpu /s/B1.sh"
    )
