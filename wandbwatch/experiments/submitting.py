"""Submits the jobs of a batch: one by one, or as job arrays."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from wandbwatch.experiments import launchers
from wandbwatch.experiments.engine import Command, JobEngine
from wandbwatch.experiments.engine_job import EngineJob, Submission
from wandbwatch.experiments.launchers import Launch, slurm
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.processes import MARK
from wandbwatch.experiments.training import job_launch, job_name, mark
from wandbwatch.model.experiment import Experiment

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
