"""``sbatch`` and ``srun``.

A job outlives ``sbatch``, and dies with ``srun``. Both give it a name.
https://slurm.schedmd.com/sbatch.html https://slurm.schedmd.com/squeue.html
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath

from wandbwatch.experiments.launchers.launch import (
    GONE,
    Answer,
    JobState,
    Launch,
    has,
    value,
)
from wandbwatch.model.experiment import Cause

MAX_TASKS = 1000
"""Slurm's default ``MaxArraySize`` is 1001."""
MAX_SCRIPT = 2 << 20
"""Bytes of a batch script; Slurm's default limit is 4 MiB."""
_NAME = ("--job-name", "-J")
_NO_TIME = ("N/A", "Unknown", "None", "")
_FIELDS = (
    *("ArrayJobID", "ArrayTaskID", "State", "exit_code", "StartTime", "EndTime"),
    *("Name", "Reason"),
)
_WIDTH = 300
"""Columns of a field: squeue cuts and pads."""
_WAITING = {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT"}
_WAITING |= {"REQUEUE_FED", "RESV_DEL_HOLD"}
_RUNNING = {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING"}
_RUNNING |= {"STAGE_OUT"}
_CAUSES = {
    "TIMEOUT": Cause.TIMEOUT,
    "DEADLINE": Cause.TIMEOUT,
    "OUT_OF_MEMORY": Cause.OOM,
    "PREEMPTED": Cause.PREEMPTED,
    "NODE_FAIL": Cause.NODE_FAIL,
    "BOOT_FAIL": Cause.NODE_FAIL,
    "CANCELLED": Cause.CANCELLED,
    "REVOKED": Cause.CANCELLED,
}


def words(launch: Launch) -> Sequence[str]:
    """Return the words before the script of ``srun``; also of an ``sbatch`` that
    `is_batch` does not know how to submit."""
    program, *arguments = launch.launcher
    options = [] if has(arguments, *_NAME) else [f"--job-name={launch.name}"]
    if PurePath(program).name == "sbatch":
        options += [] if has(arguments, "--wait", "-W") else ["--wait"]
        # Slurm replaces %j with the job's number, and so on.
        options += _output(arguments, launch.log.replace("%", "%%"))
    return [program, *options, *arguments]


def is_batch(launch: Launch) -> bool:
    """Whether the job is submitted and then watched by questions."""
    program, *arguments = launch.launcher
    return PurePath(program).name == "sbatch" and not has(arguments, "--array", "-a")


def submission(
    launches: Sequence[Launch], at_once: int, log: str, script: str
) -> list[str]:
    """Return the command that submits *launches* as one job array.

    *log* is their output file with ``%a`` for the index; *script* is a file with the
    `batch_script`.
    """
    program, *arguments = launches[0].launcher
    arguments = [word for word in arguments if word not in ("--wait", "-W")]
    options = [f"--array={_ranges([one.index or 0 for one in launches])}%{at_once}"]
    options += [] if has(arguments, *_NAME) else [f"--job-name={launches[0].name}"]
    return [program, *options, *_output(arguments, log), *arguments, script]


def _ranges(indices: Sequence[int]) -> str:
    """Return ascending *indices* in Slurm's notation: ``0-4,7``."""
    ranges: list[list[int]] = []
    for index in indices:
        if ranges and ranges[-1][1] == index - 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in ranges)


def _output(arguments: Sequence[str], log: str) -> list[str]:
    if has(arguments, "--output", "-o"):
        return []
    return [f"--output={log}", "--open-mode=append"]


def batch_script(launches: Sequence[Launch], codes: str) -> str:
    """Return the script of a job array: each task runs its own command.

    It leaves the exit code in the file *codes*``.INDEX``, because Slurm forgets a job
    some minutes after its end if it has no accounting.
    """
    cases = "".join(_case(launch) for launch in launches)
    return _SCRIPT.format(codes=shlex.quote(codes), cases=cases)


def _case(launch: Launch) -> str:
    exports = "".join(
        f"export {name}={shlex.quote(text)}\n" for name, text in launch.env.items()
    )
    directory = launch.env.get("WANDB_DIR")
    made = f"mkdir -p {shlex.quote(directory)}\n" if directory else ""
    command = shlex.join([launch.script, launch.argument])
    return f"{launch.index})\n{exports}{made}set -- {command}\n;;\n"


_SCRIPT = """\
#!/bin/sh
# Written by wandbwatch: runs the training of this task of the job array.
code_file={codes}.$SLURM_ARRAY_TASK_ID
rm -f "$code_file" 2>/dev/null
case $SLURM_ARRAY_TASK_ID in
{cases}esac
trap : TERM  # the script gets the signal, too; wait for its exit code
"$@"
code=$?
trap - TERM
echo "$code" 2>/dev/null >"$code_file"
[ "$code" -gt 128 ] && kill -s "$((code - 128))" $$
exit "$code"
"""


def cancel(launch: Launch, printed: str) -> Sequence[str] | None:
    if launch.job:
        whole = launch.index is None or "_" in launch.job
        return ["scancel", launch.job if whole else f"{launch.job}_{launch.index}"]
    if is_batch(launch):
        return None  # not before Slurm has said its id
    if not has(launch.launcher[1:], *_NAME):
        return ["scancel", f"--name={launch.name}"]
    if PurePath(launch.launcher[0]).name != "sbatch":
        return None
    # The jobs of earlier attempts are over; scancel only mentions that.
    jobs = re.findall(r"^Submitted batch job (\d+)", printed, re.MULTILINE)
    return ["scancel", *dict.fromkeys(jobs)] if jobs else None


def question(launches: Sequence[Launch]) -> Sequence[str]:
    """Ask for the jobs by name: queued, running, and ended in the last minutes."""
    names = ",".join(dict.fromkeys(map(_job_name, launches)))
    columns = ",".join(f"{name}:{_WIDTH}" for name in _FIELDS)
    # One line for each task of an array.
    return [
        *("squeue", "--noheader", "--array", "--states=all"),
        *(f"--name={names}", f"--Format={columns}"),
    ]


def answers(
    launches: Sequence[Launch], code: int, printed: str
) -> Mapping[tuple[str, int | None], Answer] | None:
    """Read the answer to `question`; None if Slurm did not answer."""
    if code != 0:
        return None
    rows = sorted(_rows(printed.splitlines()), key=lambda row: row[0])
    found = [(answer, name, index) for _, name, index, answer in rows]
    return {(one.name, one.index): _newest(one, found) for one in launches}


def _newest(launch: Launch, found: Sequence[tuple[Answer, str, int | None]]) -> Answer:
    """Return the answer about *launch*; by its id too, where others share its name."""
    wanted, array = _job_name(launch), launch.job.partition("_")[0]
    for answer, name, index in reversed(found):
        if (name, index) == (wanted, launch.index) and (
            not array or answer.job.partition("_")[0] == array
        ):
            return answer
    return GONE


def _rows(lines: Iterable[str]) -> Iterable[tuple[int, str, int | None, Answer]]:
    """Yield the job's number, its name, its index and what Slurm says of it."""
    for line in lines:
        columns = [line[at : at + _WIDTH].strip() for at in range(0, len(line), _WIDTH)]
        if len(columns) < len(_FIELDS) or not columns[0].isdecimal():
            continue
        job, task, state, status, started, ended, name, reason = columns
        index = int(task) if task.isdecimal() else None
        own = f"{job}_{task}" if index is not None else job
        answer = _answer(state, status, reason, own)
        over = answer.state is JobState.ENDED
        times = _moment(started), _moment(ended) if over else None
        yield (
            *(int(job), name, index),
            replace(answer, started=times[0], ended=times[1]),
        )


def _answer(state: str, status: str, reason: str, job: str) -> Answer:
    if state in _WAITING:
        return Answer(JobState.WAITING, reason=reason, job=job)
    if state in _RUNNING:
        return Answer(JobState.RUNNING, job=job)
    raw = int(status) if status.isdecimal() else 0
    code = -(raw & 127) if raw & 127 else raw >> 8
    cause = _CAUSES.get(state)
    if cause and code == 0:
        return Answer(JobState.ENDED, None, cause, state, job)
    return Answer(JobState.ENDED, code, cause, state if cause else "", job)


def later_question(launches: Sequence[Launch]) -> Sequence[str]:
    """Ask Slurm's accounting for jobs that ``squeue`` no longer knows."""
    names = ",".join(dict.fromkeys(map(_job_name, launches)))
    columns = "JobID,JobName%300,State,ExitCode,Start,End"
    return [
        *("sacct", "--noheader", "--parsable2", "--allocations", "--array"),
        *("--starttime=now-90days", f"--name={names}", f"--format={columns}"),
    ]


def later_answers(
    launches: Sequence[Launch], code: int, printed: str
) -> Mapping[tuple[str, int | None], Answer]:
    """Read the answer to `later_question`; without accounting, all are gone."""
    found = []
    for line in printed.splitlines() if code == 0 else ():
        job, name, state, status, started, ended = line.split("|")
        task = job.partition("_")[2]
        index = int(task) if task.isdecimal() else None
        number, _, sign = status.partition(":")
        raw = int(number or 0) << 8 | int(sign or 0)
        answer = _answer(state.partition(" ")[0], str(raw), "", job)
        answer = replace(answer, started=_moment(started), ended=_moment(ended))
        found.append((answer, name, index))
    return {(one.name, one.index): _newest(one, found) for one in launches}


def _moment(text: str) -> float | None:
    """Return POSIX seconds; Slurm prints local time."""
    return None if text in _NO_TIME else datetime.fromisoformat(text).timestamp()


def _job_name(launch: Launch) -> str:
    return value(launch.launcher[1:], *_NAME) or launch.name
