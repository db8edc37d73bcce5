"""``ray job submit``.

A job outlives it and has the cluster's environment. Its exit code is 1 for every
failure of the script; the jobs API knows the script's own.
https://docs.ray.io/en/latest/cluster/running-applications/job-submission/
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from wandbwatch.experiments.launchers.launch import (
    GONE,
    Answer,
    JobState,
    Launch,
    has,
    value,
)
from wandbwatch.model.experiment import Cause

_ID = ("--submission-id", "--job-id")
_STOPPED = re.compile(r"Job '[^']*' was stopped")
_CODE = re.compile(r"command failed with exit code (\d+)")
_ADDRESS = re.compile(r"server address.*?(https?://[^\s\x1b]+)")
_FETCH = """\
import json, os, sys, urllib.request
headers = json.loads(os.environ.get("RAY_JOB_HEADERS") or "{}")
request = urllib.request.Request(sys.argv[1], headers=headers)
try:
    answer = urllib.request.urlopen(request, timeout=20).read()
except OSError as e:
    sys.exit(f"{sys.argv[1]}: {e}")
if sys.argv[2:]:
    answer = json.loads(answer)[sys.argv[2]].encode()
sys.stdout.buffer.write(answer)
"""
"""Prints what the jobs API answers: Ray's own client takes seconds to start."""


def words(launch: Launch) -> Sequence[str]:
    return _words(launch, [])


def is_batch(launch: Launch) -> bool:
    """Whether it submits a job that can be asked for."""
    return list(launch.launcher[1:3]) == ["job", "submit"]


def submission(launch: Launch) -> Sequence[str]:
    """Submit the job and return."""
    wait = [] if has(launch.launcher, "--no-wait") else ["--no-wait"]
    return [*_words(launch, wait), launch.script, launch.argument]


def _words(launch: Launch, more: Sequence[str]) -> Sequence[str]:
    launcher = list(launch.launcher)
    if launcher[1:3] != ["job", "submit"]:
        return launcher
    options = [] if has(launcher, *_ID) else ["--submission-id", launch.name]
    if launch.env and not has(launcher, "--runtime-env", "--runtime-env-json"):
        environment = json.dumps({"env_vars": dict(launch.env)})
        options += ["--runtime-env-json", environment]
    end = [] if "--" in launcher else ["--"]
    return [*launcher[:3], *more, *options, *launcher[3:], *end]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    launcher = launch.launcher
    if list(launcher[1:3]) != ["job", "submit"]:
        return None
    address = value(launcher, "--address")
    where = ["--address", address] if address else []
    return [launcher[0], "job", "stop", *where, _id(launch)]


def question(address: str) -> Sequence[str]:
    """Ask the jobs API at *address* for all jobs at once."""
    return [sys.executable, "-I", "-c", _FETCH, f"{address}/api/jobs/"]


def output(launch: Launch, address: str) -> Sequence[str]:
    """Return the command that prints the job's output."""
    url = f"{address}/api/jobs/{_id(launch)}/logs"
    return [sys.executable, "-I", "-c", _FETCH, url, "logs"]


def address(launch: Launch, environ: Mapping[str, str], printed: str) -> str:
    """Return the URL of the jobs API; *printed* is the output of ``ray job submit``."""
    places = [
        value(launch.launcher, "--address"),
        environ.get("RAY_API_SERVER_ADDRESS", ""),
        environ.get("RAY_ADDRESS", ""),
        *_ADDRESS.findall(printed)[-1:],
    ]
    found = (place for place in places if place.startswith("http"))
    return next(found, "http://127.0.0.1:8265").rstrip("/")


def answers(
    launches: Sequence[Launch], code: int, printed: str
) -> Mapping[tuple[str, int | None], Answer] | None:
    """Read the answer to `question`; None if Ray did not answer."""
    try:
        jobs = json.loads(printed) if code == 0 else None
    except ValueError:
        return None
    if not isinstance(jobs, list):
        return None
    known = {job.get("submission_id"): job for job in jobs if isinstance(job, dict)}
    return {
        (one.name, one.index): _answer(known[_id(one)]) if _id(one) in known else GONE
        for one in launches
    }


def _answer(job: Mapping[str, Any]) -> Answer:
    status, message = job.get("status"), str(job.get("message") or "")
    started, ended = _moment(job.get("start_time")), _moment(job.get("end_time"))
    if status == "PENDING":
        return Answer(JobState.WAITING, reason=message[:200])
    if status == "RUNNING":
        return Answer(JobState.RUNNING, started=started)
    code = job.get("driver_exit_code")
    if status == "STOPPED":
        return Answer(
            *(JobState.ENDED, -signal.SIGTERM, Cause.CANCELLED, "STOPPED", ""),
            *(started, ended),
        )
    if status == "SUCCEEDED":
        code = 0
    elif not code and (codes := _CODE.findall(message)):
        code = int(codes[0])
    reason = message.splitlines()[0][:200] if message and not code else ""
    failed = code if code or status == "SUCCEEDED" else None
    # Ray starts nothing twice, so a driver that vanished took its node with it.
    cause = Cause.NODE_FAIL if failed is None and "node" in message.lower() else None
    return Answer(JobState.ENDED, failed, cause, reason, "", started, ended)


def _moment(milliseconds: object) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) else None


def _id(launch: Launch) -> str:
    return value(launch.launcher, *_ID) or launch.name


def code(code: int, printed: str) -> int:
    """Find the script's exit code in the launcher's last output.

    Ray exits with 0 if somebody stopped the job.
    """
    if code == 0 and _STOPPED.search(printed):
        return -signal.SIGTERM
    codes = _CODE.findall(printed)
    return int(codes[-1]) if code == 1 and codes else code
