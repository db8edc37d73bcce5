"""The processes of one training, started without a shell, and the GPUs it may use."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wandbwatch.experiments import launchers
from wandbwatch.experiments.engine import JobEngine
from wandbwatch.experiments.launchers import Answer, JobState, Launch
from wandbwatch.experiments.processes import MARK, Process, descendants, marked
from wandbwatch.model.experiment import Experiment

log = logging.getLogger(__name__)

_TIMEOUT = 15.0
"""Seconds for nvidia-smi to answer."""
_EVERY = 0.2
"""Seconds between two questions."""


def free_gpus(
    wanted: Sequence[int], count: int, taken: Collection[int], busy: Collection[int]
) -> str:
    """Return *count* of the *wanted* GPUs, as in CUDA_VISIBLE_DEVICES; empty if too few
    are left.

    *taken*: by our trainings; *busy*: with the work of others.
    """
    left = [gpu for gpu in wanted if gpu not in taken and gpu not in busy]
    return ",".join(map(str, left[:count])) if len(left) >= count else ""


class Nvidia:
    """Asks nvidia-smi which GPUs processes compute on."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._asked = float("-inf")
        self._busy: frozenset[int] | None = frozenset()
        self._indices: dict[str, int] = {}
        """The index of each GPU by its UUID."""

    def busy(self) -> Collection[int] | None:
        """Return the busy GPUs; None if nvidia-smi does not answer."""
        now = time.monotonic()
        if now - self._asked >= _EVERY:
            self._busy = self._ask()
            self._asked = time.monotonic()
        return self._busy

    def _ask(self) -> frozenset[int] | None:
        if shutil.which("nvidia-smi", path=self._environ.get("PATH")) is None:
            return frozenset()
        if not self._indices:
            cards = self._query("--query-gpu=index,uuid") or ()
            self._indices = {uuid: int(n) for n, uuid in cards if n.isdecimal()}
        computing = self._query("--query-compute-apps=gpu_uuid,pid")
        if not self._indices or computing is None:
            return None
        found = (self._indices.get(uuid) for uuid, _ in computing)
        return frozenset(index for index in found if index is not None)

    def _query(self, query: str) -> list[tuple[str, str]] | None:
        words = ["nvidia-smi", query, "--format=csv,noheader"]
        try:
            done = subprocess.run(  # noqa: S603 -- no shell
                words,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as e:
            log.warning("nvidia-smi does not answer; starting nothing: %s", e)
            return None
        rows = (line.split(", ") for line in done.stdout.splitlines())
        return [(row[0].strip(), row[1].strip()) for row in rows if len(row) > 1]


_GOING = (JobState.WAITING, JobState.RUNNING)
_HEAD, _TAIL = 64 * 1024, 8 * 1024


class LauncherHandle:
    """The launcher of one attempt; without a launcher, the script itself."""

    def __init__(
        self,
        one: Experiment,
        mark: str,
        variables: Mapping[str, str],
        environ: Mapping[str, str],
    ) -> None:
        """*variables*: the training's environment in addition to *environ*."""
        own = {**variables, MARK: mark}
        self.launch = _launch(one, _name(one, mark), own, environ)
        self.environ = {**environ, **own}
        self._cancels: list[subprocess.Popen[bytes]] = []

    @property
    def argv(self) -> Sequence[str]:
        return launchers.argv(self.launch)

    def cancel(self) -> bool:
        """Run the launcher's cancel command; False if it has none.

        The command is not waited for; its output goes to the training's log.
        """
        words = launchers.cancel(self.launch, _head(self.launch.log))
        if words is None:
            return False
        try:
            with Path(self.launch.log).open("ab") as output:
                cancel = subprocess.Popen(  # noqa: S603 -- no shell
                    words,
                    env={**self.environ, MARK: ""},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as e:
            log.warning("%s: %s", words[0], e.strerror)
            return False
        # Keep each until it ends: Popen warns if it is dropped before.
        self._cancels = [p for p in self._cancels if p.poll() is None] + [cancel]
        return True

    def code(self, code: int) -> int:
        """Return the script's exit code, given the launcher's *code*."""
        return launchers.code(self.launch, code, _tail(self.launch.log))


def job_launch(one: Experiment, state: Path, environ: Mapping[str, str]) -> Launch:
    """Return the launch of *one* as the job that its `Experiment.job` names."""
    name, index, job = one.job.split("/")
    own = {**_extra(one), MARK: mark(state, one)}
    launch = _launch(one, name, own, environ)
    number = job if job.isdecimal() else ""
    return replace(launch, index=int(index) if index else None, job=number)


def _launch(
    one: Experiment, name: str, own: Mapping[str, str], environ: Mapping[str, str]
) -> Launch:
    plan = one.plan
    return Launch(
        plan.launcher, plan.script, plan.argument, name, one.log, own, environ
    )


def job_name(one: Experiment, state: Path) -> str:
    """Return the name of the job of the next attempt of *one*."""
    return _name(one, mark(state, replace(one, attempt=one.attempt + 1)))


def _name(one: Experiment, mark: str) -> str:
    """Return a job name that is unique on a shared cluster."""
    origin = f"{os.uname().nodename}:{mark}"
    digest = hashlib.sha256(origin.encode()).hexdigest()[:8]
    return f"wandbwatch-{one.id}-{mark.rpartition(':')[2]}-{digest}"


def _head(path: str) -> str:
    return _part(path, 0, _HEAD)


def _tail(path: str) -> str:
    return _part(path, -_TAIL, _TAIL)


def _part(path: str, start: int, size: int) -> str:
    try:
        with Path(path).open("rb") as file:
            if start < 0:
                file.seek(max(file.seek(0, os.SEEK_END) + start, 0))
            return file.read(size).decode(errors="replace")
    except OSError:
        return ""


@dataclass
class TrainingProcess:
    """One attempt of an experiment."""

    process: Process | None
    mark: str
    launcher: LauncherHandle
    code: int | None = None
    """The exit code; None while it runs, and if it is not our child."""
    child: subprocess.Popen[bytes] | None = None
    engine: JobEngine | None = None
    """What can be asked about it; None: only its own process knows."""
    answer: Answer | None = None
    """The engine's last answer; None: unknown."""

    descriptor: int | None = None
    """Becomes readable at the end of a process that is not our child."""

    def __post_init__(self) -> None:
        if self.process and not self.child:
            with contextlib.suppress(OSError, AttributeError):  # gone; not Linux
                self.descriptor = os.pidfd_open(self.process.pid)
        if self.engine and (not self.child or launchers.queues(self.launcher.launch)):
            self.engine.watch(self.launcher.launch)

    def close(self) -> None:
        """Stop asking about it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        if self.engine:
            self.engine.unwatch(self.launcher.launch)

    @property
    def leads(self) -> bool:
        """Whether its first process still runs, here or through its launcher."""
        if self.engine:
            self.answer = self.engine.answer(self.launcher.launch)
        if self.child:
            if self.code is None and (code := self.child.poll()) is not None:
                self.code = self.launcher.code(code)
            return self.code is None
        if self.process is not None and self.process.alive:
            return True
        if self.engine is None:
            return False
        if self.answer is None or self.answer.state in _GOING:
            return True  # unknown: ask again
        self.code = self.answer.code
        return False

    def run_directories(self) -> list[Path]:
        """Return the directories of the W&B runs that its processes write now."""
        pid = self.process.pid if self.process else None
        pids = [pid, *descendants(pid)] if pid else []
        files = (path for pid in pids for path in _open_files(pid))
        return sorted({path.parent for path in files if path.suffix == ".wandb"})

    def left(self) -> list[int]:
        """List the pids of all its processes, in any group and session."""
        found = set(marked(self.mark))
        if self.process and self.leads:
            found |= {self.process.pid, *descendants(self.process.pid)}
        return sorted(found)

    def send(self, sign: signal.Signals) -> None:
        """Cancel it through its launcher, or else signal its process group once."""
        if self.leads and self.launcher.cancel():
            return
        self._signal(sign)

    def _signal(self, sign: signal.Signals) -> None:
        if self.process and self.leads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sign)

    def end(self, sign: signal.Signals) -> None:
        """Signal its process group, and its processes outside the group.

        A launcher that can cancel is only signalled to be killed: it ends by itself
        once the job has ended.
        """
        if self.leads and self.launcher.cancel() and sign is not signal.SIGKILL:
            return
        self._signal(sign)
        group = self.process.pid if self.process and self.leads else -1
        for pid in self.left():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) != group:
                    os.kill(pid, sign)


def _open_files(pid: int) -> Iterator[Path]:
    directory = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):  # it has ended
        for number in os.listdir(directory):  # noqa: PTH208 -- often: no new objects
            with contextlib.suppress(OSError):
                yield Path(os.readlink(f"{directory}/{number}"))  # noqa: PTH115


def mark(state: Path, one: Experiment) -> str:
    return f"{state}:{one.id}:{one.attempt}"


def start(
    one: Experiment, state: Path, environ: Mapping[str, str], engine: JobEngine
) -> TrainingProcess:
    """Start the current attempt of *one*, and append its output to its log. OSError."""
    own = mark(state, one)
    launcher = LauncherHandle(one, own, _extra(one), environ)
    with Path(one.log).open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 -- what the user asked for; no shell
            launcher.argv,
            cwd=one.plan.workdir,
            env=launcher.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    asked = engine if launchers.engine(launcher.launch) else None
    return TrainingProcess(
        Process.of(child.pid), own, launcher, child=child, engine=asked
    )


def recover(
    one: Experiment,
    process: Process | None,
    state: Path,
    environ: Mapping[str, str],
    engine: JobEngine,
) -> TrainingProcess:
    """Take over the attempt of *one* that another supervisor started."""
    own = mark(state, one)
    if process is None:
        # That supervisor died before it could record the process.
        leaders = [pid for pid in marked(own) if _leads(pid)]
        process = Process.of(leaders[0]) if leaders else None
    launcher = LauncherHandle(one, own, _extra(one), environ)
    asked = engine if launchers.engine(launcher.launch) else None
    return TrainingProcess(process, own, launcher, engine=asked)


def end_lost(one: Experiment, state: Path, environ: Mapping[str, str]) -> None:
    """End what may be left of an experiment whose end nobody knows."""
    for pid in marked(mark(state, one)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
    launch = job_launch(one, state, environ) if one.job else None
    if launch and (words := launchers.cancel(launch, _head(one.log))):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 -- no shell
                words,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=30,
                check=False,
            )


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False


def _extra(one: Experiment) -> Mapping[str, str]:
    """Return its environment variables in addition to ours.

    Arguments of the script's own ``wandb.init`` override W&B's variables.
    """
    plan = one.plan
    wandb = {
        "WANDB_ENTITY": plan.entity,
        "WANDB_PROJECT": plan.project,
        "WANDB_RUN_GROUP": group(one),
        "WANDB_RUN_ID": run_id(one),
        "WANDB_DIR": one.directory,
    }
    if one.gpus:
        # CUDA counts the fastest GPU first by default, unlike nvidia-smi.
        wandb["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        wandb["CUDA_VISIBLE_DEVICES"] = one.gpus
    return {**plan.env, **{name: value for name, value in wandb.items() if value}}


def run_id(one: Experiment) -> str:
    """Return the id of its run; each attempt is a run of its own."""
    suffix = f"-{one.attempt}" if one.attempt > 1 else ""
    return f"{one.plan.run_id}{suffix}" if one.plan.run_id else ""


def group(one: Experiment) -> str:
    """Return the W&B group of its runs."""
    return one.plan.group or f"{one.plan.name}-{one.batch}"
