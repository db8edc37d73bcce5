"""Questions to an engine: Slurm, Ray, systemd, Kubernetes or Docker.

It knows the states of its jobs after everything on the submitting machine was killed.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import IO

from wandbwatch.experiments import launchers
from wandbwatch.experiments.launchers import Answer, JobState, Launch

log = logging.getLogger(__name__)

_FIRST, _SLOWER, _SLOWEST = 1.0, 1.5, 10.0
"""Seconds to the first question after a change, the factor, and the longest pause."""
_TIMEOUT = 60.0
"""Seconds until a command of an engine has to end."""
_CANCEL_AGAIN = 15.0
_GONE_LOOKS = 2
"""After this many answers in a row without a job it counts as gone."""
Key = tuple[str, int | None]


class Command:
    """A command of an engine, in the background. Its output is kept."""

    def __init__(
        self, words: Sequence[str], environ: Mapping[str, str], workdir: str | None
    ) -> None:
        self.words = words
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- see close
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- see close
        self._give_up = time.monotonic() + _TIMEOUT
        self.child: subprocess.Popen[bytes] | None = None
        self.error = ""
        try:
            self.child = subprocess.Popen(  # noqa: S603 -- no shell
                words,
                cwd=workdir,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._errors,
                start_new_session=True,
            )
        except OSError as e:
            self.error = f"{words[0]}: {e.strerror}"

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        if self.child is None:
            return 127
        if self.child.poll() is None and time.monotonic() > self._give_up:
            self.child.kill()
            self.child.wait()
            self.error = f"{self.words[0]}: no answer after {_TIMEOUT:g} s"
        return self.child.poll()

    @property
    def printed(self) -> str:
        return _text(self._output)

    @property
    def errors(self) -> str:
        return self.error or _text(self._errors).strip()

    def close(self) -> None:
        if self.child and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self._output.close()
        self._errors.close()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class JobEngine:
    """Asks the engine about all jobs of a batch at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._watched: dict[Key, Launch] = {}
        self._answers: dict[Key, Answer] = {}
        self._since: dict[Key, float] = {}
        self._missed: dict[Key, int] = {}
        self._question: Command | None = None
        self._asked: tuple[float, tuple[Launch, ...], bool] = (0.0, (), False)
        self._forgotten: tuple[Launch, ...] = ()
        self._due, self._pause = 0.0, _FIRST
        self._cancels: dict[Key, float] = {}
        self._cancelled: dict[Key, float] = {}
        self._running: list[Command] = []
        self._trouble = ""
        self.printed = ""
        """What a submission printed; it may contain the engine's address."""

    @property
    def children(self) -> Iterable[int]:
        commands = [*self._running, *([self._question] if self._question else [])]
        return [c.child.pid for c in commands if c.child]

    def watch(self, launch: Launch) -> None:
        """Ask about *launch* from now on."""
        key = (launch.name, launch.index)
        self._since.setdefault(key, time.monotonic())
        self._watched[key] = launch
        self.soon()

    def unwatch(self, launch: Launch) -> None:
        key = (launch.name, launch.index)
        for each in (self._watched, self._answers, self._missed, self._cancels):
            each.pop(key, None)

    def soon(self) -> None:
        """Ask at once, and often at first."""
        self._due, self._pause = time.monotonic() + 0.3, _FIRST

    def answer(self, launch: Launch) -> Answer | None:
        """Return the last answer about *launch*; None: unknown, ask again."""
        return self._answers.get((launch.name, launch.index))

    def cancel(self, launch: Launch) -> None:
        """Ask the engine to end the job, again and again until it has ended."""
        self._cancels.setdefault((launch.name, launch.index), 0.0)
        self.soon()

    def step(self) -> None:
        """Read the answer to a question, ask the next one, and send cancels."""
        self._running = [c for c in self._running if not _ended(c)]
        self._read()
        self._send_cancels()
        now = time.monotonic()
        if self._question or not self._watched or now < self._due:
            return
        if self._forgotten:
            asked, self._forgotten = self._forgotten, ()
            words = launchers.later_question(asked)
        else:
            asked, words = tuple(self._watched.values()), None
        later = words is not None
        words = words or launchers.question(asked, self._environ, self.printed)
        self._asked = (now, asked, later)
        self._question = Command(words, self._environ, None)
        self._pause = min(self._pause * _SLOWER, _SLOWEST)

    def _read(self) -> None:
        question = self._question
        if question is None or question.code is None:
            return
        code, printed, errors = question.code, question.printed, question.errors
        question.close()
        self._question = None
        asked_at, asked, later = self._asked
        self._due = time.monotonic() + self._pause
        if later:
            self._keep(launchers.later_answers(asked, code, printed), asked_at, later)
            return
        found = launchers.answers(asked, code, printed)
        if found is None:
            if errors != self._trouble:
                log.warning("%s", errors or f"{question.words[0]}: exit code {code}")
            self._trouble = errors
            return
        if self._trouble:
            log.warning("%s answers again", launchers.engine(asked[0]))
            self._trouble = ""
        self._keep(found, asked_at, later)

    def _keep(self, found: launchers.Answers, asked_at: float, later: bool) -> None:  # noqa: FBT001
        missing = []
        for key, answer in found.items():
            if key not in self._watched:
                continue
            before = self._answers.get(key)
            if answer.state is not JobState.GONE:
                self._missed.pop(key, None)
                if before != answer:
                    self._pause = _FIRST
                self._answers[key] = answer
                continue
            if asked_at < self._since[key]:
                continue  # it was submitted after the question
            self._missed[key] = self._missed.get(key, 0) + 1
            if self._missed[key] < _GONE_LOOKS:
                self._pause = _FIRST
                continue
            if later or launchers.later_question([self._watched[key]]) is None:
                self._answers[key] = answer
            else:
                missing.append(self._watched[key])
        if missing:
            self._forgotten, self._due = tuple(missing), 0.0

    def _send_cancels(self) -> None:
        """Cancel what is due, many jobs with one command where that works."""
        now = time.monotonic()
        commands: dict[tuple[str, ...], list[str]] = {}
        for key, last in self._cancels.items():
            launch = self._watched.get(key)
            if launch is None or (last and now - last < _CANCEL_AGAIN):
                continue
            answer = self._answers.get(key)
            words = launchers.cancel(
                launch
                if not answer or not answer.job
                else replace(launch, job=answer.job),
                self.printed,
            )
            if words is None:
                continue  # not before its id is known
            self._cancels[key] = now
            *first, name = words
            commands.setdefault(tuple(first), []).append(name)
        for prefix, names in commands.items():
            several = prefix[0].endswith(("scancel", "systemctl"))
            for group in [names] if several else [[name] for name in names]:
                command = Command([*prefix, *group], self._environ, None)
                self._running.append(command)

    def run(self, words: Sequence[str]) -> None:
        """Run a command of the engine in the background."""
        self._running.append(Command(words, self._environ, None))

    def close(self) -> None:
        """Let the last commands end."""
        for command in self._running:
            if command.child:
                command.child.wait()
            command.close()
        if self._question:
            self._question.close()


def _ended(command: Command) -> bool:
    if command.code is None:
        return False
    if command.code and command.errors:
        log.warning("%s", command.errors)
    command.close()
    return True
