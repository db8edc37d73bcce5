"""``ray job submit``.

A job outlives it and has the cluster's environment. Its exit code is 1 for every
failure of the script. https://docs.ray.io/en/latest/cluster/running-applications/
job-submission/cli.html
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Sequence

from wandbwatch.experiments.launchers.launch import Launch, has, value

_ID = ("--submission-id", "--job-id")
_STOPPED = re.compile(r"Job '[^']*' was stopped")
_CODE = re.compile(r"command failed with exit code (\d+)")


def words(launch: Launch) -> Sequence[str]:
    launcher = list(launch.launcher)
    if launcher[1:3] != ["job", "submit"]:
        return launcher
    options = [] if has(launcher, *_ID) else ["--submission-id", launch.name]
    if launch.env and not has(launcher, "--runtime-env", "--runtime-env-json"):
        environment = json.dumps({"env_vars": dict(launch.env)})
        options += ["--runtime-env-json", environment]
    end = [] if "--" in launcher else ["--"]
    return [*launcher[:3], *options, *launcher[3:], *end]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    launcher = launch.launcher
    if list(launcher[1:3]) != ["job", "submit"]:
        return None
    address = value(launcher, "--address")
    where = ["--address", address] if address else []
    return [launcher[0], "job", "stop", *where, value(launcher, *_ID) or launch.name]


def code(code: int, printed: str) -> int:
    """Find the script's exit code in the launcher's last output.

    Ray exits with 0 if somebody stopped the job.
    """
    if code == 0 and _STOPPED.search(printed):
        return -signal.SIGTERM
    codes = _CODE.findall(printed)
    return int(codes[-1]) if code == 1 and codes else code
