"""One job of an engine: submitted without a client, watched by questions."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from wandbwatch.experiments import launchers
from wandbwatch.experiments.engine import Command, JobEngine
from wandbwatch.experiments.launchers import Answer, JobState, Launch

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
