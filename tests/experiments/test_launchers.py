"""The command lines of each launcher: start, cancel and query."""

from __future__ import annotations

import json
import shlex

import pytest
from wandbwatch.experiments import launchers
from wandbwatch.experiments.launchers import Launch

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
            "scancel --name=ww-7-1",
        ),
        (
            "/opt/bin/sbatch --wait -o out.txt",
            "/opt/bin/sbatch --job-name=ww-7-1 --wait -o out.txt",
            "scancel --name=ww-7-1",
        ),
        (
            "sbatch -Jmine --wait",
            f"sbatch {LOG} -Jmine --wait",
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


def test_a_batch_job_with_the_user_s_name_is_cancelled_by_its_number():
    named = "sbatch --job-name=mine"
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
        ("", None),
        ("nice -n 5", None),
        ("sbatch --gres=gpu:1", "squeue --noheader --name=ww-7-1"),
        ("srun -J mine", None),
        (
            "docker --host x run IMAGE",
            "docker --host x ps --quiet --filter name=^ww-7-1$",
        ),
        ("podman run --name me IMAGE", "podman ps --quiet --filter name=^me$"),
        ("docker exec c", None),
        ("systemd-run --user", "systemctl --user is-active ww-7-1"),
        ("systemd-run --unit=me", "systemctl is-active me"),
        ("systemd-run --user --scope", None),
        ("ray job submit --", None),
    ],
)
def test_the_query_of_each_launcher(launcher, command):
    words = launchers.query(launch(launcher))
    assert (" ".join(words) if words else None) == command
