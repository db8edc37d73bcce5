"""``sbatch`` and ``srun``.

A job outlives ``sbatch``, and dies with ``srun``. Both give it a name.
https://slurm.schedmd.com/sbatch.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from wandbwatch.experiments.launchers.launch import Launch, has

_SUBMITTED = re.compile(r"^Submitted batch job (\d+)", re.MULTILINE)
_NAME = ("--job-name", "-J")


def words(launch: Launch) -> Sequence[str]:
    program, *arguments = launch.launcher
    options = [] if has(arguments, *_NAME) else [f"--job-name={launch.name}"]
    if _is_batch(launch):
        options += [] if has(arguments, "--wait", "-W") else ["--wait"]
        if not has(arguments, "--output", "-o"):
            # Slurm replaces %j with the job's number, and so on.
            log = launch.log.replace("%", "%%")
            options += [f"--output={log}", "--open-mode=append"]
    return [program, *options, *arguments]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    if not has(launch.launcher[1:], *_NAME):
        return ["scancel", f"--name={launch.name}"]
    # The jobs of earlier attempts are over; scancel only mentions that.
    jobs = _SUBMITTED.findall(printed) if _is_batch(launch) else []
    return ["scancel", *dict.fromkeys(jobs)] if jobs else None


def query(launch: Launch) -> Sequence[str] | None:
    if has(launch.launcher[1:], *_NAME):
        return None
    return ["squeue", "--noheader", f"--name={launch.name}"]


def _is_batch(launch: Launch) -> bool:
    return PurePath(launch.launcher[0]).name == "sbatch"
