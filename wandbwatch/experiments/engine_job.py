"""One job of an engine: submitted without a client, alone or in a job array."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wandbwatch.experiments import launchers
from wandbwatch.experiments.engine import Command, JobEngine
from wandbwatch.experiments.launchers import Answer, JobState, Launch, slurm
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.processes import MARK
from wandbwatch.experiments.training import job_launch, job_name, mark
from wandbwatch.model.experiment import Experiment

_SIGNALS = 128
"""A shell's exit codes above it are signals."""
_SUBMITTED = re.compile(r"^(?:Submitted batch job )?(\d+)(?:[; ].*)?$", re.MULTILINE)
"""What ``sbatch`` prints, also with ``--parsable``."""
_NO_ANSWER = re.compile(
    r"unable to contact|timed out|connection refused|zero bytes|no answer|"
    r"connection reset|temporarily|cannot connect|could not connect|unreachable",
    re.IGNORECASE,
)


class Submission:
    """The command that submits one job, or a whole job array."""

    def __init__(self, command: Command | None = None) -> None:
        """*command*: None for a submission of a supervisor that is gone."""
        self._command = command
        self.job = ""
        """What the engine calls the job."""
        self.error = ""
        self.printed = ""

    @property
    def child(self) -> subprocess.Popen[bytes] | None:
        return self._command.child if self._command else None

    def ended(self) -> bool:
        """Whether the command has ended; `error` says why it failed."""
        command = self._command
        if command is None:
            return True
        if (code := command.code) is None:
            return False
        self._command, self.printed = None, command.printed
        if code:
            self.error = command.errors or self.printed or f"exit code {code}"
            self.code = code
        else:
            found = _SUBMITTED.search(self.printed)
            self.job = (found and found[1]) or "submitted"
        command.close()
        return True

    code = 0

    @property
    def uncertain(self) -> bool:
        """Whether it failed without an answer, so that the job may exist."""
        return bool(_NO_ANSWER.search(self.error))


class EngineJob:
    """One attempt of an experiment as a job of an engine."""

    process = None

    def __init__(
        self,
        launch: Launch,
        engine: JobEngine,
        submission: Submission,
        codes: Path,
        environ: Mapping[str, str],
    ) -> None:
        """*codes*: the file that a job array's script leaves its exit code in.

        *environ*: of the commands that read its output.
        """
        self.launch = launch
        self._engine = engine
        self.submission = submission
        self._codes = codes
        self._environ = environ
        self._fetch: Command | None = None
        self._has_output = False
        self._watched = False
        self.code: int | None = None
        self.answer: Answer | None = None
        """The last answer; None: unknown."""
        self.unsubmitted = False
        """The engine never got it."""
        self.rejected = ""
        """Why the engine refused it."""

    @property
    def child(self) -> subprocess.Popen[bytes] | None:
        return self.submission.child or (self._fetch.child if self._fetch else None)

    @property
    def leads(self) -> bool:
        """Whether it waits or runs, as far as is known."""
        if not self.submission.ended():
            return True
        if self.submission.error and not self.submission.uncertain:
            self.rejected, self.code = self.submission.error, self.submission.code
            return False
        if not self._watched:
            self._watched = True
            if self.submission.job.isdecimal():
                self.launch = replace(self.launch, job=self.submission.job)
            self._engine.watch(self.launch)
        if self._fetch is None:
            self.answer = self._engine.answer(self.launch)
        if self.answer is None or self.answer.state in (
            JobState.WAITING,
            JobState.RUNNING,
        ):
            return True
        if self.answer.state is JobState.ENDED and not self._fetched():
            return True
        self._read(self.answer)
        return False

    def _read(self, answer: Answer) -> None:
        own = _code(self._codes)
        self.code = answer.code if own is None else own
        recorded = self.submission.job or Path(self.launch.log).exists()
        if answer.state is JobState.GONE and own is None and not recorded:
            self.unsubmitted = True

    def left(self) -> list[int]:
        """List no processes: they are the engine's."""
        return []

    def send(self, _: signal.Signals) -> None:
        """Let the engine end the job; no engine passes SIGINT on."""
        self._engine.cancel(self.launch)

    def end(self, _: signal.Signals) -> None:
        self._engine.cancel(self.launch)

    def close(self) -> None:
        """Stop asking about it, and remove it from its engine."""
        self._engine.unwatch(self.launch)
        self._codes.unlink(missing_ok=True)
        answer = self.answer
        if answer and (words := launchers.forget(self.launch, answer)):
            self._engine.run(words)

    def _fetched(self) -> bool:
        """Append the job's output to its log if the engine has it; False until then."""
        if self._has_output:
            return True
        if self._fetch is None:
            words = launchers.output(self.launch, self._environ, self._engine.printed)
            if words is None:
                return True
            self._fetch = Command(words, self._environ, None)
        if self._fetch.code is None:
            return False
        self._has_output = True
        if self._fetch.code == 0:
            with Path(self.launch.log).open("a", encoding="utf-8") as file:
                file.write(self._fetch.printed)
        self._fetch.close()
        return True


def _code(path: Path) -> int | None:
    """Return the exit code in the file of a job array's script."""
    try:
        code = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return code if code <= _SIGNALS else _SIGNALS - code


