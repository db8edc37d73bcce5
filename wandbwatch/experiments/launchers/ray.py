"""``ray job submit``.

Its job goes on without it, has the cluster's environment, and its exit code is 1
whatever the script's. https://docs.ray.io/en/latest/cluster/running-applications/
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
    given = list(launch.launcher)
    if given[1:3] != ["job", "submit"]:
        return given
    ours = [] if has(given, *_ID) else ["--submission-id", launch.name]
    if launch.env and not has(given, "--runtime-env", "--runtime-env-json"):
        environment = json.dumps({"env_vars": dict(launch.env)})
        ours += ["--runtime-env-json", environment]
    end = [] if "--" in given else ["--"]
    return [*given[:3], *ours, *given[3:], *end]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    del printed
    given = launch.launcher
    if list(given[1:3]) != ["job", "submit"]:
        return None
    address = value(given, "--address")
    where = ["--address", address] if address else []
    return [given[0], "job", "stop", *where, value(given, *_ID) or launch.name]


def code(code: int, printed: str) -> int:
    """Find the script's own code in what the launcher said last.

    It says that it went well where somebody stopped its job.
    """
    if code == 0 and _STOPPED.search(printed):
        return -signal.SIGTERM
    said = _CODE.findall(printed)
    return int(said[-1]) if code == 1 and said else code
