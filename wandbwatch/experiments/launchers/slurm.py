"""``sbatch`` and ``srun``.

``sbatch`` goes without its job when it is ended, and ``srun`` kills its one; both
know it by a name. https://slurm.schedmd.com/sbatch.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from wandbwatch.experiments.launchers.launch import Launch, has

_SUBMITTED = re.compile(r"^Submitted batch job (\d+)", re.MULTILINE)
_NAME = ("--job-name", "-J")


def words(launch: Launch) -> Sequence[str]:
    program, *given = launch.launcher
    ours = [] if has(given, *_NAME) else [f"--job-name={launch.name}"]
    if _is_batch(launch):
        ours += [] if has(given, "--wait", "-W") else ["--wait"]
        if not has(given, "--output", "-o"):
            # % stands for what Slurm puts in: the job's number and the like.
            log = launch.log.replace("%", "%%")
            ours += [f"--output={log}", "--open-mode=append"]
    return [program, *ours, *given]


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    if not has(launch.launcher[1:], *_NAME):
        return ["scancel", f"--name={launch.name}"]
    # Those of an earlier attempt are over, which scancel says and no more.
    jobs = _SUBMITTED.findall(printed) if _is_batch(launch) else []
    return ["scancel", *dict.fromkeys(jobs)] if jobs else None


def going(launch: Launch) -> Sequence[str] | None:
    if has(launch.launcher[1:], *_NAME):
        return None
    return ["squeue", "--noheader", f"--name={launch.name}"]


def _is_batch(launch: Launch) -> bool:
    return PurePath(launch.launcher[0]).name == "sbatch"