_log = logging.getLogger(__name__)
Submitted = tuple[Experiment, EngineJob]


class Submitter:
    def __init__(
        self, ledger: Ledger, engine: JobEngine, environ: Mapping[str, str]
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._environ = environ
        self._state = ledger.store.path.parent
        self._pending: list[tuple[Submission, Sequence[Experiment]]] = []

    @property
    def children(self) -> Sequence[int]:
        return [s.child.pid for s, _ in self._pending if s.child]

    def recover(self, one: Experiment) -> EngineJob:
        """Take over the job of *one* from another supervisor."""
        submission = Submission()
        submission.job = one.job.rpartition("/")[2]
        if not self._engine.printed and Path(one.log).exists():
            with Path(one.log).open(errors="replace") as file:
                self._engine.printed = file.read(1 << 16)
        return self._job(one, submission)

    def single(self, one: Experiment, log: Path, directory: Path) -> Submitted | None:
        """Submit the job of *one*; None if it must not start any more."""
        name = job_name(one, self._state)
        submitted = self._ledger.begin(
            one, str(log), str(directory), job=f"{name}//", pending=True
        )
        if submitted is None:
            return None
        launch = job_launch(submitted, self._state, self._environ)
        with contextlib.suppress(OSError):  # another machine may have it
            directory.mkdir(parents=True, exist_ok=True)
        words = launchers.submission(launch)
        submission = self._submit(words, submitted, launch.env, [submitted])
        return submitted, self._job(submitted, submission)

    def array(
        self, waiting: Sequence[Experiment], at_once: int, base: Path
    ) -> Sequence[Submitted]:
        """Submit *waiting*, or its first part, as a job array; *base*: of the runs."""
        first = waiting[0]
        part = (first.id - first.batch) // slurm.MAX_TASKS
        name = f"wandbwatch-B{first.batch}-{secrets.token_hex(4)}"
        suffix = f"-{part}" if part else ""
        log = f"{self._state}/experiments/B{first.batch}{suffix}-%a.log"
        submitted: list[Experiment] = []
        arrayed: list[Launch] = []
        size = 0
        for one in waiting:
            chunk, index = divmod(one.id - one.batch, slurm.MAX_TASKS)
            size += len(one.plan.argument) * 2 + 1000
            if chunk != part or size > slurm.MAX_SCRIPT:
                break
            started = self._ledger.begin(
                one,
                log.replace("%a", str(index)),
                str(base / "wandb" / f"experiment-{one.id}"),
                job=f"{name}/{index}/",
                pending=True,
            )
            if started:
                submitted.append(started)
                arrayed.append(job_launch(started, self._state, self._environ))
        if not submitted:
            return ()
        try:
            words = self._script(arrayed, at_once, name, log)
        except OSError as e:  # such as a full disk: later, it counts as not submitted
            _log.warning("%s: %s", e.filename or self._state, e.strerror)
            submission = Submission()
        else:
            submission = self._submit(words, submitted[0], {}, submitted)
        return [(one, self._job(one, submission)) for one in submitted]

    def _script(
        self, arrayed: Sequence[Launch], at_once: int, name: str, log: str
    ) -> Sequence[str]:
        directory = self._state / "experiments"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        script = directory / f"{name}.sh"
        script.write_text(slurm.batch_script(arrayed, str(directory / name)))
        script.chmod(0o700)
        escaped = log.replace("%", "%%").replace("%%a.log", "%a.log")
        return slurm.submission(arrayed, at_once, escaped, str(script))

    def _submit(
        self,
        words: Sequence[str],
        one: Experiment,
        variables: Mapping[str, str],
        submitted: Sequence[Experiment],
    ) -> Submission:
        environ = {**self._environ, **variables, MARK: mark(self._state, one)}
        submission = Submission(Command(words, environ, one.plan.workdir))
        self._pending.append((submission, submitted))
        return submission

    def _job(self, one: Experiment, submission: Submission) -> EngineJob:
        launch = job_launch(one, self._state, self._environ)
        codes = self._state / "experiments" / f"{launch.name}.{launch.index}"
        return EngineJob(launch, self._engine, submission, codes, self._environ)

    def step(self) -> None:
        """Record the jobs of the submissions that have ended."""
        for submission, submitted in list(self._pending):
            if not submission.ended():
                continue
            self._pending.remove((submission, submitted))
            if submission.error:
                _append(submitted, submission.error)
                continue
            if not launchers.array(self._launch(submitted[0])):
                _append(submitted, submission.printed)
            self._engine.printed = self._engine.printed or submission.printed
            jobs = {one.id: one.job + submission.job for one in submitted}
            self._ledger.set_job(submitted, jobs.__getitem__)

    def _launch(self, one: Experiment) -> Launch:
        return job_launch(one, self._state, self._environ)


def _append(experiments: Sequence[Experiment], text: str) -> None:
    """Append what a submission printed to the logs, if the disk has space."""
    for one in experiments:
        with contextlib.suppress(OSError), Path(one.log).open("ab") as file:
            file.write((text.rstrip("\n") + "\n" if text else "").encode())
